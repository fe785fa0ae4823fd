import type { QueryKey } from "@tanstack/react-query";
import { WINDOW, type RowRange, type RowSource } from "./windows";

/** One answer of a list that is read page after page. */
export interface Page<Row> {
  readonly rows: readonly Row[];
  /** What to ask the next page with; none at the list's end. */
  readonly next?: string | undefined;
}

/** Reads at most `limit` rows from where `token` says; from the list's beginning without one. A page may be short. */
export type ReadPage<Row> = (
  token: string | undefined,
  limit: number,
  signal: AbortSignal,
) => Promise<Page<Row>>;

/**
 * Lets a grid read by index what the server gives page after page. How long the list is shows when its end is read;
 * until then it is said to be one row longer than what is known, and that row, once in view, makes the grid read on.
 * Keep it in a memo: it remembers where the pages begin.
 */
export function pagedSource<Row>(key: QueryKey, read: ReadPage<Row>, refresh?: number): RowSource<Row> {
  // Where each window begins, as far as they were read in a row; the first needs no token.
  let begins: (string | undefined)[] = [undefined];
  let total: number | undefined;
  let turn: Promise<unknown> = Promise.resolve();

  const readWindow = async (window: number, limit: number, signal: AbortSignal): Promise<readonly Row[]> => {
    const rows: Row[] = [];
    let token = begins[window];
    do {
      const page = await read(token, limit - rows.length, signal);
      rows.push(...page.rows);
      token = page.next;
    } while (token !== undefined && rows.length < limit);

    // Something was added or removed above: what comes after begins elsewhere now.
    if (begins[window + 1] !== token) begins = begins.slice(0, window + 1);
    if (token === undefined) {
      begins = begins.slice(0, window + 1);
      total = window * WINDOW + rows.length;
    } else {
      begins[window + 1] = token;
      if (total !== undefined && total <= (window + 1) * WINDOW) total = undefined;
    }
    return rows;
  };

  const getRange = async (offset: number, limit: number, signal: AbortSignal): Promise<RowRange<Row>> => {
    const window = Math.floor(offset / WINDOW);
    let rows: readonly Row[] = [];
    for (let at = Math.min(window, begins.length - 1); at <= window && at < begins.length; at++) {
      rows = await readWindow(at, limit, signal);
      if (at < window) rows = [];
    }
    return total === undefined
      ? { rows, total: (begins.length - 1) * WINDOW + 1, more: true }
      : { rows, total };
  };

  return {
    key,
    // One after the other: where a window begins is only known when those before it were read.
    getRange: (offset, limit, signal) => {
      const mine = turn.then(() => getRange(offset, limit, signal));
      turn = mine.catch(() => undefined);
      return mine;
    },
    ...(refresh !== undefined && { refresh }),
  };
}
