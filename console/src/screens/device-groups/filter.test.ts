import { describe, expect, test } from "vitest";
import { readFilter, writeFilter, type Filter } from "./filter";

const row = (
  operand: string,
  operator: "=" | "!=" | "<" | ">=",
  kind: "string" | "number" | "boolean",
  text: string,
) => ({ operand, operator, value: { kind, text } }) as const;

describe("rows and text say the same", () => {
  const filters: readonly [string, Filter][] = [
    ["SELECT * FROM devices", { template: undefined, joiner: "AND", rows: [] }],
    [
      'SELECT * FROM devices WHERE $template = "dtmi:a:b;1"',
      { template: "dtmi:a:b;1", joiner: "AND", rows: [] },
    ],
    [
      'SELECT * FROM devices WHERE $template = "dtmi:a:b;1" AND fan.speed >= 12345678901234567890 AND $enabled = true',
      {
        template: "dtmi:a:b;1",
        joiner: "AND",
        rows: [
          row("fan.speed", ">=", "number", "12345678901234567890"),
          row("$enabled", "=", "boolean", "true"),
        ],
      },
    ],
    [
      String.raw`SELECT * FROM dtmi:a:b;1 WHERE site = "a \"b\" \\" OR größe < -1.5`,
      {
        template: "dtmi:a:b;1",
        joiner: "OR",
        rows: [
          row("site", "=", "string", String.raw`a "b" \\`.slice(0, -1)),
          row("größe", "<", "number", "-1.5"),
        ],
      },
    ],
    [
      'SELECT * FROM devices WHERE [[in]].[[my-name]] != "x"',
      { template: undefined, joiner: "AND", rows: [row("in.my-name", "!=", "string", "x")] },
    ],
  ];
  test.each(filters)("%s", (text, filter) => {
    expect(writeFilter(filter)).toBe(text);
    expect(readFilter(text)).toEqual(filter);
  });
});

test("what others write is read too", () => {
  expect(
    readFilter("select * from Devices where $TEMPLATE = 'dtmi:a;1' and a<>'\\u00e9' and b = - 2"),
  ).toEqual({
    template: "dtmi:a;1",
    joiner: "AND",
    rows: [row("a", "!=", "string", "é"), row("b", "=", "number", "-2")],
  });
  expect(readFilter("SELECT * FROM dtmi:a:b;1")).toEqual({ template: "dtmi:a:b;1", joiner: "AND", rows: [] });
});

test.each([
  "",
  "SELECT id FROM devices",
  "SELECT * FROM devices WHERE",
  "SELECT * FROM devices WHERE a = 1 OR b = 2 AND c = 3",
  "SELECT * FROM devices WHERE (a = 1)",
  "SELECT * FROM devices WHERE a IN [1]",
  "SELECT * FROM devices WHERE a = 1 b",
  "SELECT * FROM devices WHERE a = b",
  "SELECT * FROM devices WHERE a.b.c = 1",
  "SELECT * FROM devices WHERE $nonsense = 1",
  'SELECT * FROM devices WHERE $template = "a" OR b = 1',
  'SELECT * FROM devices WHERE $template != "a"',
  'SELECT * FROM devices WHERE $template = "a" AND $template = "b"',
  'SELECT * FROM x WHERE $template = "a"',
  "SELECT * FROM devices WHERE [[a.b]] = 1",
  "SELECT * FROM devices WHERE a = 'open",
  "SELECT * FROM devices WHERE a = 1x",
])("rows cannot show %j", (text) => {
  expect(readFilter(text)).toBeUndefined();
});

test("the template beside OR stands after FROM; one row needs no OR", () => {
  const rows = [row("a", "=", "number", "1"), row("b", "=", "number", "2")];
  expect(writeFilter({ template: "t", joiner: "OR", rows })).toBe("SELECT * FROM t WHERE a = 1 OR b = 2");
  expect(writeFilter({ template: "t", joiner: "OR", rows: rows.slice(0, 1) })).toBe(
    'SELECT * FROM devices WHERE $template = "t" AND a = 1',
  );
});
