import { expect, test } from "vitest";
import type { Schemas } from "../../../api/client";
import { capabilitiesOf } from "../../../dtdl/model";
import { translator } from "../../../texts/catalogue";
import { en } from "../../../texts/en";
import { bodyOf, draftOf, emptyForm, formOf, scheduleOf, templateOfFilter, type JobForm } from "./form";
import { allProblems, ownProblems, problemAt, stepOf } from "./problems";
import { deliverySentences } from "./sentence";
import { formatsOf } from "../../../texts/formats";

const t = translator(en, "en");
const now = new Date("2026-11-20T12:00:00Z");
const [speed] = capabilitiesOf(
  {
    "@type": "Interface",
    contents: [{ "@type": "Property", name: "speed", writable: true, schema: "integer", maxValue: 9 }],
  },
  "en",
);
const capabilityOf = () => speed;
const schemaOf = () => speed?.schema;

test("nothing entered: everything that is needed is missing", () => {
  const problems = ownProblems(emptyForm(now), capabilityOf, t);
  expect(problems.map(({ member }) => member)).toEqual(["displayName", "group", "data[0].path"]);
  expect(problems.every(({ missing }) => missing)).toBe(true);
});

test("a job is a form and a form that job again", () => {
  const job = {
    displayName: "Night",
    description: "d",
    group: "g",
    organizations: ["north"],
    batch: { type: "number" as const, value: 250 },
    cancellationThreshold: { type: "percentage" as const, value: 2.5, batch: true },
    data: [{ type: "property" as const, target: "dtmi:a;1", path: "speed", value: 4 }],
    schedule: {
      start: "2030-01-07T13:30:00.000Z",
      zone: "Asia/Seoul",
      recurrence: "weekly" as const,
      end: { type: "occurrences" as const, occurrences: 7 },
    },
  };
  const form = formOf(job, now);
  expect(form.schedule.start).toEqual({ date: "2030-01-07", time: "22:30" });
  expect(ownProblems(form, capabilityOf, t)).toEqual([]);
  expect({ ...bodyOf(form, schemaOf), schedule: scheduleOf(form) }).toEqual(job);
  expect(draftOf(form, schemaOf)).toEqual(job);
});

test("the start of a schedule stays as it is until somebody changes it", () => {
  // The second 01:30 of the day on which clocks go back, and some seconds.
  const start = "2026-11-01T06:30:07Z";
  const form = formOf({ data: [], schedule: { start, zone: "America/New_York" } }, now);
  expect(form.schedule.start).toEqual({ date: "2026-11-01", time: "01:30" });
  expect(scheduleOf(form)?.start).toBe(start);
  const later = { ...form, schedule: { ...form.schedule, start: { date: "2026-11-01", time: "02:00" } } };
  expect(scheduleOf(later)?.start).toBe("2026-11-01T07:00:00.000Z");
  const elsewhere = { ...form, schedule: { ...form.schedule, zone: "UTC" } };
  expect(scheduleOf(elsewhere)?.start).toBe("2026-11-01T01:30:00.000Z");
});

test("a zone that the browser does not know is said, and the start is not taken for another", () => {
  const form = formOf({ data: [], schedule: { start: "2026-11-01T06:30:00Z", zone: "Nowhere/Land" } }, now);
  const members = (form: JobForm) => ownProblems(form, capabilityOf, t).map(({ member }) => member);
  expect(members(form)).toContain("schedule.zone");
  // With another zone the time is to be entered anew.
  expect(members({ ...form, schedule: { ...form.schedule, zone: "UTC" } })).toContain("schedule.start");
});

test("ticked devices are sent instead of the group, and a draft keeps both", () => {
  const form = { ...emptyForm(now), group: "g", ticked: ["a"] };
  expect(bodyOf(form, schemaOf)).toEqual({ devices: ["a"], data: [] });
  expect(formOf(draftOf(form, schemaOf), now)).toMatchObject({ from: "group", group: "g", ticked: ["a"] });
  expect(formOf({ devices: ["a"], data: [] }, now)).toMatchObject({ from: "list", listed: ["a"] });
  const scheduled = { ...form, schedule: { ...form.schedule, on: true } };
  expect(ownProblems(scheduled, capabilityOf, t).map(({ member }) => member)).toContain("schedule");
});

test("what is no JSON has no value: neither a draft nor the call takes what stood there before", () => {
  const data = [{ type: "property" as const, target: "t", path: "speed", value: 4 }];
  const form = formOf({ displayName: "n", group: "g", data }, now);
  const half = { ...form, entries: form.entries.map((entry) => ({ ...entry, raw: "4," })) };
  for (const body of [bodyOf(half, schemaOf), draftOf(half, schemaOf)])
    expect(body.data).toEqual([{ type: "property", target: "t", path: "speed" }]);
  expect(ownProblems(half, capabilityOf, t).map(({ member }) => member)).toEqual(["data[0].value"]);
});

test("values, amounts and ends that cannot be are said", () => {
  const form = formOf(
    {
      displayName: "n",
      group: "g",
      data: [
        { type: "property", target: "t", path: "speed", value: 10 },
        { type: "property", target: "t", path: "speed", value: 1 },
      ],
    },
    now,
  );
  const wrong = {
    ...form,
    batch: { on: true, unit: "percentage" as const, value: "101" },
    schedule: {
      ...form.schedule,
      on: true,
      recurrence: "daily" as const,
      end: "occurrences" as const,
      occurrences: "0",
    },
  };
  expect(ownProblems(wrong, capabilityOf, t).map(({ member }) => member)).toEqual([
    "data[0].value",
    "data[1].path",
    "batch.value",
    "schedule.end.occurrences",
  ]);
});

test("problems find their step and their field; of one member the page's own word stands", () => {
  expect(["batch.value", "schedule.end", "data[0].value", "group", ""].map(stepOf)).toEqual([
    "delivery",
    "schedule",
    "configure",
    "configure",
    "review",
  ]);
  const own = [{ member: "data[0].value", message: "mine" }];
  const all = allProblems(own, [
    { member: "data[0]", message: "theirs" },
    { member: "data[1].path", message: "data[1].path: the template has no such thing" },
    { member: "batch.value", message: "batch.value must be at least 1" },
    { message: "of nothing in particular" },
  ]);
  expect(all.map(({ member }) => member)).toEqual(["data[0].value", "data[1].path", "batch.value", ""]);
  expect(problemAt(all, "data[0].value")).toBe("mine");
  expect(problemAt(all, "data[1].path")).toBe("the template has no such thing");
  expect(problemAt(all, "batch")).toBe("must be at least 1");
  expect(problemAt(all, "data[1]")).toContain("no such thing");
  expect(problemAt(all, "data[10]")).toBeUndefined();
});

test("filters say a template", () => {
  expect(templateOfFilter('SELECT * FROM devices WHERE $template = "dtmi:a;1" AND x = 1')).toBe("dtmi:a;1");
  expect(templateOfFilter("SELECT * FROM devices WHERE x = 1")).toBeUndefined();
});

test("what will happen, in plain words", () => {
  const preview: Schemas["JobPreview"] = {
    devices: 0,
    batches: 0,
    batchSize: 0,
    lastBatchSize: 0,
    connected: 0,
    sample: [],
    nextRuns: [],
    problems: [],
    perBatch: false,
    selectsAll: false,
  };
  const say = (numbers: Partial<typeof preview>) =>
    deliverySentences({ ...preview, ...numbers }, t, formatsOf("en")).join(" ");
  expect(say({ devices: 1000, batches: 4, batchSize: 250, lastBatchSize: 250, failuresBorne: 25 })).toBe(
    "4 batches of 250. Stops when more than 25 have failed.",
  );
  expect(
    say({ devices: 12, batches: 3, batchSize: 5, lastBatchSize: 2, failuresBorne: 0, perBatch: true }),
  ).toBe("2 batches of 5 and a last one of 2. Stops when more than 0 of one batch have failed.");
  expect(say({ devices: 3, batches: 1, batchSize: 3, lastBatchSize: 3 })).toBe(
    "All 3 devices at once. Goes on however many fail.",
  );
});
