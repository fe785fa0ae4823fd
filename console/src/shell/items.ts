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
import type { TextKey } from "../texts/catalogue";

interface Item {
  readonly to: Exclude<LinkProps["to"], undefined>;
  readonly text: Extract<TextKey, `nav.${string}`>;
  readonly icon: FluentIcon;
}

/** The navigation, in the order of IoT Central's. */
export const ITEMS: readonly Item[] = [
  { to: "/devices", text: "nav.devices", icon: BoardRegular },
  { to: "/device-groups", text: "nav.deviceGroups", icon: GroupListRegular },
  { to: "/device-templates", text: "nav.deviceTemplates", icon: DocumentTableRegular },
  { to: "/jobs", text: "nav.jobs", icon: TaskListSquareLtrRegular },
  { to: "/permissions", text: "nav.permissions", icon: ShieldPersonRegular },
  { to: "/audit", text: "nav.audit", icon: HistoryRegular },
];
