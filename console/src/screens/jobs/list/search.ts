import type { GridSort } from "../../../grid/column";
import type { Schemas } from "../../../api/client";

export const VIEWS = ["attention", "running", "saved", "scheduled", "calendar", "history"] as const;
export type View = (typeof VIEWS)[number];

/** What the jobs page shows, as its address says it. Without a view: the most urgent of each. */
export interface JobsSearch {
  readonly view?: View;
  readonly search?: string;
  /** Statuses and types, comma-separated. */
  readonly status?: string;
  readonly type?: string;
  readonly group?: string;
  readonly owner?: string;
  readonly organization?: string;
  /** Only those made within this time. */
  readonly since?: Span;
  /** `displayName`, `start desc`, … */
  readonly sort?: string;
}

const HOUR = 3_600_000;

/** Times that a list may be cut to, in ms. */
const SPANS = {
  "24h": 24 * HOUR,
  "7d": 7 * 24 * HOUR,
  "30d": 30 * 24 * HOUR,
  "90d": 90 * 24 * HOUR,
  "365d": 365 * 24 * HOUR,
} as const;
export type Span = keyof typeof SPANS;
export const SPAN_IDS = Object.keys(SPANS) as readonly Span[];

const STATUSES: readonly Schemas["JobStatus"][] = [
  "pending",
  "running",
  "complete",
  "failed",
  "stopped",
  "cancelled",
];
const TYPES: readonly Schemas["JobData"]["type"][] = [
  "property",
  "cloudProperty",
  "command",
  "deviceTemplateMigration",
];
const JOB_SORTS = ["created", "displayName", "status", "start", "duration"];
/** What each view can be ordered by. */
const SORTS: Record<View, readonly string[]> = {
  attention: JOB_SORTS,
  running: JOB_SORTS,
  saved: ["displayName", "saved"],
  scheduled: ["displayName", "nextRun"],
  calendar: [],
  history: JOB_SORTS,
};

/** Reads an address; what it cannot say is left out. */
export function readJobsSearch(search: Readonly<Record<string, unknown>>): JobsSearch {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === "string" && value !== "" ? value : undefined;
  };
  const words = (name: string, known: readonly string[]) =>
    text(name)
      ?.split(",")
      .filter((word) => known.includes(word))
      .join(",") || undefined;
  const [by = "", direction] = (text("sort") ?? "").split(" ");
  const view = VIEWS.find((view) => view === search["view"]);
  const read = {
    view,
    search: text("search"),
    status: words("status", STATUSES),
    type: words("type", TYPES),
    group: text("group"),
    owner: text("owner"),
    organization: text("organization"),
    since: SPAN_IDS.find((span) => span === search["since"]),
    sort:
      SORTS[view ?? "history"].includes(by) && (direction === undefined || direction === "desc")
        ? text("sort")
        : undefined,
  };
  return Object.fromEntries(Object.entries(read).filter(([, value]) => value !== undefined));
}

/** Whether anything but the view and the order is said. */
export function isFiltered({ search, status, type, group, owner, organization, since }: JobsSearch): boolean {
  return [search, status, type, group, owner, organization, since].some((value) => value !== undefined);
}

/** The parameters that ask the server for the jobs of a view. A span begins with an hour, so that it is the same list for one. */
export function jobsQuery(
  view: "attention" | "running" | "history",
  search: JobsSearch,
  now: number = Date.now(),
) {
  const { search: text, status, type, group, owner, organization, since, sort } = search;
  const statuses = view === "running" ? "running,pending" : status;
  return {
    ...(view === "attention" && { attention: "true" }),
    ...(statuses && { status: statuses }),
    ...(text && { search: text }),
    ...(type && { type }),
    ...(group && { group }),
    ...(owner && { owner }),
    ...(organization && { organization }),
    ...(since && { since: new Date(Math.floor(now / HOUR) * HOUR - SPANS[since]).toISOString() }),
    ...(sort && { orderby: sort }),
  };
}

/** The parameters that ask the server for saved or scheduled jobs. */
export function savedQuery({ search, sort }: JobsSearch) {
  return { ...(search && { search }), ...(sort && { orderby: sort }) };
}

export function sortOf(search: JobsSearch): GridSort {
  const [by = "created", direction] = (search.sort ?? "created desc").split(" ");
  return { by, descending: direction === "desc" };
}

/** The order as the address says it; that of the server is not said. */
export function sortText({ by, descending }: GridSort): string | undefined {
  const text = descending ? `${by} desc` : by;
  return text === "created desc" ? undefined : text;
}

/** The search with these members; `undefined` takes one away. */
export function withSearch(
  search: JobsSearch,
  part: { readonly [Key in keyof JobsSearch]: JobsSearch[Key] | undefined },
): JobsSearch {
  return readJobsSearch({ ...search, ...part });
}
