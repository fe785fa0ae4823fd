/** How far back the list goes, in ms. */
export const SPANS = { "1h": 3_600_000, "24h": 86_400_000, "7d": 604_800_000, "30d": 2_592_000_000 } as const;

export type Span = keyof typeof SPANS;

/** What the list shows, as it stands in the address. */
export interface AuditSearch {
  /** Who: `user:{id}`, `token:{id}`, `policy:{name}`, `system`. */
  readonly actor?: string;
  /** The kind of thing. */
  readonly kind?: string;
  /** The id of the thing. */
  readonly id?: string;
  /** So far back from when one looks; a span stands before `since` and `until`. */
  readonly last?: Span;
  /** From this time on, and before that one: RFC 3339. */
  readonly since?: string;
  readonly until?: string;
}

export type AuditPart = { readonly [Name in keyof AuditSearch]?: AuditSearch[Name] | undefined };

function isSpan(value: unknown): value is Span {
  return typeof value === "string" && Object.hasOwn(SPANS, value);
}

/** Reads the address; what makes no sense is as if it were not there. */
export function readAuditSearch(search: Readonly<Record<string, unknown>>): AuditSearch {
  const text = (name: string) => {
    const value = search[name];
    return typeof value === "string" && value !== "" ? { [name]: value } : {};
  };
  const time = (name: string) => {
    const value = search[name];
    return typeof value === "string" && !Number.isNaN(Date.parse(value)) ? { [name]: value } : {};
  };
  const { last } = search;
  return {
    ...text("actor"),
    ...text("kind"),
    ...text("id"),
    ...(isSpan(last) ? { last } : { ...time("since"), ...time("until") }),
  };
}

/** The search with a part changed; what is undefined is left out. */
export function changed(search: AuditSearch, part: AuditPart): AuditSearch {
  return readAuditSearch({ ...search, ...part });
}

/** The same as parameters of the API, for who looks at `now`. */
export function auditQuery({ last, ...rest }: AuditSearch, now: Date) {
  return { ...rest, ...(last && { since: new Date(now.getTime() - SPANS[last]).toISOString() }) };
}

/** Whether anything is left out of the list. */
export function isNarrowed(search: AuditSearch): boolean {
  return Object.keys(search).length > 0;
}

/** A time as the control for local date and time takes it, to the minute; empty without one. */
export function toLocal(time: string | undefined): string {
  if (time === undefined) return "";
  const date = new Date(time);
  const two = (value: number) => String(value).padStart(2, "0");
  const day = `${String(date.getFullYear()).padStart(4, "0")}-${two(date.getMonth() + 1)}-${two(date.getDate())}`;
  return `${day}T${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** What the control says as a time of the API; undefined without one. */
export function fromLocal(local: string): string | undefined {
  const date = new Date(local);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}
