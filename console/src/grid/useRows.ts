import { useCallback, useLayoutEffect, useRef, useState } from "react";
import { moved, positionAt, scaleOf, type Position } from "./scale";

/** Rows drawn above and below the view, so that the browser can scroll before the page answers. */
const OVERSCAN = 12;

interface Drawn {
  /** Rows to draw: `first` to `last`, exclusive. */
  readonly first: number;
  readonly last: number;
  /** Rows in view, also in part. */
  readonly viewFirst: number;
  readonly viewLast: number;
  /** Row n stands at `n * rowHeight + shift` of the scrolled element; moves only with jumps and near the ends. */
  readonly shift: number;
}

export interface Rows extends Drawn {
  /** The height of the element that holds the rows, in px. */
  readonly height: number;
  readonly scrollToRow: (row: number) => void;
  /** Rows that fit wholly into the view. */
  readonly pageSize: number;
  /** Rows that are ever drawn at once, at most. */
  readonly pool: number;
}

/**
 * Which rows of `total` the element `scroller` (null until there is one) shows, rows being `rowHeight` px high under a header of `headerHeight`.
 * Memory and work depend on the view only, not on `total`.
 */
export function useRows(
  scroller: HTMLElement | null,
  total: number,
  rowHeight: number,
  headerHeight: number,
): Rows {
  const position = useRef<Position>({ top: 0, offset: 0 });
  const [view, setView] = useState(0);
  const [drawn, setDrawn] = useState<Drawn>(() => draw({ top: 0, offset: 0 }, 0, total, rowHeight));

  const show = useCallback(
    (next: Position) => {
      position.current = next;
      const now = draw(next, view, total, rowHeight);
      setDrawn((before) => (same(before, now) ? before : now));
    },
    [view, total, rowHeight],
  );

  useLayoutEffect(() => {
    if (!scroller) return;
    const measure = () => setView(Math.max(0, scroller.clientHeight - headerHeight));
    measure();
    const observer = new ResizeObserver(measure);
    observer.observe(scroller);
    return () => observer.disconnect();
  }, [scroller, headerHeight]);

  const scrollTo = useCallback(
    (offset: number) => {
      const next = positionAt(scaleOf(total, rowHeight, view), offset);
      show(next);
      if (scroller && Math.abs(scroller.scrollTop - next.top) >= 1) scroller.scrollTo({ top: next.top });
    },
    [scroller, show, total, rowHeight, view],
  );

  // The list got longer or shorter, or the view did: the same rows stay where they are.
  useLayoutEffect(() => scrollTo(position.current.offset), [scrollTo]);

  useLayoutEffect(() => {
    if (!scroller) return;
    const scale = scaleOf(total, rowHeight, view);
    const onScroll = () => {
      if (scroller.scrollTop !== position.current.top)
        show(moved(scale, position.current, scroller.scrollTop));
    };
    scroller.addEventListener("scroll", onScroll, { passive: true });
    return () => scroller.removeEventListener("scroll", onScroll);
  }, [scroller, show, total, rowHeight, view]);

  const scrollToRow = useCallback(
    (row: number) => {
      const { offset } = position.current;
      const start = row * rowHeight;
      if (start < offset) scrollTo(start);
      else if (start + rowHeight > offset + view) scrollTo(start + rowHeight - view);
    },
    [scrollTo, rowHeight, view],
  );

  return {
    ...drawn,
    height: scaleOf(total, rowHeight, view).scroll,
    scrollToRow,
    pageSize: Math.max(1, Math.floor(view / rowHeight)),
    pool: Math.ceil(view / rowHeight) + 1 + 2 * OVERSCAN,
  };
}

function draw({ top, offset }: Position, view: number, total: number, rowHeight: number): Drawn {
  const viewFirst = Math.min(total, Math.floor(offset / rowHeight));
  const viewLast = Math.min(total, Math.ceil((offset + view) / rowHeight));
  return {
    first: Math.max(0, viewFirst - OVERSCAN),
    last: Math.min(total, viewLast + OVERSCAN),
    viewFirst,
    viewLast,
    shift: top - offset,
  };
}

function same(a: Drawn, b: Drawn): boolean {
  return (
    a.viewFirst === b.viewFirst &&
    a.viewLast === b.viewLast &&
    a.first === b.first &&
    a.last === b.last &&
    Math.abs(a.shift - b.shift) < 0.01
  );
}
