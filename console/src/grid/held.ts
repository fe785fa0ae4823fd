import { hashKey, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useState, type FocusEvent } from "react";

export interface Held<Row> {
  /** What is shown. */
  readonly rows: readonly Row[];
  /** Of those the ids that are not in the list any more. */
  readonly gone: ReadonlySet<string>;
  /** Rows that came in above or between them, and wait. */
  readonly news: number;
  /** What is shown is not what the list is now. */
  readonly behind: boolean;
}

const NONE: ReadonlySet<string> = new Set();

/** `before` in its order, each row as `now` has it; one that is gone stays as it was last. */
export function inOrderOf<Row>(
  before: readonly Row[],
  now: readonly Row[],
  idOf: (row: Row) => string,
): Held<Row> {
  const current = new Map(now.map((row) => [idOf(row), row]));
  const ids = before.map(idOf);
  const known = new Set(ids);
  const last = now.findLastIndex((row) => known.has(idOf(row)));
  return {
    rows: before.map((row, at) => current.get(ids[at] ?? "") ?? row),
    gone: new Set(ids.filter((id) => !current.has(id))),
    // What stands after the last of them moves none.
    news: now.slice(0, last < 0 ? now.length : last).filter((row) => !known.has(idOf(row))).length,
    behind: ids.length !== now.length || now.some((row, at) => idOf(row) !== ids[at]),
  };
}

interface Basis<Row> {
  readonly list: string;
  readonly rows: readonly Row[];
  /** What was read when the reader last did something. */
  readonly seen: string;
  readonly renewals: number;
  /** These rows were held, and need not be the list's. */
  readonly kept: boolean;
}

interface Options<Row> {
  /** Names the list; another list is not held back. */
  readonly list: string;
  /** Another text with each answer of the server. */
  readonly version: string;
  /** Somebody points at the list, or is in it with the keyboard. */
  readonly holding: boolean;
  /** Of `useRenewals`. */
  readonly renewals: number;
  /** Also a list without rows is held: where the first row would move others. */
  readonly keepsEmpty?: boolean;
  readonly idOf: (row: Row) => string;
}

/**
 * Keeps the rows of a list that is read again and again where they are while somebody is at them, so that a click meets
 * the row that it was meant for; what is in the rows goes on. What the reader did himself is shown at once.
 */
export function useHeld<Row>(rows: readonly Row[] | undefined, options: Options<Row>) {
  const { list, version, holding, renewals, keepsEmpty = false, idOf } = options;
  const [basis, setBasis] = useState<Basis<Row>>();
  const same = basis?.list === list;
  const renewed = same && basis.renewals !== renewals;
  const keeps = holding && same && (keepsEmpty || basis.rows.length > 0) && !renewed;
  const answered = !same || basis.seen !== version;
  // Who comes back finds the rows that were shown when he came, not those of an earlier stay.
  if (rows !== undefined && (answered || (basis.kept && !keeps))) {
    setBasis({
      list,
      rows: keeps ? inOrderOf(basis.rows, rows, idOf).rows : rows,
      seen: version,
      // What the reader did is only shown by an answer that comes after it.
      renewals: answered ? renewals : basis.renewals,
      kept: keeps,
    });
  }
  const held: Held<Row> =
    keeps && rows !== undefined
      ? inOrderOf(basis.rows, rows, idOf)
      : { rows: rows ?? [], gone: NONE, news: 0, behind: false };
  return {
    ...held,
    /** Shows the list as it is. */
    release: () => rows !== undefined && setBasis({ list, rows, seen: version, renewals, kept: false }),
  };
}

/**
 * Whether somebody points at `root`, which has these `handlers`, or is in it with the keyboard; its menus belong to it.
 * Where what has the focus goes away with its row, the focus goes to `root`: it must be able to have it. One that the
 * Tab key does not stop at has it for want of a better place, and that is nobody at its rows.
 */
export function useAttended(root: HTMLElement | null) {
  const [over, setOver] = useState(false);
  const [inside, setInside] = useState(false);
  // An element that is not there any more says goodbye to nobody.
  if (root === null && over) setOver(false);
  if (root === null && inside) setInside(false);
  // Nor does what is taken out of it: no event tells. While the focus goes from one element to the next nothing has it
  // either, so that this is looked at once it has arrived.
  useEffect(() => {
    if (!inside) return;
    const look = setTimeout(() => {
      if (document.activeElement === document.body) root?.focus({ preventScroll: true });
    });
    return () => clearTimeout(look);
  });
  return {
    attended: over || inside,
    handlers: {
      onPointerEnter: () => setOver(true),
      onPointerLeave: () => setOver(false),
      onFocus: ({ currentTarget, target }: FocusEvent<HTMLElement>) =>
        setInside(target !== currentTarget || currentTarget.tabIndex >= 0),
      onBlur: ({ currentTarget, relatedTarget }: FocusEvent) =>
        setInside(relatedTarget instanceof Node && currentTarget.contains(relatedTarget)),
    },
  };
}

/** How often the lists whose keys begin so were told to be read again, which is what a page does after it changed something. */
export function useRenewals(...keys: readonly QueryKey[]): number {
  const client = useQueryClient();
  const [renewals, setRenewals] = useState(0);
  const prefixes = hashKey(keys);
  useEffect(() => {
    const wanted = JSON.parse(prefixes) as QueryKey[];
    return client.getQueryCache().subscribe((event) => {
      if (event.type !== "updated" || event.action.type !== "invalidate") return;
      const queryKey = event.query.queryKey as QueryKey;
      if (wanted.some((key) => hashKey(queryKey.slice(0, key.length)) === hashKey(key))) {
        setRenewals((before) => before + 1);
      }
    });
  }, [client, prefixes]);
  return renewals;
}
