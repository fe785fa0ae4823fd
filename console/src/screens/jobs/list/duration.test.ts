import { expect, test } from "vitest";
import { formatsOf } from "../../../texts/formats";
import { secondsOf } from "./duration";

const start = "2026-03-01T12:00:00Z";
const now = new Date("2026-03-01T12:01:30Z");
const text = (end: string | undefined, until: Date) => formatsOf("en").duration(secondsOf(start, end, until));

test.each([
  ["2026-03-01T12:00:00Z", "0 sec"],
  ["2026-03-01T12:00:59.4Z", "59 sec"],
  ["2026-03-01T13:00:05Z", "1 hr"],
  ["2026-03-03T15:20:05Z", "2 days 3 hr"],
  [undefined, "1 min 30 sec"],
])("until %s: %s", (end, said) => expect(text(end, now)).toBe(said));

test("a clock that stands behind the server's shows nothing below zero", () => {
  expect(text(undefined, new Date("2026-03-01T11:59:00Z"))).toBe("0 sec");
});
