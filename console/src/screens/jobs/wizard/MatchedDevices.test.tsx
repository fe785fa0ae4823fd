import { renderHook } from "@testing-library/react";
import { expect, test } from "vitest";
import type { Schemas } from "../../../api/client";
import { emptyForm } from "./form";
import { useMatched } from "./MatchedDevices";

test("a chosen list stays the same list when more is known of its devices", async () => {
  const form = { ...emptyForm(new Date()), from: "list" as const, listed: ["a", "b"] };
  const preview = (connected: boolean) =>
    ({ sample: [{ id: "a", displayName: "A", connected }] }) as unknown as Schemas["JobPreview"];
  const { result, rerender } = renderHook(({ connected }) => useMatched(form, preview(connected)), {
    initialProps: { connected: false },
  });
  const { key } = result.current.source;
  const { rows } = await result.current.source.getRange(0, 10, new AbortController().signal);
  expect(rows.map(result.current.known)).toEqual([
    { id: "a", displayName: "A", connected: false },
    { id: "b" },
  ]);
  rerender({ connected: true });
  expect(result.current.source.key).toEqual(key);
  expect(rows.map(result.current.known)).toEqual([
    { id: "a", displayName: "A", connected: true },
    { id: "b" },
  ]);
});
