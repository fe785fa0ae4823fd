import type { LinkProps } from "@tanstack/react-router";
import type { TextKey } from "../../texts/catalogue";

/** The kinds of things that are written about (the server's `audit.rs`), in the order of the navigation. */
export const KINDS = {
  device: "audit.kind.device",
  deviceGroup: "audit.kind.deviceGroup",
  deviceTemplate: "audit.kind.deviceTemplate",
  job: "audit.kind.job",
  jobDraft: "audit.kind.jobDraft",
  jobHold: "audit.kind.jobHold",
  scheduledJob: "audit.kind.scheduledJob",
  user: "audit.kind.user",
  organization: "audit.kind.organization",
  apiToken: "audit.kind.apiToken",
  enrollmentGroup: "audit.kind.enrollmentGroup",
} as const satisfies Record<string, TextKey>;

/** What may be done; another word of the server is shown as it is. */
export const ACTIONS = {
  create: "audit.action.create",
  update: "audit.action.update",
  delete: "audit.action.delete",
  import: "audit.action.import",
  run: "audit.action.run",
  rerun: "audit.action.rerun",
  stop: "audit.action.stop",
  hold: "audit.action.hold",
  release: "audit.action.release",
  pause: "audit.action.pause",
  pauseAfterBatch: "audit.action.pauseAfterBatch",
  withdrawPause: "audit.action.withdrawPause",
  resume: "audit.action.resume",
  cancel: "audit.action.cancel",
  comment: "audit.action.comment",
  signIn: "audit.action.signIn",
  signInFailed: "audit.action.signInFailed",
  signOut: "audit.action.signOut",
  makePassword: "audit.action.makePassword",
  changePassword: "audit.action.changePassword",
  changePasswordFailed: "audit.action.changePasswordFailed",
} as const satisfies Record<string, TextKey>;

type Place = Pick<LinkProps, "to" | "params" | "search">;

/** Where a thing is shown; undefined when it was deleted, has no id, or no page of its own. */
export function thingOf(kind: string, id: string | null | undefined, action: string): Place | undefined {
  if (!id || action === "delete") return undefined;
  const listed = (section: string): Place => ({
    to: "/permissions/$section",
    params: { section },
    search: { q: id },
  });
  switch (kind) {
    case "device":
      return { to: "/devices/$deviceId", params: { deviceId: id } };
    case "deviceGroup":
      return { to: "/device-groups/$groupId", params: { groupId: id } };
    case "deviceTemplate":
      return { to: "/device-templates/$templateId", params: { templateId: id } };
    case "job":
      return { to: "/jobs/instances/$jobId", params: { jobId: id } };
    case "scheduledJob":
      return { to: "/jobs/scheduled/$scheduledJobId", params: { scheduledJobId: id } };
    case "user":
      return listed("users");
    case "organization":
      return listed("organizations");
    case "apiToken":
      return listed("tokens");
    default:
      return undefined;
  }
}
