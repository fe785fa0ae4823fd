import { expect, test } from "vitest";
import { keep, windowsAround } from "./windows";

test("windows around the view begin half a window early", () => {
  expect(windowsAround(0, 20, undefined)).toEqual([0]);
  expect(windowsAround(0, 60, 1_000)).toEqual([0, 1]);
  expect(windowsAround(149, 160, 1_000)).toEqual([0, 1, 2]);
  expect(windowsAround(999_980, 1_000_000, 1_000_000)).toEqual([9_999]);
});

test("no window is asked for behind the end, and one is asked for of an empty list", () => {
  expect(windowsAround(80, 100, 100)).toEqual([0]);
  expect(windowsAround(0, 20, 0)).toEqual([0]);
});

test("windows longest out of view are dropped first, those in view never", () => {
  expect(keep([], [5, 6], 2)).toEqual([[5, 6], []]);
  expect(keep([5, 6], [6, 7], 2)).toEqual([[6, 7, 5], []]);
  expect(keep([6, 7, 5, 4], [8], 2)).toEqual([
    [8, 6, 7],
    [5, 4],
  ]);
});
