import { expect, test } from "vitest";
import { readExact } from "../../../json/exact";
import { curlOf } from "../wizard/request";
import { callOfJob, requestOf, type Defined } from "./Definition";
import type { Job } from "./follower";

test("the call that is copied says large numbers as they came", () => {
  const job = readExact(
    '{"group":"g","data":[{"type":"property","target":"t","path":"serial","value":9007199254740993}]}',
  ) as Defined;
  const call = { kind: "job", id: "j", body: requestOf(job) } as const;
  expect(curlOf(call, "https://fleet")).toContain('"value": 9007199254740993\n');
});

const job: Job = {
  id: "r 1",
  face: "central",
  type: "command",
  target: "failedOf",
  group: "",
  rerunOf: "j/1",
  displayName: "Once more",
  data: [{ type: "command", target: "t", path: "selfTest", value: null }],
  status: "running",
  progress: { total: 1, pending: 1, completed: 0, failed: 0 },
  created: "2026-01-01T00:00:00Z",
  owner: "user:a",
  counters: { total: 1, succeeded: 0, failed: 0, neverReached: 0, running: 0, pending: 1, cancelled: 0 },
  actions: [],
  event: 1,
};

test("the call of a rerun is the rerun's own, on those that failed or on those chosen, never on a group", () => {
  const call = callOfJob(job, []);
  expect(curlOf(call, "https://fleet")).toContain("'https://fleet/api/jobs/j%2F1/rerun/r%201?");
  expect(call.body).toEqual({
    displayName: "Once more",
    data: job.data,
    batch: null,
    cancellationThreshold: null,
  });
  expect(callOfJob({ ...job, target: "devices" }, ["a"]).body).toMatchObject({ devices: ["a"] });
});

test("the call of a job on chosen devices names them and no group; that of a job on a group the group", () => {
  const made: Job = { ...job, rerunOf: null, target: "devices" };
  expect(callOfJob(made, ["a", "b"]).body).toEqual({
    displayName: "Once more",
    data: job.data,
    devices: ["a", "b"],
  });
  expect(callOfJob({ ...made, target: "group", group: "g" }, []).body).toMatchObject({ group: "g" });
});
