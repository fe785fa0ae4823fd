import type { Schemas } from "../../../api/client";
import type { Capability } from "../../../dtdl/model";
import { pathText, sayFault } from "../../../dtdl/sayFault";
import { faultsOf } from "../../../dtdl/value";
import type { Translate } from "../../../texts/catalogue";
import { devicesOf, isAmount, startOf, type JobForm } from "./form";
import { IDS_MAX } from "./ids";
import type { Step } from "./steps";
import { isZone } from "./zone";

/** What keeps a job from being made, with the member that it is about, as the server names members. */
export interface Problem {
  readonly member: string;
  readonly message: string;
  /** Nothing was entered yet. */
  readonly missing?: boolean;
}

/** The step on which a member is edited. What is about none of them shows on the last. */
export function stepOf(member: string): Step {
  const first = /^\w*/.exec(member)?.[0] ?? "";
  if (first === "batch" || first === "cancellationThreshold") return "delivery";
  if (first === "schedule") return "schedule";
  return first === "" ? "review" : "configure";
}

/** The problem that is about this member or something inside it, in words that stand beside its field. */
export function problemAt(problems: readonly Problem[], member: string): string | undefined {
  const found = problems.find(
    (problem) =>
      problem.member === member ||
      problem.member.startsWith(`${member}.`) ||
      problem.member.startsWith(`${member}[`),
  );
  if (found === undefined || !found.message.startsWith(found.member)) return found?.message;
  // The server names the member first, which the field's own name does here.
  return found.message.slice(found.member.length).replace(/^:?\s+/, "") || found.message;
}

/** What the page itself knows to be missing or wrong, in the reader's language. */
export function ownProblems(
  form: JobForm,
  capabilityOf: (target: string, path: string) => Capability | undefined,
  t: Translate,
): Problem[] {
  const problems: Problem[] = [];
  const add: Add = (member, message, missing = false) =>
    problems.push({ member, message, ...(missing && { missing }) });
  // Of a rerun of the hub face only devices are chosen.
  const hub = form.rerun?.hub !== undefined;
  if (!hub && form.name.trim() === "") add("displayName", t("wizard.fault.name"), true);
  addDevices(form, add, t);
  if (hub) return problems;
  if (form.type === "deviceTemplateMigration") {
    if (form.migration === "") add("data[0].template", t("wizard.fault.template"), true);
  } else {
    addEntries(form, capabilityOf, add, t);
  }
  for (const [member, amount] of [
    ["batch", form.batch],
    ["cancellationThreshold", form.threshold],
  ] as const) {
    if (amount.on && !isAmount(amount.value, amount.unit))
      add(`${member}.value`, t(amount.unit === "number" ? "wizard.fault.number" : "wizard.fault.percentage"));
  }
  addSchedule(form, add, t);
  return problems;
}

type Add = (member: string, message: string, missing?: boolean) => void;

function addDevices(form: JobForm, add: Add, t: Translate): void {
  const devices = devicesOf(form);
  if (form.rerun?.devices === undefined && form.rerun?.failed === 0)
    add("devices", t("wizard.fault.noFailed"));
  else if (form.from === "group" && form.group === "") add("group", t("wizard.fault.group"), true);
  else if (form.from === "group" && form.leftOut !== undefined)
    add("devices", t("wizard.fault.reading"), true);
  else if (devices?.length === 0)
    add("devices", t(form.from === "list" ? "wizard.fault.list" : "wizard.fault.ticked"), true);
  else if (devices && devices.length > IDS_MAX)
    add("devices", t("wizard.fault.tooMany", { count: devices.length }));
}

function addEntries(
  form: JobForm,
  capabilityOf: (target: string, path: string) => Capability | undefined,
  add: Add,
  t: Translate,
): void {
  const seen = new Set<string>();
  form.entries.forEach((entry, index) => {
    const member = `data[${index}]`;
    if (entry.path === "") {
      add(
        `${member}.path`,
        t(form.type === "command" ? "wizard.fault.command" : "wizard.fault.property"),
        true,
      );
      return;
    }
    if (seen.has(entry.path)) add(`${member}.path`, t("wizard.fault.twice"));
    seen.add(entry.path);
    const capability = capabilityOf(entry.target, entry.path);
    if (entry.raw !== undefined) add(`${member}.value`, t("value.fault.json"));
    else if (entry.value === undefined) {
      if (form.type !== "command") add(`${member}.value`, t("value.fault.missing"), true);
    } else if (entry.value !== null) {
      const fault = faultsOf(capability?.schema, entry.value, capability ?? {})[0];
      if (fault) add([`${member}.value`, pathText(fault.path)].filter(Boolean).join("."), sayFault(fault, t));
    }
  });
}

function addSchedule({ schedule, from, ticked, leftOut }: JobForm, add: Add, t: Translate): void {
  if (!schedule.on) {
    // Without one the job would run now.
    if (schedule.fixed) add("schedule", t("wizard.schedule.needed"));
    return;
  }
  if (from !== "group" || ticked !== undefined || leftOut !== undefined)
    add("schedule", t("wizard.schedule.groupOnly"));
  if (!isZone(schedule.zone)) add("schedule.zone", t("wizard.fault.zone", { zone: schedule.zone }));
  else if (startOf(schedule) === undefined) add("schedule.start", t("wizard.fault.start"));
  if (schedule.recurrence === "once") return;
  if (schedule.end === "date" && schedule.endDate === "")
    add("schedule.end.date", t("wizard.fault.endDate"), true);
  const occurrences = Number(schedule.occurrences);
  if (
    schedule.end === "occurrences" &&
    (!Number.isInteger(occurrences) || occurrences < 1 || occurrences > 999)
  )
    add("schedule.end.occurrences", t("wizard.fault.occurrences"));
}

/** The page's own problems and the server's, which knows more; of one member the page's stands first. */
export function allProblems(
  own: readonly Problem[],
  server: readonly Schemas["Problem"][] | undefined,
): Problem[] {
  const more = (server ?? [])
    .map(({ member, message }) => ({ member: member ?? "", message }))
    // Where something is missing the server says only that again, in one language.
    .filter(({ member }) => !own.some((problem) => member !== "" && overlaps(problem.member, member)));
  return [...own, ...more];
}

function overlaps(one: string, other: string): boolean {
  return one.startsWith(other) || other.startsWith(one);
}
