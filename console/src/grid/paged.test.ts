import { expect, test } from "vitest";
import { pagedSource, type Page } from "./paged";

const signal = new AbortController().signal;

/** A list of `length` numbers whose pages have at most `most` rows; says what was asked. */
function list(length: number, most = 100) {
  const asked: number[] = [];
  const state = { length, first: 0 };
  const read = (token: string | undefined, limit: number): Promise<Page<number>> => {
    const from = token === undefined ? state.first : Number(token);
    asked.push(from);
    const to = Math.min(from + Math.min(limit, most), state.length);
    const rows = Array.from({ length: Math.max(0, to - from) }, (_, index) => from + index);
    return Promise.resolve({ rows, ...(to < state.length && { next: String(to) }) });
  };
  return { asked, state, source: pagedSource(["n"], read) };
}

test("the list grows until its end is read", async () => {
  const { source } = list(250);
  expect(await source.getRange(0, 100, signal)).toMatchObject({ total: 101, more: true });
  expect(await source.getRange(100, 100, signal)).toMatchObject({ total: 201, more: true });
  const last = await source.getRange(200, 100, signal);
  expect(last.rows).toHaveLength(50);
  expect(last).toMatchObject({ total: 250 });
  expect(last.more).toBeUndefined();
  expect(await source.getRange(0, 100, signal)).toMatchObject({ total: 250 });
});

test("short pages are put together to whole windows", async () => {
  const { source } = list(230, 7);
  expect((await source.getRange(0, 100, signal)).rows.at(-1)).toBe(99);
  expect((await source.getRange(100, 100, signal)).rows[0]).toBe(100);
});

test("windows asked for at once wait for those before them", async () => {
  const { source, asked } = list(1000);
  const [fourth, fifth] = await Promise.all([
    source.getRange(300, 100, signal),
    source.getRange(400, 100, signal),
  ]);
  expect([fourth.rows[0], fifth.rows[0]]).toEqual([300, 400]);
  expect(asked).toEqual([0, 100, 200, 300, 400]);
});

test("a row that is added above moves the windows below", async () => {
  const { source, state } = list(250);
  await source.getRange(0, 100, signal);
  await source.getRange(100, 100, signal);
  state.first = -1;
  expect((await source.getRange(0, 100, signal)).rows[0]).toBe(-1);
  expect((await source.getRange(100, 100, signal)).rows[0]).toBe(99);
});

test("an empty list, and one that got shorter", async () => {
  expect(await list(0).source.getRange(0, 100, signal)).toEqual({ rows: [], total: 0 });
  const { source, state } = list(250);
  await source.getRange(0, 100, signal);
  await source.getRange(100, 100, signal);
  state.length = 120;
  await source.getRange(100, 100, signal);
  expect((await source.getRange(200, 100, signal)).total).toBe(120);
});

test("a read that failed does not hold up the next", async () => {
  let fail = true;
  const source = pagedSource(["n"], () =>
    fail ? Promise.reject(new Error("no")) : Promise.resolve({ rows: [1] }),
  );
  await expect(source.getRange(0, 100, signal)).rejects.toThrow("no");
  fail = false;
  expect((await source.getRange(0, 100, signal)).total).toBe(1);
});
