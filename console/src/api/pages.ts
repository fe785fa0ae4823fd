import type { Page, ReadPage } from "../grid/paged";

/** A page of a list as the server answers it. */
interface Answered<Row> {
  readonly value: readonly Row[];
  readonly nextLink?: string | null | undefined;
}

/** Items on a page at most. */
const PAGE_MAX = 100;

/** The parameters that read a page of a list. */
export function pageQuery(token: string | undefined, limit: number) {
  return {
    maxpagesize: String(Math.min(limit, PAGE_MAX)),
    ...(token !== undefined && { $skiptoken: token }),
  };
}

/** The page with what the next one is asked with, which stands in the link to it. */
export function pageOf<Row>({ value, nextLink }: Answered<Row>): Page<Row> {
  const token = nextLink ? new URL(nextLink, location.origin).searchParams.get("$skiptoken") : null;
  return { rows: value, next: token ?? undefined };
}

/** A whole list, for those that are short enough to choose from: no more than about `most` rows are read. */
export async function readAll<Row>(read: ReadPage<Row>, signal: AbortSignal, most = 2_000): Promise<Row[]> {
  const rows: Row[] = [];
  let token: string | undefined;
  do {
    const page = await read(token, PAGE_MAX, signal);
    rows.push(...page.rows);
    token = page.next;
  } while (token !== undefined && rows.length < most);
  return rows;
}
