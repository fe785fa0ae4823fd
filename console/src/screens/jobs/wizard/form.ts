import type { Schemas } from "../../../api/client";
import { settled } from "../../../dtdl/value";
import type { Schema } from "../../../dtdl/schema";
import { instantOf, isZone, ownZone, wallOf, type Wall } from "./zone";

export type JobType = Schemas["JobData"]["type"];

/** One thing that the job does: a property with its value, or a command with its request. */
export interface Entry {
  /** Tells entries apart while they are edited. */
  readonly key: number;
  /** The template's id. */
  readonly target: string;
  readonly path: string;
  /** As `dtdl/value` has it: a number that is still typed is a string. */
  readonly value: unknown;
  /** What stands in the JSON view while it is no JSON. */
  readonly raw?: string;
}

export interface AmountForm {
  readonly on: boolean;
  readonly unit: "number" | "percentage";
  /** As it was typed. */
  readonly value: string;
}

export interface ScheduleForm {
  readonly on: boolean;
  /** A scheduled job is edited: it stays one. */
  readonly fixed: boolean;
  readonly recurrence: "once" | Schemas["Recurrence"];
  readonly start: Wall;
  readonly zone: string;
  /**
   * The start of a schedule that is there, with what the clocks show of it: seconds, and which of two hours when clocks
   * go back, stay while nobody changes it.
   */
  readonly kept?: { readonly start: string; readonly wall: Wall; readonly zone: string };
  readonly end: "never" | "date" | "occurrences";
  readonly endDate: string;
  readonly occurrences: string;
}

/** Devices of a job that was there before. */
export interface Rerun {
  readonly job: string;
  readonly name: string;
  /** How many failed there. */
  readonly failed: number;
  /** Its type when it is of the hub face: it is run again as it is, without a name, on some of its devices. */
  readonly hub: Schemas["JobType"] | undefined;
  /** Those that were ticked; undefined: all that failed. */
  readonly devices: readonly string[] | undefined;
}

/** A job as the wizard holds it: everything may be missing or half typed. */
export interface JobForm {
  readonly name: string;
  readonly description: string;
  /** Empty: that of whoever makes it. */
  readonly organization: string;
  /** Where the devices come from. */
  readonly from: "group" | "list" | "rerun";
  /** The job whose devices it is on, when it is made on those of another one. */
  readonly rerun: Rerun | undefined;
  readonly group: string;
  /** Devices that were ticked in the group; undefined: all of it, whoever is in it then. */
  readonly ticked: readonly string[] | undefined;
  /** Devices of the group that were unticked, while it is being read who the others are. */
  readonly leftOut: readonly string[] | undefined;
  /** Device ids of a list. */
  readonly listed: readonly string[];
  readonly type: JobType;
  /** The template that properties and commands are chosen of. */
  readonly template: string;
  readonly entries: readonly Entry[];
  /** The template that devices are given. */
  readonly migration: string;
  readonly batch: AmountForm;
  readonly threshold: AmountForm & { readonly perBatch: boolean };
  readonly schedule: ScheduleForm;
}

/** What the server keeps of a draft: the members of a job and its schedule, any of them missing. */
export interface JobParts {
  readonly displayName?: string | null;
  readonly description?: string | null;
  readonly group?: string | null;
  readonly devices?: readonly string[] | null;
  readonly batch?: Schemas["Amount"] | null;
  readonly cancellationThreshold?: Schemas["Threshold"] | null;
  readonly data?: readonly Schemas["JobData"][];
  readonly organizations?: readonly string[] | null;
  readonly schedule?: Schemas["JobSchedule"] | null;
}

let lastKey = 0;

/** An entry on which nothing is chosen yet. */
export function emptyEntry(target: string): Entry {
  return { key: ++lastKey, target, path: "", value: undefined };
}

export function emptyForm(now: Date): JobForm {
  // The next full hour that is at least half an hour away.
  const start = new Date(Math.ceil((now.getTime() + 1_800_000) / 3_600_000) * 3_600_000);
  const zone = ownZone();
  return {
    name: "",
    description: "",
    organization: "",
    from: "group",
    rerun: undefined,
    group: "",
    ticked: undefined,
    leftOut: undefined,
    listed: [],
    type: "property",
    template: "",
    entries: [emptyEntry("")],
    migration: "",
    batch: { on: false, unit: "percentage", value: "10" },
    threshold: { on: false, unit: "percentage", value: "5", perBatch: false },
    schedule: {
      on: false,
      fixed: false,
      recurrence: "once",
      start: wallOf(start, zone),
      zone,
      end: "never",
      endDate: "",
      occurrences: "10",
    },
  };
}

/** The form of a job that is there: a draft, a scheduled job, or one that is copied. */
export function formOf(job: JobParts, now: Date): JobForm {
  const empty = emptyForm(now);
  const first = job.data?.[0];
  const capabilities = (job.data ?? []).filter((data) => data.type !== "deviceTemplateMigration");
  const group = job.group ?? "";
  const devices = job.devices ?? undefined;
  return {
    ...empty,
    name: job.displayName ?? "",
    description: job.description ?? "",
    organization: job.organizations?.[0] ?? "",
    from: devices !== undefined && group === "" ? "list" : "group",
    group,
    ticked: group === "" ? undefined : devices,
    listed: group === "" ? (devices ?? []) : [],
    type: first?.type ?? empty.type,
    template: capabilities[0]?.target ?? "",
    entries:
      capabilities.length === 0
        ? empty.entries
        : capabilities.map(({ target, path, value }) => ({ ...emptyEntry(target), path, value })),
    migration: first?.type === "deviceTemplateMigration" ? first.template : "",
    batch: { ...empty.batch, ...amountForm(job.batch) },
    threshold: {
      ...empty.threshold,
      ...amountForm(job.cancellationThreshold),
      perBatch: job.cancellationThreshold?.batch ?? false,
    },
    schedule: job.schedule ? scheduleForm(job.schedule, empty.schedule) : empty.schedule,
  };
}

function amountForm(amount: Schemas["Amount"] | null | undefined): Partial<AmountForm> {
  return amount ? { on: true, unit: amount.type, value: String(amount.value) } : {};
}

function scheduleForm(schedule: Schemas["JobSchedule"], empty: ScheduleForm): ScheduleForm {
  const zone = schedule.zone ?? "UTC";
  const { end } = schedule;
  // What the clocks of an unknown zone show cannot be said.
  const wall = isZone(zone) ? wallOf(new Date(schedule.start), zone) : { date: "", time: "" };
  return {
    ...empty,
    on: true,
    recurrence: schedule.recurrence ?? "once",
    start: wall,
    zone,
    kept: { start: schedule.start, wall, zone },
    end: end?.type ?? "never",
    endDate: end?.type === "date" ? end.date.slice(0, 10) : "",
    occurrences: end?.type === "occurrences" ? String(end.occurrences) : empty.occurrences,
  };
}

/** Finds the schema that an entry's value has to fit. */
export type SchemaOf = (entry: Entry) => Schema | undefined;

/**
 * The devices that are named one by one, none as long as they are being read; undefined: the whole group, or all that
 * failed in the job before.
 */
export function devicesOf(form: JobForm): readonly string[] | undefined {
  if (form.from === "rerun") return form.rerun?.devices;
  if (form.from === "list") return form.listed;
  return form.leftOut === undefined ? form.ticked : NOBODY;
}

/** The same each time: a list made of it stays the same. */
const NOBODY: readonly string[] = [];

/**
 * The request's body; what is half typed is left out of it, and `problems` says so. Of a rerun it has no devices and no
 * organization, which are its source's.
 */
export function bodyOf(form: JobForm, schemaOf: SchemaOf): Schemas["NewJob"] {
  return {
    ...(form.name.trim() !== "" && { displayName: form.name.trim() }),
    ...(form.description.trim() !== "" && { description: form.description.trim() }),
    ...(form.from !== "rerun" && placeOf(form)),
    data: dataOf(form, schemaOf),
    ...withAmount("batch", amountOf(form.batch)),
    ...withAmount("cancellationThreshold", thresholdOf(form)),
  };
}

function placeOf(form: JobForm): Pick<Schemas["NewJob"], "devices" | "group" | "organizations"> {
  const devices = devicesOf(form);
  return {
    ...(devices ? { devices: [...devices] } : form.group !== "" && { group: form.group }),
    ...(form.organization !== "" && { organizations: [form.organization] }),
  };
}

function withAmount<Name extends string, Value>(name: Name, value: Value | undefined) {
  return (value === undefined ? {} : { [name]: value }) as { [key in Name]?: Value };
}

function dataOf(form: JobForm, schemaOf: SchemaOf): Schemas["JobData"][] {
  const { type } = form;
  if (type === "deviceTemplateMigration")
    return form.migration === "" ? [] : [{ type, template: form.migration }];
  return form.entries
    .filter(({ path }) => path !== "")
    .map((entry) => {
      const value = valueOf(entry, schemaOf);
      return { type, target: entry.target, path: entry.path, ...withValue(value) };
    });
}

/** What is typed as JSON and is none has no value: what stood there before is not what one sees. */
function valueOf(entry: Entry, schemaOf: SchemaOf): unknown {
  return entry.raw === undefined ? settled(schemaOf(entry), entry.value) : undefined;
}

function withValue(value: unknown): { readonly value?: unknown } {
  return value === undefined ? {} : { value };
}

function amountOf({ on, unit, value }: AmountForm): Schemas["Amount"] | undefined {
  return on && isAmount(value, unit) ? { type: unit, value: Number(value) } : undefined;
}

function thresholdOf({ threshold, batch }: JobForm): Schemas["Threshold"] | undefined {
  const amount = amountOf(threshold);
  return amount && { ...amount, batch: batch.on && threshold.perBatch };
}

/** Whether a batch or a threshold may be as large; the server refuses what it may not. */
export function isAmount(text: string, unit: AmountForm["unit"]): boolean {
  const value = Number(text);
  return text.trim() !== "" && Number.isFinite(value) && value >= 0 && (unit === "number" || value <= 100);
}

/** The schedule; undefined: now, or the start is no time yet. */
export function scheduleOf({ schedule }: JobForm): Schemas["JobSchedule"] | undefined {
  if (!schedule.on) return undefined;
  const start = startOf(schedule);
  if (start === undefined) return undefined;
  const occurrences = Number(schedule.occurrences);
  const recurring = schedule.recurrence !== "once";
  return {
    start,
    zone: schedule.zone,
    ...(schedule.recurrence !== "once" && { recurrence: schedule.recurrence }),
    ...(recurring &&
      schedule.end === "date" &&
      schedule.endDate !== "" && { end: { type: "date" as const, date: schedule.endDate } }),
    ...(recurring &&
      schedule.end === "occurrences" &&
      Number.isInteger(occurrences) && { end: { type: "occurrences" as const, occurrences } }),
  };
}

/** When the schedule begins; undefined: what is entered is no time. */
export function startOf({ start, zone, kept }: ScheduleForm): string | undefined {
  if (kept && zone === kept.zone && start.date === kept.wall.date && start.time === kept.wall.time)
    return kept.start;
  return instantOf(start, zone)?.toISOString();
}

/** Whether something of how it is delivered or when it runs is half typed: a draft would keep nothing of it. */
export function isHalfTyped(form: JobForm): boolean {
  const { batch, threshold, schedule } = form;
  if ([batch, threshold].some((amount) => amount.on && amountOf(amount) === undefined)) return true;
  if (!schedule.on) return false;
  const kept = scheduleOf(form);
  const ends = schedule.recurrence !== "once" && schedule.end !== "never";
  return kept === undefined || (ends && kept.end === undefined);
}

/** What a draft keeps, unless `isHalfTyped`. The group of ticked devices stays in it, so that one finds them ticked again. */
export function draftOf(form: JobForm, schemaOf: SchemaOf): JobParts {
  const schedule = scheduleOf(form);
  const migration = form.type === "deviceTemplateMigration";
  return {
    ...bodyOf(form, schemaOf),
    ...(form.from === "group" && form.group !== "" && { group: form.group }),
    // What is not chosen yet is kept too, so that type and template stay.
    data: migration
      ? [{ type: "deviceTemplateMigration", template: form.migration }]
      : form.entries.map((entry) => ({
          type: form.type as "property",
          target: entry.target || form.template,
          path: entry.path,
          ...withValue(valueOf(entry, schemaOf)),
        })),
    ...(schedule && { schedule }),
  };
}

/** The template that a group's filter names, if it names one. */
export function templateOfFilter(filter: string): string | undefined {
  const match = /\$template\s*=\s*(?:"([^"]+)"|'([^']+)')/i.exec(filter);
  return match?.[1] ?? match?.[2];
}
