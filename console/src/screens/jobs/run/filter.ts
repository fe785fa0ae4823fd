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
  /** The number of a batch. */
  readonly batch?: string;
  readonly search?: string;
}

/** What the address of a run says. */
export interface RunSearch extends DeviceFilter {
  readonly tab?: Tab;
  /** The device whose drawer is open. */
  readonly device?: string;
  /** Values of the twins beside the results, comma-separated; absent: those that this browser remembers. */
  readonly columns?: string;
}

export function readRunSearch(search: Readonly<Record<string, unknown>>): RunSearch {
  const { status, tab } = search;
  const read: Record<string, string> = {};
  for (const name of ["class", "code", "responseStatus", "batch", "search", "device"]) {
    const value = search[name];
    if (typeof value === "string" && value !== "") read[name] = value;
  }
  const columns = typeof search["columns"] === "string" ? readPaths(search["columns"]) : undefined;
  if (columns) read["columns"] = columns.join(",");
  return {
    ...read,
    ...(isOneOf(STATUSES, status) && { status }),
    ...(isOneOf(TABS, tab) && tab !== "devices" && { tab }),
  };
}

/** The filter alone, without what else the address says. */
export function filterOf(search: RunSearch): DeviceFilter {
  return without(without(without(search, "tab"), "device"), "columns");
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

/** Values of twins that a page shows at most: the server reads no more of them at once. */
export const PATHS_MAX = 10;

/** Whether this names a value in a twin: a section, and names in it. */
export function isPath(text: string): boolean {
  return /^(tags|desired|reported)(\.[^.,\s]+)+$/u.test(text);
}

/** The paths of a comma-separated list; undefined when it is none. */
export function readPaths(text: string): string[] | undefined {
  const paths = text.split(",");
  return paths.length <= PATHS_MAX && paths.every(isPath) ? paths : undefined;
}

function isOneOf<Value extends string>(values: readonly Value[], value: unknown): value is Value {
  return values.some((one) => one === value);
}
