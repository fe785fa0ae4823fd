import { expect, test } from "vitest";
import { readJson } from "../../json/tree";
import { readTwinPatch } from "./twinPatch";

const twin = readJson(
  `{"tags":{"site":"Lyon","floor":3},"desired":{"$version":4,"fan":{"speed":2,"on":true}},"reported":{}}`,
);

test("what is set, changed and taken away, in the digits that were typed", () => {
  const patch = `{"tags":{"floor":3,"site":null,"note":1.10},"desired":{"$version":9,"fan":{"speed":9007199254740993},"gone":null}}`;
  expect(readTwinPatch(patch, twin)).toEqual({
    kind: "changes",
    changes: [
      { path: "tags.site", before: '"Lyon"', after: undefined },
      { path: "tags.note", before: undefined, after: "1.10" },
      { path: "desired.fan.speed", before: "2", after: "9007199254740993" },
    ],
  });
});

test("an object in place of a value is one change", () => {
  expect(readTwinPatch(`{"tags":{"floor":{"number":3}}}`, twin)).toEqual({
    kind: "changes",
    changes: [{ path: "tags.floor", before: "3", after: '{"number": 3}' }],
  });
});

test.each([
  ["{", "json"],
  ["[]", "object"],
  [`{"tags": 1}`, "object"],
  [`{"reported": {}}`, "member"],
])("%s is refused", (text, fault) => expect(readTwinPatch(text, twin)).toEqual({ kind: "fault", fault }));
