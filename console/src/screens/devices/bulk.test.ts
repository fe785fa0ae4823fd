import { afterEach, expect, test, vi } from "vitest";
import { RequestFailed } from "../../api/failure";
import { BULK_MAX, chosenIds, onEach } from "./bulk";

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const signal = new AbortController().signal;

test("every device has its turn, at most four at once; a failure is told with its device", async () => {
  const ids = Array.from({ length: 50 }, (_, index) => `d${index}`);
  let out = 0;
  let most = 0;
  const seen: string[] = [];
  const progress: number[] = [];
  const failures = await onEach(
    ids,
    async (id) => {
      most = Math.max(most, ++out);
      await Promise.resolve();
      out--;
      seen.push(id);
      if (id === "d7") throw new RequestFailed(404, "NotFound", "gone");
    },
    signal,
    (done) => progress.push(done),
  );
  expect(seen.sort()).toEqual([...ids].sort());
  expect(most).toBe(4);
  expect(failures.map(({ id }) => id)).toEqual(["d7"]);
  expect(progress.at(-1)).toBe(50);
});

test("a busy server is asked again when it said; one that stays busy is a failure", async () => {
  vi.useFakeTimers();
  let asked = 0;
  const run = onEach(
    ["a", "b"],
    (id) => {
      asked++;
      return id === "b" || asked < 3
        ? Promise.reject(new RequestFailed(429, "TooManyRequests", "slow down", 2))
        : Promise.resolve();
    },
    signal,
    () => undefined,
  );
  await vi.advanceTimersByTimeAsync(20_000);
  expect((await run).map(({ id }) => id)).toEqual(["b"]);
});

test("what is stopped leaves the rest alone and blames nobody", async () => {
  const stop = new AbortController();
  const seen: string[] = [];
  const failures = await onEach(
    Array.from({ length: 100 }, (_, index) => `d${index}`),
    (id) => {
      seen.push(id);
      if (seen.length === 10) stop.abort();
      return stop.signal.aborted ? Promise.reject(new Error("aborted")) : Promise.resolve();
    },
    stop.signal,
    () => undefined,
  );
  expect(seen.length).toBeLessThan(15);
  expect(failures).toEqual([]);
});

test("the whole list but some is read page after page, and no further than can be taken", async () => {
  const asked: string[] = [];
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request.url);
    const from = Number(new URL(request.url).searchParams.get("$skiptoken") ?? 0);
    const value = Array.from({ length: 100 }, (_, index) => ({ id: `d${from + index}` }));
    const nextLink = from < 20_000 ? `https://h/api/devices?$skiptoken=${from + 100}` : undefined;
    return Promise.resolve(Response.json({ value, nextLink }));
  });
  const selection = { kind: "allBut", ids: new Set(["d1", "d150"]) } as const;
  const { ids, more } = await chosenIds(selection, { q: "d", status: "blocked" }, signal);
  expect(ids.slice(0, 3)).toEqual(["d0", "d2", "d3"]);
  expect(ids).toHaveLength(BULK_MAX);
  expect(more).toBe(true);
  expect(asked.length).toBeLessThan(103);
  expect(new URL(asked[0] ?? "").searchParams.get("search")).toBe("d");
  expect(await chosenIds({ kind: "some", ids: new Set(["x"]) }, {}, signal)).toEqual({
    ids: ["x"],
    more: false,
  });
});
