import { expect, test } from "vitest";
import { pageOf, pageQuery, readAll } from "./pages";

test("the token of the next page stands in its link", () => {
  const link = "https://h.example/api/jobs?api-version=bellwether-1&%24skiptoken=a%2Bb";
  expect(pageOf({ value: [1], nextLink: link })).toEqual({ rows: [1], next: "a+b" });
  expect(pageOf({ value: [], nextLink: null })).toEqual({ rows: [], next: undefined });
  expect(pageQuery("t", 1000)).toEqual({ maxpagesize: "100", $skiptoken: "t" });
});

test("a whole list is read, but no endless one", async () => {
  const signal = new AbortController().signal;
  const read = (token: string | undefined) => {
    const from = Number(token ?? 0);
    return Promise.resolve({ rows: [from, from + 1], next: from < 4 ? String(from + 2) : undefined });
  };
  expect(await readAll(read, signal)).toEqual([0, 1, 2, 3, 4, 5]);
  expect(await readAll(() => Promise.resolve({ rows: [1], next: "again" }), signal, 3)).toEqual([1, 1, 1]);
});
