import { act, renderHook } from "@testing-library/react";
import { expect, test, vi } from "vitest";
import { useReading } from "./useReading";

test("what was asked for last is what counts; a page that is left hears nothing more", async () => {
  const { result, unmount } = renderHook(() => useReading());
  const found = vi.fn();
  const answers: ((value: string) => void)[] = [];
  const signals: AbortSignal[] = [];
  const read = () =>
    result.current.read(
      (signal) => {
        signals.push(signal);
        return new Promise<string>((resolve) => answers.push(resolve));
      },
      found,
      vi.fn(),
    );
  act(read);
  expect(result.current.busy).toBe(true);
  act(read);
  expect(signals[0]?.aborted).toBe(true);
  await act(async () => {
    answers[1]?.("second");
    answers[0]?.("first");
    await Promise.resolve();
  });
  expect(found.mock.calls).toEqual([["second"]]);
  expect(result.current.busy).toBe(false);
  act(read);
  unmount();
  answers[2]?.("third");
  await Promise.resolve();
  expect(found).toHaveBeenCalledOnce();
});

test("a failure is told", async () => {
  const { result } = renderHook(() => useReading());
  const failed = vi.fn();
  const error = new Error("refused");
  await act(async () => {
    result.current.read(() => Promise.reject(error), vi.fn(), failed);
    await Promise.resolve();
  });
  expect(failed).toHaveBeenCalledWith(error);
  expect(result.current.busy).toBe(false);
});
