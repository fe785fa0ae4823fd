import { expect, test } from "vitest";
import { pretty, readJson } from "../../json/tree";
import { twinRows, versionOf, withoutMetadata } from "./twin";

const desired = readJson(`{
  "interval": 30, "big": 12345678901234567890, "fan": {"__t": "c", "speed": 2, "mode": "slow"}, "odd": {}, "list": [1, 2],
  "$metadata": {
    "$lastUpdated": "2026-03-01T02:00:00Z", "$lastUpdatedVersion": 7,
    "interval": {"$lastUpdated": "2026-03-01T01:00:00Z", "$lastUpdatedVersion": 5},
    "fan": {"$lastUpdated": "2026-03-01T02:00:00Z", "$lastUpdatedVersion": 7,
      "speed": {"$lastUpdated": "2026-03-01T02:00:00Z", "$lastUpdatedVersion": 7}}
  },
  "$version": 7
}`);

test("lines in the document's order, with digits, versions and times", () => {
  const rows = twinRows(desired);
  expect(rows.map(({ path, value }) => [path.join("."), value])).toEqual([
    ["interval", "30"],
    ["big", "12345678901234567890"],
    ["fan", undefined],
    ["fan.speed", "2"],
    ["fan.mode", '"slow"'],
    ["odd", "{}"],
    ["list", "[1, 2]"],
  ]);
  expect(rows[0]).toMatchObject({ updated: "2026-03-01T01:00:00Z", version: "5" });
  expect(rows[3]).toMatchObject({ version: "7" });
  expect(rows[1]).not.toHaveProperty("version");
  expect(versionOf(desired)).toBe("7");
  expect(pretty(withoutMetadata(desired))).not.toContain("$");
});

test("what the device says to a desired value", () => {
  const reported = readJson(`{
    "interval": {"value": 30, "ac": 200, "av": 7},
    "fan": {"__t": "c", "speed": {"value": 2, "ac": 400, "av": 7, "ad": "too slow"}, "mode": "fast"},
    "list": [1, 2]
  }`);
  const replies = Object.fromEntries(
    twinRows(desired, reported).map(({ path, reply }) => [path.join("."), reply]),
  );
  expect(replies).toEqual({
    interval: { kind: "accepted" },
    big: { kind: "pending" },
    fan: undefined,
    "fan.speed": { kind: "refused", status: "400", text: "too slow" },
    "fan.mode": { kind: "pending" },
    odd: { kind: "pending" },
    list: { kind: "accepted" },
  });
});

test("an answer to an older value is none to this one", () => {
  const [row] = twinRows(readJson('{"a": 2}'), readJson('{"a": {"value": 1, "ac": 200, "av": 1}}'));
  expect(row?.reply).toEqual({ kind: "pending" });
});
