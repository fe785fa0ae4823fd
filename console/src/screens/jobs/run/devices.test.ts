import { QueryClient } from "@tanstack/react-query";
import { expect, test, vi } from "vitest";
import { deviceSource, idsOf, refreshDevices, windowsOf } from "./devices";

test("ranges touch the windows that they overlap", () => {
  const touched = windowsOf([
    [99, 100],
    [450, 450],
  ]);
  expect([0, 1, 2, 3, 4, 5].filter(touched)).toEqual([0, 1, 4]);
});

test("only the windows that were touched are read again; with a filter all that are known", () => {
  const queries = new QueryClient();
  const plain = deviceSource("j", {}, "", 1000);
  const failed = deviceSource("j", { status: "failed" }, "", 1000);
  const keys = [plain, failed].flatMap(({ key }) => [0, 1, 2].map((window) => [...key, "rows", window]));
  for (const key of keys) queries.setQueryData(key, { rows: [], total: 0 });
  queries.setQueryData(["job", "j"], {});
  const stale = () => keys.map((key) => queries.getQueryState(key)?.isInvalidated);
  void refreshDevices(queries, "j", [[120, 130]]);
  expect(stale()).toEqual([false, true, false, true, true, true]);
  void refreshDevices(queries, "j", undefined);
  expect(stale()).toEqual([true, true, true, true, true, true]);
  expect(queries.getQueryState(["job", "j"])?.isInvalidated).toBe(false);
});

test("a list under a filter moves while the job runs, and is held where somebody is at it; places in the whole one stay", () => {
  expect(deviceSource("j", { status: "failed" }, "", 9).moves).toBe(true);
  expect(deviceSource("j", {}, "", 9).moves).toBeUndefined();
});

test("the whole list under a filter is read to its end, without those that were deleted and those taken out", async () => {
  const asked: string[] = [];
  const pages = [
    { value: [{ id: "a" }, { id: "b", deleted: true }], next: 7 },
    { value: [], next: 20 },
    { value: [{ id: "c" }, { id: "d" }], next: null },
  ];
  vi.stubGlobal("fetch", (request: Request) => {
    const query = new URL(request.url).searchParams;
    asked.push(`${query.get("from") ?? ""} ${query.get("search") ?? ""}`);
    return Promise.resolve(new Response(JSON.stringify(pages[asked.length - 1])));
  });
  const whole = { kind: "allBut", ids: new Set(["d"]) } as const;
  const { signal } = new AbortController();
  expect(await idsOf("j", { search: "x" }, whole, 100, signal)).toEqual(["a", "c"]);
  expect(asked).toEqual(["0 x", "7 x", "20 x"]);
  vi.unstubAllGlobals();
});
