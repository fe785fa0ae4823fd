import type { Schemas } from "../../api/client";

export type Device = Schemas["Device"];

/** As IoT Central names them (iot-central §7.1). Whoever is not enabled is blocked, registered or not. */
export type DeviceStatus = "provisioned" | "registered" | "blocked";

export const DEVICE_STATUSES: readonly DeviceStatus[] = ["provisioned", "registered", "blocked"];

/** For the devices without a template, in the address as in the API. */
export const UNASSIGNED = "unassigned";

/** What the list shows, as it stands in the address. */
export interface DevicesSearch {
  /** A part of id or name. */
  readonly q?: string;
  /** A template's id, or `UNASSIGNED`. */
  readonly template?: string;
  readonly status?: DeviceStatus;
  readonly connected?: "true" | "false";
  /** An organization's id. */
  readonly organization?: string;
  readonly sort?: "name" | "-name";
}

/** Reads the address; what makes no sense is as if it were not there. */
export function readDevicesSearch(search: Readonly<Record<string, unknown>>): DevicesSearch {
  const { q, template, status, connected, organization, sort } = search;
  const known = DEVICE_STATUSES.find((name) => name === status);
  return {
    ...(typeof q === "string" && q !== "" && { q }),
    ...(typeof template === "string" && template !== "" && { template }),
    ...(known && { status: known }),
    ...((connected === "true" || connected === "false") && { connected }),
    ...(typeof organization === "string" && organization !== "" && { organization }),
    ...((sort === "name" || sort === "-name") && { sort }),
  };
}

/** Whether anything is left out of the list. */
export function isNarrowed({ q, template, status, connected, organization }: DevicesSearch): boolean {
  return [q, template, status, connected, organization].some((part) => part !== undefined);
}

const STATUS_FILTERS: Record<DeviceStatus, string> = {
  provisioned: "enabled eq true and provisioned eq true",
  registered: "enabled eq true and provisioned eq false",
  blocked: "enabled eq false",
};

/** The same as parameters of the API. */
export function devicesQuery({ q, template, status, connected, organization, sort }: DevicesSearch) {
  const filter = [
    status && STATUS_FILTERS[status],
    organization !== undefined && `organizations eq '${organization.replaceAll("'", "''")}'`,
  ].filter(Boolean);
  return {
    ...(q !== undefined && { search: q }),
    ...(template !== undefined && { template }),
    ...(filter.length > 0 && { filter: filter.join(" and ") }),
    ...(connected && { connected }),
    ...(sort && { orderby: sort === "name" ? "displayName" : "displayName desc" }),
  };
}

export function statusOf({ enabled, provisioned }: Pick<Device, "enabled" | "provisioned">): DeviceStatus {
  if (!enabled) return "blocked";
  return provisioned ? "provisioned" : "registered";
}

/** The rule for device ids (iot-hub §2.3); empty is not one yet. */
export function isDeviceId(text: string): boolean {
  return text !== "." && text !== ".." && /^[A-Za-z0-9\-:.+%_#*?!(),=@$';]{1,128}$/.test(text);
}

export const DEVICE_VIEWS = ["twin", "commands", "jobs", "connect"] as const;

export type DeviceView = (typeof DEVICE_VIEWS)[number];

/** Which part of a device's page is open. */
export function readDeviceSearch(search: Readonly<Record<string, unknown>>): { readonly view?: DeviceView } {
  const view = DEVICE_VIEWS.find((name) => name === search["view"]);
  return view ? { view } : {};
}
