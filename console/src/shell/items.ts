import {
  BoardRegular,
  DocumentTableRegular,
  GroupListRegular,
  HistoryRegular,
  ShieldPersonRegular,
  TaskListSquareLtrRegular,
  type FluentIcon,
} from "@fluentui/react-icons";
import type { LinkProps } from "@tanstack/react-router";
import type { Permission } from "../session/session";
import type { TextKey } from "../texts/catalogue";

interface Item {
  readonly to: Exclude<LinkProps["to"], undefined>;
  readonly text: Extract<TextKey, `nav.${string}`>;
  readonly icon: FluentIcon;
  /** It is shown to who has one of these. */
  readonly needs: readonly Permission[];
}

/** The navigation, in the order of IoT Central's. */
export const ITEMS: readonly Item[] = [
  { to: "/devices", text: "nav.devices", icon: BoardRegular, needs: ["viewDevices"] },
  { to: "/device-groups", text: "nav.deviceGroups", icon: GroupListRegular, needs: ["viewGroups"] },
  {
    to: "/device-templates",
    text: "nav.deviceTemplates",
    icon: DocumentTableRegular,
    needs: ["viewTemplates"],
  },
  { to: "/jobs", text: "nav.jobs", icon: TaskListSquareLtrRegular, needs: ["viewJobs"] },
  {
    to: "/permissions",
    text: "nav.permissions",
    icon: ShieldPersonRegular,
    needs: ["viewRoles", "viewOrganizations", "manageUsers", "manageTokens"],
  },
  { to: "/audit", text: "nav.audit", icon: HistoryRegular, needs: ["viewAudit"] },
];
