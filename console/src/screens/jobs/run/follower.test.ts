import { afterEach, beforeEach, expect, test, vi } from "vitest";
import {
  Follower,
  type Connection,
  type Job,
  type JobEvent,
  type StreamListener,
  type Touched,
} from "./follower";

const counters = (succeeded: number) => ({
  total: 100,
  succeeded,
  failed: 0,
  neverReached: 0,
  running: 0,
  pending: 100 - succeeded,
  cancelled: 0,
});
const job = (event: number, more: Partial<Job> = {}): Job => ({
  id: "j",
  face: "central",
  type: "property",
  target: "group",
  group: "g",
  data: [],
  status: "running",
  progress: { total: 100, pending: 0, completed: 0, failed: 0 },
  created: "2026-01-01T00:00:00Z",
  owner: "user:a",
  counters: counters(event),
  actions: ["stop"],
  event,
  ...more,
});
const event = (first: number, last = first, more: Partial<JobEvent> = {}): JobEvent => ({
  first,
  last,
  time: "2026-01-01T00:00:00Z",
  status: "running",
  counters: counters(last),
  touched: [[first, last]],
  ...more,
});

/** A follower with a server that the test plays. */
function follow() {
  const opened: { after: number; listener: StreamListener; closed: boolean }[] = [];
  const shown: { job: Job; connection: Connection }[] = [];
  const touched: Touched[] = [];
  const answers: (() => void)[] = [];
  const reload = vi.fn(() => new Promise<void>((resolve) => answers.push(resolve)));
  const follower = new Follower({
    open: (after, listener) => {
      const stream = { after, listener, closed: false };
      opened.push(stream);
      return { close: () => (stream.closed = true) };
    },
    reload,
    onChange: (job, connection) => shown.push({ job, connection }),
    onTouched: (ranges) => touched.push(ranges),
  });
  const stream = () => {
    const last = opened.at(-1);
    if (!last) throw new Error("nothing is open");
    return last;
  };
  const last = () => shown.at(-1);
  return { follower, opened, shown, touched, reload, answers, stream, last };
}

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test("events follow the reading without a gap and none counts twice", () => {
  const { follower, stream, last, touched, reload } = follow();
  follower.snapshot(job(10));
  expect(stream().after).toBe(10);
  stream().listener.onOpen();
  stream().listener.onJob(event(11));
  stream().listener.onJob(event(12, 20));
  stream().listener.onJob(event(11, 15));
  // Overlaps what is known, and goes on.
  stream().listener.onJob(event(18, 25));
  expect(last()).toMatchObject({ job: { event: 25, counters: counters(25) }, connection: "live" });
  expect(touched).toEqual([[[11, 11]], [[12, 20]], [[18, 25]]]);
  expect(reload).not.toHaveBeenCalled();
});

test("what is absent in an event is absent then", () => {
  const { follower, stream, last } = follow();
  follower.snapshot(
    job(1, {
      reason: { code: "slot", message: "waits for a slot" },
      gauge: { failed: 1, borne: 2, devices: 3, perBatch: false },
    }),
  );
  stream().listener.onJob(event(2));
  expect(last()?.job.reason).toBeNull();
  expect(last()?.job.gauge).toBeNull();
});

test("a gap is not shown: the job is read again, and what came meanwhile is applied after that", () => {
  const { follower, stream, last, reload } = follow();
  follower.snapshot(job(10));
  stream().listener.onJob(event(13));
  stream().listener.onJob(event(14));
  expect(last()?.job.event).toBe(10);
  expect(reload).toHaveBeenCalledOnce();
  follower.snapshot(job(12));
  expect(last()?.job).toMatchObject({ event: 14, counters: counters(14) });
});

test("while a gap is read no event asks again; after a reading that failed the next one does", async () => {
  const { follower, stream, last, touched, reload, answers } = follow();
  follower.snapshot(job(10));
  for (let number = 13; number < 1_000; number++) stream().listener.onJob(event(number));
  expect(reload).toHaveBeenCalledOnce();
  answers[0]?.();
  await Promise.resolve();
  await vi.advanceTimersByTimeAsync(0);
  stream().listener.onJob(event(1_000));
  expect(reload).toHaveBeenCalledTimes(2);
  follower.snapshot(job(500));
  expect(last()?.job).toMatchObject({ event: 1_000, counters: counters(1_000) });
  expect(touched).toEqual([undefined, undefined]);
});

test("of two gaps the newer one is closed", () => {
  const { follower, stream, last, reload } = follow();
  follower.snapshot(job(10));
  stream().listener.onJob(event(13, 15));
  stream().listener.onJob(event(20, 22));
  follower.snapshot(job(14));
  expect(last()?.job.event).toBe(14);
  expect(reload).toHaveBeenCalledTimes(2);
  follower.snapshot(job(19));
  expect(last()?.job.event).toBe(22);
});

test("a reading that is older than what is shown does not turn it back", () => {
  const { follower, stream, last } = follow();
  follower.snapshot(job(10));
  stream().listener.onJob(event(11, 20));
  follower.snapshot(job(15, { actions: ["stop", "cancel"] }));
  expect(last()?.job).toMatchObject({ event: 20, counters: counters(20), actions: ["stop", "cancel"] });
});

test("after a reset the next reading counts, also with a smaller number", () => {
  const { follower, opened, stream, last, touched, reload } = follow();
  follower.snapshot(job(500));
  stream().listener.onOpen();
  stream().listener.onReset();
  expect(reload).toHaveBeenCalledOnce();
  expect(touched).toEqual([undefined]);
  expect(opened[0]?.closed).toBe(true);
  expect(last()?.connection).toBe("lost");
  follower.snapshot(job(7));
  expect(last()?.job.event).toBe(7);
  expect(stream().after).toBe(7);
  stream().listener.onOpen();
  expect(last()?.connection).toBe("live");
});

test("after a reset whose reading fails it is tried again, and is not live until there is one", () => {
  const { follower, opened, stream, last, reload } = follow();
  follower.snapshot(job(500));
  stream().listener.onReset();
  vi.advanceTimersByTime(1_000);
  expect(opened).toHaveLength(2);
  expect(reload).toHaveBeenCalledTimes(2);
  stream().listener.onOpen();
  expect(last()?.connection).toBe("lost");
  follower.snapshot(job(7));
  expect(opened.map(({ after, closed }) => [after, closed])).toEqual([
    [500, true],
    [500, true],
    [7, false],
  ]);
});

test("a connection that breaks is taken up after the last event, ever more slowly", () => {
  const { follower, opened, stream, last } = follow();
  follower.snapshot(job(10));
  stream().listener.onOpen();
  stream().listener.onJob(event(11));
  stream().listener.onError();
  expect(last()?.connection).toBe("lost");
  vi.advanceTimersByTime(999);
  expect(opened).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(opened[1]).toMatchObject({ after: 11, closed: false });
  stream().listener.onError();
  vi.advanceTimersByTime(1_999);
  expect(opened).toHaveLength(2);
  vi.advanceTimersByTime(1);
  stream().listener.onOpen();
  expect(last()?.connection).toBe("live");
  // What the old stream still says is not heard.
  opened[0]?.listener.onJob(event(12, 99));
  expect(last()?.job.event).toBe(11);
});

test("waking up connects at once from the last event", () => {
  const { follower, opened, stream } = follow();
  follower.snapshot(job(10));
  stream().listener.onJob(event(11, 30));
  follower.connect();
  expect(opened.map(({ after, closed }) => [after, closed])).toEqual([
    [10, true],
    [30, false],
  ]);
});

test("a new status and the end are read once more; after the end nothing is opened", () => {
  const { follower, opened, stream, last, reload } = follow();
  follower.snapshot(job(10));
  stream().listener.onJob(event(11, 11, { status: "complete" }));
  expect(reload).toHaveBeenCalledTimes(1);
  stream().listener.onEnd();
  expect(reload).toHaveBeenCalledTimes(2);
  follower.snapshot(job(11, { status: "complete", end: "2026-01-01T00:01:00Z" }));
  expect(last()).toMatchObject({ connection: "ended", job: { end: "2026-01-01T00:01:00Z" } });
  expect(opened).toHaveLength(1);
});

test("a reading that is ahead of the events makes the grid read again", () => {
  const { follower, touched } = follow();
  follower.snapshot(job(10));
  follower.snapshot(job(40));
  expect(touched).toEqual([undefined]);
});
