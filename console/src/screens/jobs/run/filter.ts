import type { Schemas } from "../../../api/client";

export type DeviceStatus = Schemas["DeviceJobStatus"];
export type OutcomeClass = Schemas["OutcomeClass"];

export const STATUSES = [
  "completed",
  "failed",
  "running",
  "pending",
  "cancelled",
] as const satisfies DeviceStatus[];

export const TABS = ["devices", "definition", "activity"] as const;
export type Tab = (typeof TABS)[number];

/** Which devices of a job are shown: the filter of the grid, of the link and of the results log. */
export interface DeviceFilter {
  readonly status?: DeviceStatus;
  readonly class?: string;
  readonly code?: string;
  readonly responseStatus?: string;
  readonly search?: string;
}

/** What the address of a run says. */
export interface RunSearch extends DeviceFilter {
  readonly tab?: Tab;
  /** The device whose drawer is open. */
  readonly device?: string;
}

export function readRunSearch(search: Readonly<Record<string, unknown>>): RunSearch {
  const { status, tab } = search;
  const read: Record<string, string> = {};
  for (const name of ["class", "code", "responseStatus", "search", "device"]) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  return {
    ...read,
    ...(isOneOf(STATUSES, status) && { status }),
    ...(isOneOf(TABS, tab) && tab !== "devices" && { tab }),
  };
}

/** The filter alone, without what else the address says. */
export function filterOf(search: RunSearch): DeviceFilter {
  return without(without(search, "tab"), "device");
}

/** The same without one of its members. */
export function without<Search extends object, Name extends keyof Search>(
  search: Search,
  name: Name,
): Omit<Search, Name> {
  return Object.fromEntries(Object.entries(search).filter(([other]) => other !== name)) as Omit<Search, Name>;
}

export function isFiltered(filter: DeviceFilter): boolean {
  return Object.keys(filter).length > 0;
}

function isOneOf<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return values.some((one) => one === value);
}
