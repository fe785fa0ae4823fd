import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { expect, test, vi } from "vitest";
import { useWindows, type RowRange } from "./windows";

interface View {
  readonly first: number;
  readonly filter?: string;
}

/** A list of a million numbers, read through the hook, and the offsets that were asked for. */
function listOfNumbers(first: number) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: Infinity } } });
  const getRange = vi.fn((offset: number, limit: number): Promise<RowRange<number>> =>
    Promise.resolve({ rows: Array.from({ length: limit }, (_, n) => offset + n), total: 1_000_000 }),
  );
  const initialProps: View = { first };
  const hook = renderHook(
    ({ first, filter = "" }: View) => useWindows({ key: ["numbers", filter], getRange }, first, first + 20),
    {
      initialProps,
      wrapper: ({ children }: { children: ReactNode }) => (
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      ),
    },
  );
  return { ...hook, client, getRange, asked: () => getRange.mock.calls.map(([offset]) => offset) };
}

test("gives the rows in view, and says how many there are", async () => {
  const { result } = listOfNumbers(0);
  expect(result.current.rowAt(7)).toBeUndefined();
  await waitFor(() => expect(result.current.rowAt(7)).toBe(7));
  expect(result.current.total).toBe(1_000_000);
});

test("what flies past is not read", async () => {
  const { result, rerender, asked } = listOfNumbers(0);
  await waitFor(() => expect(result.current.total).toBe(1_000_000));
  for (let first = 10_000; first <= 900_000; first += 10_000) rerender({ first });
  await waitFor(() => expect(result.current.rowAt(900_000)).toBe(900_000));
  expect(Math.max(...asked().filter((offset) => offset < 899_000))).toBe(0);
});

test("windows long out of view are forgotten, and read again when they are back", async () => {
  const { result, rerender, client, asked } = listOfNumbers(0);
  for (let first = 1_000; first <= 60_000; first += 1_000) {
    rerender({ first });
    await waitFor(() => expect(result.current.rowAt(first)).toBe(first), { interval: 5 });
  }
  expect(client.getQueryCache().getAll().length).toBeLessThanOrEqual(45);
  rerender({ first: 0 });
  await waitFor(() => expect(result.current.rowAt(7)).toBe(7));
  expect(asked().filter((offset) => offset === 0)).toHaveLength(2);
}, 20_000);

test("another filter is another list, whose length is not known yet", async () => {
  const { result, rerender } = listOfNumbers(0);
  await waitFor(() => expect(result.current.total).toBe(1_000_000));
  rerender({ first: 0, filter: "failed" });
  expect(result.current.total).toBeUndefined();
  expect(result.current.rowAt(7)).toBeUndefined();
  await waitFor(() => expect(result.current.rowAt(7)).toBe(7));
});

test("a failure is told, and a retry mends it", async () => {
  const { result, rerender, getRange } = listOfNumbers(0);
  await waitFor(() => expect(result.current.total).toBe(1_000_000));
  getRange.mockRejectedValueOnce(new Error("no"));
  rerender({ first: 5_030 });
  await waitFor(() => expect(result.current.error).toBeInstanceOf(Error));
  result.current.retry();
  await waitFor(() => expect(result.current.error).toBeFalsy());
  await waitFor(() => expect(result.current.rowAt(5_030)).toBe(5_030));
});
