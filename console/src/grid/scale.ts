/**
 * Scrolling over more rows than a browser can lay out. Browsers limit an element's height (Chromium to about 33.5
 * million pixels, Firefox to about 17.8 million): half a million rows. So the scrolled element is never higher than
 * `MAX_SCROLL_HEIGHT`, and a position is a pair: where the scroll bar stands (`top`) and which pixel of the whole list
 * is at the upper edge (`offset`). Short movements (wheel, keys, touch) move both by the same amount, so that rows pass
 * as in any list; long ones (the thumb was dragged) go to the same share of the list; and near both ends the remaining
 * list is spread over the remaining scroll way, so that the ends of one are the ends of the other.
 *
 * Held always: `offset >= top`, and what remains of the list is no less than what remains to scroll.
 */
export const MAX_SCROLL_HEIGHT = 8_000_000;

/** A longer movement at once is a jump: one pixel of the thumb's way is 4,000 px or more on a capped list. */
const JUMP = 3_000;

/** From here to an end of the scroll way the rest of the list is spread over the rest of the way, in px. */
const EDGE = 20_000;

/** All in px: the whole list, the scrolled element, and the part of it that is seen. */
export interface Scale {
  readonly list: number;
  readonly scroll: number;
  readonly view: number;
}

export interface Position {
  readonly top: number;
  readonly offset: number;
}

export function scaleOf(rows: number, rowHeight: number, view: number): Scale {
  const list = rows * rowHeight;
  return { list, scroll: Math.min(list, MAX_SCROLL_HEIGHT), view };
}

/** The position that shows pixel `offset` of the list at the upper edge, or the nearest one there is. */
export function positionAt(scale: Scale, offset: number): Position {
  const [maxTop, maxOffset] = ends(scale);
  const within = clamp(offset, 0, maxOffset);
  return { top: maxOffset === 0 ? 0 : within * (maxTop / maxOffset), offset: within };
}

/** Where the list stands when the scroll bar moved from `from` to `top`. */
export function moved(scale: Scale, from: Position, top: number): Position {
  const [maxTop, maxOffset] = ends(scale);
  if (maxTop === maxOffset) return { top, offset: clamp(top, 0, maxOffset) };
  // Browsers round what they are told; a pixel from the end is the end.
  if (top <= 0) return { top, offset: 0 };
  if (top >= maxTop - 1) return { top, offset: maxOffset };

  const delta = top - from.top;
  if (Math.abs(delta) > JUMP) return { top, offset: top * (maxOffset / maxTop) };
  const way = delta < 0 ? from.top : maxTop - from.top;
  const rest = delta < 0 ? from.offset : maxOffset - from.offset;
  const pace = way < EDGE && way > 0 ? rest / way : 1;
  return { top, offset: clamp(from.offset + delta * pace, 0, maxOffset) };
}

function ends({ list, scroll, view }: Scale): [maxTop: number, maxOffset: number] {
  return [Math.max(0, scroll - view), Math.max(0, list - view)];
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(Math.max(value, low), high);
}
