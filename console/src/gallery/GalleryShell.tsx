import { SessionContext, type Session } from "../session/session";
import { Shell } from "../shell/Shell";

const SOMEBODY: Session = {
  userId: "somebody",
  email: "somebody@example.com",
  roles: [{ role: "admin", displayName: "Administrator" }],
  permissions: [
    "viewDevices",
    "viewGroups",
    "viewTemplates",
    "viewJobs",
    "runJobs",
    "viewRoles",
    "viewAudit",
  ],
  csrfToken: "",
  mustChangePassword: false,
  server: {
    version: "0.0.0",
    idScope: "0ne00000000",
    deviceHost: "localhost:8883",
    deviceHostName: "localhost",
    devicePort: 8883,
    time: "2026-01-01T00:00:00Z",
    confirmDevices: 1000,
  },
};

/** The shell as it is for somebody who may see everything. */
export function GalleryShell() {
  return (
    <SessionContext value={SOMEBODY}>
      <Shell />
    </SessionContext>
  );
}
