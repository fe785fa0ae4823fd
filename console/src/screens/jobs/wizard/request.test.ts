import { expect, test } from "vitest";
import { translator } from "../../../texts/catalogue";
import { en } from "../../../texts/en";
import { bodyOf, emptyForm, type JobForm } from "./form";
import { ownProblems } from "./problems";
import { addressOf, callOf, curlOf, questionOf, shortened, type ApiCall } from "./request";

const now = new Date("2026-11-20T12:00:00Z");
const schedule = { start: "2030-01-07T13:30:00.000Z", zone: "UTC" };
const scheduled = { id: "s", etag: '"7"', enabled: false };
const form: JobForm = { ...emptyForm(now), name: "n", group: "g" };
const body = bodyOf(form, () => undefined);

test("a job is a job, with a schedule a scheduled job", () => {
  expect(callOf(form, body, undefined, { id: "j" })).toEqual({ kind: "job", id: "j", body });
  const on = { ...form, schedule: { ...form.schedule, on: true } };
  expect(callOf(on, body, schedule, { id: "j" })).toEqual({
    kind: "scheduledJob",
    id: "j",
    body: { ...body, group: "g", schedule },
  });
});

test("a scheduled job that is edited never becomes one that runs at once", () => {
  const off = { ...form, schedule: { ...form.schedule, on: false, fixed: true } };
  const call = callOf(off, body, undefined, { id: "s", scheduled });
  expect(call).toMatchObject({ kind: "scheduledJob", etag: '"7"', body: { enabled: false } });
  const said = ownProblems(off, () => undefined, translator(en, "en"));
  expect(said.map(({ member }) => member)).toContain("schedule");
  // A start that is no time yet, neither.
  const half = { ...form, schedule: { ...form.schedule, on: true } };
  expect(callOf(half, body, undefined, { id: "s" }).kind).toBe("scheduledJob");
});

test("the call for a shell says all that is sent, survives quotes, and a long list is cut to look at", () => {
  const ids = Array.from({ length: 12 }, (_, n) => `d${n}`);
  const call: ApiCall = {
    kind: "job",
    id: "a/b",
    body: { displayName: "It's", devices: ids, data: [] },
  };
  expect(addressOf(call)).toBe("/api/jobs/a%2Fb?api-version=bellwether-1");
  expect(curlOf(call, "https://h")).toContain(`"It'\\''s"`);
  expect(curlOf(shortened(call), "https://h")).not.toContain("d11");
  expect(curlOf(call, "https://h")).toContain("d11");
  const edit = callOf(form, body, schedule, { id: "s", scheduled });
  expect(curlOf(edit, "https://h")).toContain(`-H 'If-Match: "7"'`);
  expect(curlOf(edit, "https://h")).toContain(`"enabled": false`);
  const rerun: ApiCall = { kind: "rerun", of: "j", id: "r", body: { devices: ids } };
  expect(addressOf(rerun)).toBe("/api/jobs/j/rerun/r?api-version=bellwether-1");
  expect(curlOf(shortened(rerun), "https://h")).not.toContain("d11");
});

test("a rerun says all that it does, and that it has no batches; its devices are those of the job before", () => {
  const rerun = { job: "first", name: "First", failed: 3, hub: undefined, devices: undefined };
  const on: JobForm = { ...form, from: "rerun", rerun, organization: "north" };
  const body = bodyOf(on, () => undefined);
  expect(body).not.toHaveProperty("group");
  expect(body).not.toHaveProperty("organizations");
  expect(callOf(on, body, undefined, { id: "r" })).toEqual({
    kind: "rerun",
    of: "first",
    id: "r",
    body: { displayName: "n", description: "", data: [], batch: null, cancellationThreshold: null },
  });
  expect(questionOf(on, body, undefined, undefined)).toMatchObject({
    rerunOf: { job: "first" },
    batch: null,
    cancellationThreshold: null,
  });
  // Chosen devices that were lost on the way are none, never all that failed.
  const none: JobForm = { ...on, rerun: { ...rerun, devices: [] } };
  expect(callOf(none, body, undefined, { id: "r" })).toMatchObject({ body: { devices: [] } });
  const members = (form: JobForm) =>
    ownProblems(form, () => undefined, translator(en, "en")).map(({ member }) => member);
  expect(members(none)).toContain("devices");
  expect(members(on)).not.toContain("devices");
  expect(members({ ...on, rerun: { ...rerun, failed: 0 } })).toContain("devices");
});

test("the preview of a schedule that is edited goes on from its runs", () => {
  expect(questionOf(form, body, schedule, scheduled)).toEqual({ ...body, schedule, scheduledJob: "s" });
});

test("a job of the hub face is run again as it is: nothing but devices may be said", () => {
  const rerun = { job: "h", name: "h", failed: 2, hub: "scheduleDeviceMethod" as const, devices: undefined };
  const on: JobForm = { ...emptyForm(now), from: "rerun", rerun };
  const body = bodyOf(on, () => undefined);
  expect(questionOf(on, body, undefined, undefined)).toEqual({ rerunOf: { job: "h" } });
  expect(callOf(on, body, undefined, { id: "r" })).toEqual({ kind: "rerun", of: "h", id: "r", body: {} });
  const some: JobForm = { ...on, rerun: { ...rerun, devices: ["a"] } };
  expect(callOf(some, body, undefined, { id: "r" })).toMatchObject({ body: { devices: ["a"] } });
  expect(ownProblems(on, () => undefined, translator(en, "en"))).toEqual([]);
});
