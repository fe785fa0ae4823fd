import { QueryClient } from "@tanstack/react-query";
import { expect, test } from "vitest";
import { deviceSource, refreshDevices, windowsOf } from "./devices";

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
