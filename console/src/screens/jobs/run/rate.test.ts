import { expect, test } from "vitest";
import { addSample, rateAt, secondsLeft, type Sample } from "./rate";

const of = (samples: readonly Sample[]) => samples.reduce<readonly Sample[]>(addSample, []);

test("a steady job has its rate, however long it is watched", () => {
  const samples = of(Array.from({ length: 600 }, (_, n) => ({ at: n * 200, done: n * 100 })));
  expect(samples.length).toBeLessThan(153);
  expect(rateAt(samples, 599 * 200)).toBeCloseTo(500, 0);
});

test("a job that stands still slows down to nothing", () => {
  const samples = of([
    { at: 0, done: 0 },
    { at: 10_000, done: 1000 },
  ]);
  expect(rateAt(samples, 10_000)).toBeCloseTo(100);
  expect(rateAt(samples, 20_000)).toBeCloseTo(50);
  expect(rateAt(samples, 60_000)).toBe(0);
});

test("nothing is said of a moment, nor of no time", () => {
  expect(rateAt([], 5)).toBeUndefined();
  expect(rateAt(of([{ at: 0, done: 7 }]), 1_000)).toBeUndefined();
  expect(rateAt(of([{ at: 0, done: 7 }]), 3_000)).toBe(0);
});

test("a long sleep counts with its time, and numbers that begin anew begin anew", () => {
  const slept = of([
    { at: 0, done: 0 },
    { at: 3_600_000, done: 3_600 },
  ]);
  expect(rateAt(slept, 3_600_000)).toBeCloseTo(1);
  expect(
    of([
      { at: 0, done: 50 },
      { at: 1, done: 3 },
    ]),
  ).toEqual([{ at: 1, done: 3 }]);
});

test("an estimate is only given where there is one", () => {
  expect(secondsLeft(100, 10)).toBe(10);
  expect(secondsLeft(0, undefined)).toBe(0);
  expect(secondsLeft(100, 0)).toBeUndefined();
  expect(secondsLeft(100, undefined)).toBeUndefined();
  expect(secondsLeft(1_000_000, 0.1)).toBeUndefined();
});
