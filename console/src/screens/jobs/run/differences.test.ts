import { expect, test } from "vitest";
import { readExact } from "../../../json/exact";
import { differences } from "./differences";

test("one line a value that was written, with what it replaced and what is there now", () => {
  expect(
    differences({
      before: { desired: { fw: "1.0", limits: { low: 1 } }, tags: { site: null } },
      after: { desired: { fw: "2.1", limits: { low: 1, high: 9 } }, tags: { site: "Lyon" } },
      now: { desired: { fw: "2.2", limits: { low: 1, high: 9 } }, tags: { site: "Lyon" } },
    }),
  ).toEqual([
    { path: "desired.fw", before: '"1.0"', after: '"2.1"', now: '"2.2"' },
    { path: "desired.limits.low", before: "1", after: "1", now: "1" },
    { path: "desired.limits.high", before: undefined, after: "9", now: "9" },
    { path: "tags.site", before: undefined, after: '"Lyon"', now: '"Lyon"' },
  ]);
});

test("a value taken away, an empty object, a list, and nothing known of before", () => {
  expect(differences({ after: { desired: { a: null, b: {}, c: [1, { d: 2 }] } } })).toEqual([
    { path: "desired.a", before: undefined, after: undefined, now: undefined },
    { path: "desired.b", before: undefined, after: "{}", now: undefined },
    { path: "desired.c", before: undefined, after: '[1,{"d":2}]', now: undefined },
  ]);
});

test("large numbers keep their digits", () => {
  const change = readExact('{"before":{"n":9007199254740992},"after":{"n":9007199254740993}}');
  expect(differences(change as { after: unknown })).toEqual([
    { path: "n", before: "9007199254740992", after: "9007199254740993", now: undefined },
  ]);
});
