import { expect, test } from "vitest";
import { moveBy } from "./keys";

const press = (key: string, far = false) =>
  moveBy({ key, ctrlKey: far, metaKey: false }, { row: 50, column: 1 }, 1_000_000, 4, 15);

test("keys move as the grid pattern says", () => {
  expect(press("ArrowDown")).toEqual({ row: 51, column: 1 });
  expect(press("ArrowLeft")).toEqual({ row: 50, column: 0 });
  expect(press("PageUp")).toEqual({ row: 35, column: 1 });
  expect(press("Home")).toEqual({ row: 50, column: 0 });
  expect(press("End")).toEqual({ row: 50, column: 3 });
  expect(press("Home", true)).toEqual({ row: 0, column: 0 });
  expect(press("End", true)).toEqual({ row: 999_999, column: 3 });
  expect(press("x")).toBeUndefined();
});

test("no key leaves the grid", () => {
  const corner = { row: 0, column: 0 };
  const keys = (key: string) => ({ key, ctrlKey: false, metaKey: false });
  expect(moveBy(keys("ArrowUp"), corner, 1, 1, 1)).toEqual(corner);
  expect(moveBy(keys("PageDown"), corner, 1, 1, 10)).toEqual(corner);
  expect(moveBy(keys("End"), corner, 0, 0, 10)).toEqual(corner);
});
