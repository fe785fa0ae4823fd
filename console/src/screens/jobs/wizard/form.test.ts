import { expect, test } from "vitest";
import { draftOf, emptyForm, formOf, isHalfTyped, type JobForm } from "./form";

const form = emptyForm(new Date("2026-11-20T12:00:00Z"));
const { batch, threshold, schedule } = form;
const on = { ...schedule, on: true, recurrence: "daily" as const };

test.each<[string, Partial<JobForm>, boolean]>([
  ["nothing", {}, false],
  ["a batch", { batch: { ...batch, on: true } }, false],
  ["a batch of no size", { batch: { ...batch, on: true, value: "" } }, true],
  ["no batch of no size", { batch: { ...batch, value: "" } }, false],
  ["a threshold that is no number", { threshold: { ...threshold, on: true, value: "-" } }, true],
  ["a schedule", { schedule: on }, false],
  ["a schedule without a day", { schedule: { ...on, start: { ...on.start, date: "" } } }, true],
  ["no schedule without a day", { schedule: { ...schedule, start: { ...on.start, date: "" } } }, false],
  ["an end without a day", { schedule: { ...on, end: "date" } }, true],
  ["an end on a day", { schedule: { ...on, end: "date", endDate: "2030-01-01" } }, false],
  ["an end after half a run", { schedule: { ...on, end: "occurrences", occurrences: "0.5" } }, true],
  ["an end of what runs once", { schedule: { ...on, recurrence: "once", end: "date" } }, false],
])("%s: half typed %j", (_, part, halfTyped) => {
  const half = { ...form, ...part };
  expect(isHalfTyped(half)).toBe(halfTyped);
  if (halfTyped) return;
  // What is not, a draft keeps.
  const kept = formOf(
    draftOf(half, () => undefined),
    new Date(),
  );
  expect([kept.batch.on, kept.threshold.on, kept.schedule.on]).toEqual([
    half.batch.on,
    half.threshold.on,
    half.schedule.on,
  ]);
});
