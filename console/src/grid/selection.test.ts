import { expect, test } from "vitest";
import { boxOver, boxOverAll, countSelected, EVERYTHING, isSelected, NOTHING, select } from "./selection";

test("some rows are chosen by id", () => {
  const two = select(NOTHING, ["a", "b"], true);
  expect(countSelected(two, 10)).toBe(2);
  expect(isSelected(two, "a")).toBe(true);
  expect(isSelected(two, "c")).toBe(false);
  expect(countSelected(select(two, ["a"], false), 10)).toBe(1);
});

test("the whole list but for some costs no more memory than those", () => {
  const most = select(EVERYTHING, ["a"], false);
  expect(countSelected(most, 1_000_000)).toBe(999_999);
  expect(isSelected(most, "a")).toBe(false);
  expect(isSelected(most, "never seen")).toBe(true);
  expect(select(most, ["a"], true)).toEqual(EVERYTHING);
});

test("a box says all, none or mixed", () => {
  expect(boxOver(NOTHING, ["a", "b"])).toBe(false);
  expect(boxOver(NOTHING, [])).toBe(false);
  expect(boxOver(select(NOTHING, ["a"], true), ["a", "b"])).toBe("mixed");
  expect(boxOver(EVERYTHING, ["a", "b"])).toBe(true);
  expect(boxOverAll(EVERYTHING, 5)).toBe(true);
  expect(boxOverAll(EVERYTHING, 0)).toBe(false);
  expect(boxOverAll(select(EVERYTHING, ["a"], false), 5)).toBe("mixed");
});
