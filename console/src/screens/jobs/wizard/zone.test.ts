import { expect, test } from "vitest";
import { instantOf, wallOf, zones } from "./zone";

const instant = (date: string, time: string, zone: string) => instantOf({ date, time }, zone)?.toISOString();

test("clocks of a zone and back", () => {
  expect(instant("2026-11-20", "22:00", "Europe/Berlin")).toBe("2026-11-20T21:00:00.000Z");
  expect(instant("2026-07-01", "00:30", "Asia/Seoul")).toBe("2026-06-30T15:30:00.000Z");
  expect(instant("2026-07-01", "00:30", "UTC")).toBe("2026-07-01T00:30:00.000Z");
  expect(wallOf(new Date("2026-06-30T15:30:59Z"), "Asia/Seoul")).toEqual({
    date: "2026-07-01",
    time: "00:30",
  });
});

test("when clocks change: a time that is there twice is the first, one that lacks comes later", () => {
  expect(instant("2026-10-25", "02:30", "Europe/Paris")).toBe("2026-10-25T00:30:00.000Z");
  expect(instant("2026-03-29", "02:30", "Europe/Paris")).toBe("2026-03-29T01:30:00.000Z");
  expect(instant("2026-11-01", "01:30", "America/New_York")).toBe("2026-11-01T05:30:00.000Z");
});

test("what is no time is none", () => {
  expect(instant("", "22:00", "UTC")).toBeUndefined();
  expect(instant("2026-11-20", "22:00", "Nowhere/Land")).toBeUndefined();
  expect(zones(["Asia/Seoul"]).slice(0, 2)).toEqual(["Asia/Seoul", "UTC"]);
});
