import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { Touched } from "./follower";
import { gathered } from "./gathered";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("what is touched while a reading is under way waits for its answer and a pause, and is then one reading", async () => {
  const read: Touched[] = [];
  const answers: (() => void)[] = [];
  const touch = gathered((touched) => {
    read.push(touched);
    return new Promise<void>((resolve) => answers.push(resolve));
  }, 500);
  touch([[1, 2]]);
  expect(read).toEqual([[[1, 2]]]);
  touch([[3, 4]]);
  touch([[9, 9]]);
  await vi.advanceTimersByTimeAsync(5_000);
  expect(read).toHaveLength(1);
  answers[0]?.();
  await vi.advanceTimersByTimeAsync(499);
  expect(read).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(1);
  expect(read[1]).toEqual([
    [3, 4],
    [9, 9],
  ]);
  answers[1]?.();
  await vi.advanceTimersByTimeAsync(500);
  touch([[5, 5]]);
  expect(read[2]).toEqual([[5, 5]]);
});

test("a reading that fails does not end it; too many ranges are the whole list", async () => {
  const read: Touched[] = [];
  const touch = gathered((touched) => {
    read.push(touched);
    return Promise.reject(new Error("offline"));
  }, 500);
  touch([[0, 0]]);
  for (let place = 0; place < 300; place++) touch([[place, place]]);
  await vi.advanceTimersByTimeAsync(500);
  expect(read).toEqual([[[0, 0]], undefined]);
});
