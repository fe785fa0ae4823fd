import { describe, expect, test } from "vitest";
import { follow, JsonFault, member, placeOf, pretty, readJson, stringOf } from "./tree";

describe("reading", () => {
  test("keeps digits, order and what stands twice", () => {
    const text =
      '{"b":12345678901234567890,"2":1.10,"1":-0e5,"a":[],"o":{},"s":"\\u00e9\\n\\"","t":true,"n":null}';
    const node = readJson(` ${text}\n`);
    expect(pretty(node).replace(/\n\s*/g, "").replaceAll('": ', '":')).toBe(text);
    expect(stringOf(member(readJson('{"a":"1","a":"2"}'), "a"))).toBe("2");
  });

  test.each([
    ["", 0],
    ["{", 1],
    ["[1,]", 3],
    ['{"a":1,}', 7],
    ["{'a':1}", 1],
    ['{"a" 1}', 5],
    ["01", 1],
    ["1 2", 2],
    ['"\n"', 0],
    ["tru", 0],
    ["NaN", 0],
    ["// a", 0],
  ])("%j goes wrong at %i", (text, offset) => {
    expect(() => JSON.parse(text) as unknown).toThrow();
    expect(() => readJson(text)).toThrow(new JsonFault(offset));
  });

  test("a thousand brackets are refused, not a full stack", () => {
    expect(() => readJson("[".repeat(100_000))).toThrow(JsonFault);
  });
});

test("short lists stay on one line, long ones and those of objects do not", () => {
  expect(pretty(readJson('{"a":[1,"x",null],"b":[{"c":[]}]}'))).toBe(
    '{\n  "a": [1, "x", null],\n  "b": [\n    {\n      "c": []\n    }\n  ]\n}',
  );
  expect(pretty(readJson(JSON.stringify(Array(60).fill(100)))).split("\n")).toHaveLength(62);
});

test("a path leads as far as it is there", () => {
  const text = '{\n  "model": {\n    "contents": [{"name": "a"}, {"name": "b"}]\n  }\n}';
  const root = readJson(text);
  expect(stringOf(follow(root, "model.contents[1].name"))).toBe("b");
  expect(placeOf(text, follow(root, "model.contents[1].schema").start)).toEqual({ line: 3, column: 33 });
  expect(follow(root, "elsewhere")).toBe(root);
});
