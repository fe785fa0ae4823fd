import { expect, test } from "vitest";
import { columnOf, DAYS, daysOf, firstWeekday, midnight, type UpcomingRun } from "./days";

const run = (time: Date, id = "nightly"): UpcomingRun => ({
  time: time.toISOString(),
  kind: "scheduledJob",
  id,
  zone: "UTC",
});

test("each run is on its day where one looks, the last moment of a day on that day", () => {
  const now = new Date(2026, 2, 27, 15, 30);
  const times = [
    new Date(2026, 2, 27, 23, 59, 59, 999),
    new Date(2026, 2, 28),
    new Date(2026, 2, 29, 3),
    new Date(2026, 3, 26, 12),
  ];
  const days = daysOf(
    times.map((time) => run(time)),
    now,
  );
  expect(days).toHaveLength(DAYS);
  expect(days[0]?.date).toEqual(new Date(2026, 2, 27));
  expect(days.at(-1)?.date).toEqual(new Date(2026, 3, 26));
  expect(
    days.filter(({ runs }) => runs.length > 0).map(({ date, runs }) => [date.getDate(), runs.length]),
  ).toEqual([
    [27, 1],
    [28, 1],
    [29, 1],
    [26, 1],
  ]);
});

test("every day is there once, also where the clocks change", () => {
  for (const start of [new Date(2026, 2, 1), new Date(2026, 9, 1)]) {
    const days = daysOf([], start);
    days.forEach(({ date }, at) => {
      expect(date).toEqual(midnight(start, at));
      expect([date.getHours(), date.getMinutes()]).toEqual([0, 0]);
    });
    expect(new Set(days.map(({ date }) => date.toDateString())).size).toBe(DAYS);
  }
});

test("weeks begin with the day of the language", () => {
  const sunday = new Date(2026, 2, 29);
  expect([1, 7].map((first) => columnOf(sunday, first))).toEqual([7, 1]);
  expect([1, 7].map((first) => columnOf(midnight(sunday, 1), first))).toEqual([1, 2]);
  for (const locale of ["en", "fr", "ko", "zh-Hans", "en-GB"]) {
    expect(firstWeekday(locale)).toBeGreaterThanOrEqual(1);
    expect(firstWeekday(locale)).toBeLessThanOrEqual(7);
  }
});
