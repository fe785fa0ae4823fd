import { describe, expect, test } from "vitest";
import { MAX_SCROLL_HEIGHT, moved, positionAt, scaleOf, type Position } from "./scale";

const ROW = 40;
const VIEW = 600;
const million = scaleOf(1_000_000, ROW, VIEW);
const maxTop = million.scroll - VIEW;
const maxOffset = million.list - VIEW;

/** Moves in steps of `step` px until the scroll way ends, as a wheel does. */
function wheel(from: Position, step: number, steps = Infinity): Position {
  let at = from;
  for (let n = 0; n < steps; n++) {
    const top = Math.min(Math.max(at.top + step, 0), maxTop);
    if (top === at.top) break;
    at = moved(million, at, top);
  }
  return at;
}

test("no element is higher than a browser can lay out, whatever the number of rows", () => {
  expect(scaleOf(100_000_000, ROW, VIEW).scroll).toBe(MAX_SCROLL_HEIGHT);
  expect(scaleOf(10, ROW, VIEW).scroll).toBe(400);
});

test("a list that fits is scrolled as any other", () => {
  const small = scaleOf(1_000, ROW, VIEW);
  expect(moved(small, { top: 0, offset: 0 }, 39_400)).toEqual({ top: 39_400, offset: 39_400 });
  expect(moved(small, { top: 500, offset: 500 }, 123)).toEqual({ top: 123, offset: 123 });
});

describe("a list of a million rows", () => {
  test("moves by as many pixels as the wheel, in the middle", () => {
    const middle = positionAt(million, maxOffset / 2);
    expect(moved(million, middle, middle.top + 120).offset).toBeCloseTo(middle.offset + 120);
    expect(moved(million, middle, middle.top - 120).offset).toBeCloseTo(middle.offset - 120);
  });

  test("goes to the same share when the thumb is dragged", () => {
    const from = positionAt(million, 0);
    expect(moved(million, from, maxTop / 4).offset).toBeCloseTo(maxOffset / 4);
  });

  test("ends where the scroll way ends, from wherever one wheels", () => {
    for (const share of [0.0001, 0.0019, 0.5, 0.9985, 0.9999]) {
      const from = wheel(positionAt(million, maxOffset * share), 97, 500);
      expect(wheel({ ...from, top: Math.min(from.top, 15_000) }, -100)).toEqual({ top: 0, offset: 0 });
    }
    const nearEnd = positionAt(million, maxOffset - 90_000);
    expect(wheel(nearEnd, 100)).toEqual({ top: maxTop, offset: maxOffset });
    const nearStart = positionAt(million, 90_000);
    expect(wheel(nearStart, -100)).toEqual({ top: 0, offset: 0 });
  });

  test("never goes against the wheel, and the list is never spent before the way is", () => {
    let seed = 7;
    const random = () => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
    let at = positionAt(million, 0);
    for (let n = 0; n < 50_000; n++) {
      const far = random() < 0.01;
      const step = far ? (random() - 0.5) * maxTop : (random() - 0.5) * 2_000;
      const top = Math.min(Math.max(at.top + step, 0), maxTop);
      const next = moved(million, at, top);
      if (!far) expect((next.offset - at.offset) * (top - at.top)).toBeGreaterThanOrEqual(0);
      expect(next.offset).toBeGreaterThanOrEqual(next.top - 1e-3);
      expect(maxOffset - next.offset).toBeGreaterThanOrEqual(maxTop - next.top - 1 - 1e-3);
      at = next;
    }
  });

  test("a position asked for is the one that is shown, every row", () => {
    for (const row of [0, 1, 499_999, 999_984]) {
      const { top, offset } = positionAt(million, row * ROW);
      expect(offset).toBe(row * ROW);
      expect(top).toBeLessThanOrEqual(maxTop);
      // The browser rounds `top` to whole pixels and reports it back.
      expect(Math.abs(moved(million, { top, offset }, Math.round(top)).offset - offset)).toBeLessThan(6);
    }
  });
});
