import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { act, renderHook, waitFor } from "@testing-library/react";
import type { ReactNode } from "react";
import { afterEach, expect, test, vi } from "vitest";
import type { Schemas } from "../../../api/client";
import { TextsProvider } from "../../../texts/TextsProvider";
import { emptyForm, type JobForm } from "./form";
import { useWizard } from "./useWizard";

const now = new Date("2026-11-20T12:00:00Z");

const LISTS = ["/deviceTemplates", "/deviceGroups", "/organizations"];

/** What the server is asked, in order, each to be answered by the test. */
function server() {
  const asked: { path: string; body: unknown; answer: (body: unknown, status?: number) => void }[] = [];
  vi.stubGlobal("fetch", async (request: Request) => {
    const path = new URL(request.url).pathname.replace("/api", "");
    const text = await request.text();
    if (LISTS.includes(path)) return Response.json({ value: [] });
    return new Promise<Response>((resolve, reject) => {
      request.signal.addEventListener("abort", () => reject(new DOMException("aborted", "AbortError")));
      asked.push({
        path,
        body: text === "" ? undefined : JSON.parse(text),
        answer: (body, status = 200) => resolve(Response.json(body, { status })),
      });
    });
  });
  return {
    asked,
    next: async (path: string) => {
      await waitFor(() => expect(asked.some((one) => one.path === path)).toBe(true), { timeout: 3_000 });
      const index = asked.findIndex((one) => one.path === path);
      return asked.splice(index, 1)[0] as (typeof asked)[number];
    },
  };
}

afterEach(() => vi.unstubAllGlobals());

function wizardOn(form: Partial<JobForm>) {
  const client = new QueryClient({ defaultOptions: { queries: { retry: false, staleTime: 5_000 } } });
  const initial = { ...emptyForm(now), ...form };
  return renderHook(() => useWizard(initial), {
    wrapper: ({ children }: { children: ReactNode }) => (
      <TextsProvider>
        <QueryClientProvider client={client}>{children}</QueryClientProvider>
      </TextsProvider>
    ),
  });
}

const meets = (devices: number) =>
  ({
    devices,
    connected: 0,
    sample: [],
    batches: 1,
    batchSize: devices,
    lastBatchSize: devices,
    perBatch: false,
    selectsAll: false,
    nextRuns: [],
    problems: [],
  }) satisfies Schemas["JobPreview"];

test("what the server said some time ago to the same question is asked again before it counts", async () => {
  const { next } = server();
  const { result } = wizardOn({ group: "a" });
  (await next("/jobPreview")).answer(meets(3));
  await waitFor(() => expect(result.current.previewIsOld).toBe(false));
  act(() => result.current.change({ group: "b" }));
  (await next("/jobPreview")).answer(meets(5));
  await waitFor(() => expect(result.current.preview?.devices).toBe(5));
  act(() => result.current.change({ group: "a" }));
  const again = await next("/jobPreview");
  expect(result.current.previewIsOld).toBe(true);
  again.answer(meets(4));
  await waitFor(() => expect(result.current.previewIsOld).toBe(false));
  expect(result.current.preview?.devices).toBe(4);
});

test("a preview that failed is none", async () => {
  const { next } = server();
  const { result } = wizardOn({ group: "a" });
  (await next("/jobPreview")).answer(meets(3));
  await waitFor(() => expect(result.current.previewIsOld).toBe(false));
  act(() => result.current.change({ name: "n" }));
  (await next("/jobPreview")).answer({ error: { code: "Busy", message: "later" } }, 503);
  await waitFor(() => expect(result.current.error).toBeDefined());
  expect(result.current.previewIsOld).toBe(true);
  act(() => result.current.change({ group: "" }));
  expect(result.current.preview).toBeUndefined();
});

test("of a group all but one: until it is read who the others are there is no job", async () => {
  const { next } = server();
  const { result } = wizardOn({ name: "n", group: "a" });
  await next("/jobPreview");
  act(() => result.current.change({ leftOut: ["a-1"] }));
  const read = await next("/deviceGroups/a/devices");
  expect(result.current.body).toMatchObject({ devices: [] });
  expect(result.current.problems.map(({ member }) => member)).toContain("devices");
  expect(result.current.preview).toBeUndefined();
  // Another one is unticked meanwhile: the answer is for what is chosen when it comes.
  act(() => result.current.change({ leftOut: ["a-1", "a-2"] }));
  read.answer({ value: [{ id: "a-1" }, { id: "a-2" }, { id: "a-3" }] });
  await waitFor(() => expect(result.current.form.ticked).toEqual(["a-3"]));
  expect(result.current.form.leftOut).toBeUndefined();
});

test("an answer about a group that is no longer chosen is dropped; a failure keeps the choice", async () => {
  const { next } = server();
  const { result } = wizardOn({ group: "a" });
  await next("/jobPreview");
  act(() => result.current.change({ leftOut: ["a-1"] }));
  const late = await next("/deviceGroups/a/devices");
  act(() => result.current.change({ group: "b", leftOut: undefined }));
  late.answer({ value: [{ id: "a-1" }, { id: "a-2" }] });
  act(() => result.current.change({ leftOut: ["b-1"] }));
  (await next("/deviceGroups/b/devices")).answer({ error: { code: "Busy", message: "later" } }, 503);
  await waitFor(() => expect(result.current.ticking.error).toBeDefined());
  expect(result.current.form).toMatchObject({ group: "b", ticked: undefined, leftOut: ["b-1"] });
  act(() => result.current.ticking.retry());
  (await next("/deviceGroups/b/devices")).answer({ value: [{ id: "b-1" }, { id: "b-2" }] });
  await waitFor(() => expect(result.current.form.ticked).toEqual(["b-2"]));
});
