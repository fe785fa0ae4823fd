import { expect, test } from "vitest";
import {
  boundedWidth,
  initialChoice,
  isColumnChoice,
  MAX_WIDTH,
  MIN_WIDTH,
  moveColumn,
  ordered,
} from "./columnChoice";

const column = (id: string, more: { fixed?: boolean; hidden?: boolean } = {}) => ({
  id,
  header: id,
  width: 100,
  cell: () => null,
  ...more,
});
const columns = [
  column("name", { fixed: true }),
  column("status"),
  column("site"),
  column("code", { hidden: true }),
];

test("fixed columns stay first; columns that the choice does not know stand last", () => {
  expect(ordered(columns, [])).toEqual(["name", "status", "site", "code"]);
  expect(ordered(columns, ["site", "gone", "name"])).toEqual(["name", "site", "status", "code"]);
});

test("a column moves by one place and not over the end", () => {
  expect(moveColumn(["a", "b", "c"], "b", -1)).toEqual(["b", "a", "c"]);
  expect(moveColumn(["a", "b", "c"], "b", 1)).toEqual(["a", "c", "b"]);
  expect(moveColumn(["a", "b", "c"], "c", 1)).toEqual(["a", "b", "c"]);
  expect(moveColumn(["a", "b", "c"], "none", 1)).toEqual(["a", "b", "c"]);
});

test("what is stored is taken only when it has the right form", () => {
  expect(isColumnChoice(initialChoice(columns))).toBe(true);
  expect(initialChoice(columns).visibility).toEqual({ code: false });
  for (const wrong of [
    null,
    {},
    { visibility: { a: 1 }, order: [], sizing: {} },
    { visibility: {}, order: [1], sizing: {} },
    { visibility: {}, order: [], sizing: { a: 0 } },
    { visibility: {}, order: [], sizing: { a: null } },
  ]) {
    expect(isColumnChoice(wrong)).toBe(false);
  }
});

test("widths have bounds", () => {
  expect([boundedWidth(-5), boundedWidth(100.4), boundedWidth(1e9)]).toEqual([MIN_WIDTH, 100, MAX_WIDTH]);
});
