import { useQueries, useQueryClient, type QueryKey } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";

/** Rows asked for at once. Windows begin at multiples of it, so that every reader asks for the same ones. */
export const WINDOW = 100;

/** Windows kept beside those in view; the ones longest out of view go first. */
const KEPT = 40;

/** A list that stays still this long, in ms, is read; one that flies past is not. */
const SETTLED = 80;

export interface RowRange<Row> {
  readonly rows: readonly Row[];
  /** How many rows the whole list has. */
  readonly total: number;
  /** It has at least so many; the last of them is not known yet. */
  readonly more?: boolean;
}

export interface RowSource<Row> {
  /** Names the list with its filter and order: another key is another list. */
  readonly key: QueryKey;
  /** The rows from index `offset`, at most `limit`; fewer at the list's end. */
  readonly getRange: (offset: number, limit: number, signal: AbortSignal) => Promise<RowRange<Row>>;
  /** Reads what is in view again this often, in ms. */
  readonly refresh?: number;
  /**
   * It is read again as things happen, whoever did them, and its rows move then: they are held while somebody is at them.
   * Being told to read again is no sign here of something that the reader did himself.
   */
  readonly moves?: boolean;
}

/** The numbers of the windows that hold rows `first` to `last` (exclusive), and half a window around them. */
export function windowsAround(first: number, last: number, total: number | undefined): number[] {
  const end = Math.min(last + WINDOW / 2, total ?? last);
  const from = Math.floor(Math.max(0, first - WINDOW / 2) / WINDOW);
  const to = Math.max(from, Math.ceil(end / WINDOW) - 1);
  return Array.from({ length: to - from + 1 }, (_, index) => from + index);
}

/** `recent` with the windows in view as its newest, and those that are too many cut off. */
export function keep(
  recent: readonly number[],
  inView: readonly number[],
  kept = KEPT,
): [kept: number[], dropped: number[]] {
  const order = [...inView, ...recent.filter((window) => !inView.includes(window))];
  return [order.slice(0, inView.length + kept), order.slice(inView.length + kept)];
}

export interface Windows<Row> {
  /** The row at this index, if it is here. */
  readonly rowAt: (index: number) => Row | undefined;
  /** Unknown until the first window is here. */
  readonly total: number | undefined;
  /** The list is at least so long. */
  readonly more: boolean;
  readonly error: unknown;
  readonly retry: () => void;
  /** The windows around what is in view as one piece. */
  readonly inView: {
    /** The index of its first row. */
    readonly offset: number;
    /** Undefined while one of them is on its way. */
    readonly rows: readonly Row[] | undefined;
    /** Another text for other windows. */
    readonly name: string;
    /** Another text with each answer. */
    readonly version: string;
  };
}

/** Reads the windows around rows `first` to `last` (exclusive) of a list, and forgets those long out of view. */
export function useWindows<Row>(source: RowSource<Row>, first: number, last: number): Windows<Row> {
  const client = useQueryClient();
  const list = JSON.stringify(source.key);
  const [known, setKnown] = useState<{ list: string; total: number }>();
  const total = known?.list === list ? known.total : undefined;
  const inView = useSettled(windowsAround(first, last, total).join());
  const windows = inView.split(",").map(Number);

  const keyOf = (window: number) => [...source.key, "rows", window];
  const results = useQueries({
    queries: windows.map((window) => ({
      queryKey: keyOf(window),
      queryFn: ({ signal }: { signal: AbortSignal }) => source.getRange(window * WINDOW, WINDOW, signal),
      ...(source.refresh !== undefined && { refetchInterval: source.refresh }),
    })),
  });

  const newest = results.reduce<(typeof results)[number] | undefined>(
    (best, result) => (result.data && result.dataUpdatedAt >= (best?.dataUpdatedAt ?? 0) ? result : best),
    undefined,
  );
  const newestTotal = newest?.data?.total;
  if (newestTotal !== undefined && newestTotal !== total) setKnown({ list, total: newestTotal });

  const recent = useRef<{ list: string; windows: number[] }>({ list, windows: [] });
  useEffect(() => {
    const before = recent.current.list === list ? recent.current.windows : [];
    const [kept, dropped] = keep(before, inView.split(",").map(Number));
    recent.current = { list, windows: kept };
    for (const window of dropped) {
      client.removeQueries({ queryKey: [...(JSON.parse(list) as unknown[]), "rows", window], exact: true });
    }
  }, [client, list, inView]);

  const ranges = results.map(({ data }) => data);
  return {
    inView: {
      offset: (windows[0] ?? 0) * WINDOW,
      rows: ranges.every((range) => range !== undefined) ? ranges.flatMap(({ rows }) => rows) : undefined,
      name: `${list} ${inView}`,
      version: results.map(({ dataUpdatedAt }) => dataUpdatedAt).join(),
    },
    rowAt: (index) => {
      const window = Math.floor(index / WINDOW);
      const position = windows.indexOf(window);
      const range =
        position >= 0 ? results[position]?.data : client.getQueryData<RowRange<Row>>(keyOf(window));
      return range?.rows[index - window * WINDOW];
    },
    total,
    more: newest?.data?.more ?? false,
    error: results.find((result) => result.error)?.error,
    retry: () => {
      for (const result of results) if (result.error) void result.refetch();
    },
  };
}

/** `value` once it stayed the same for a moment; the first one at once. */
function useSettled(value: string): string {
  const [settled, setSettled] = useState(value);
  useEffect(() => {
    const timer = setTimeout(() => setSettled(value), SETTLED);
    return () => clearTimeout(timer);
  }, [value]);
  return settled;
}
