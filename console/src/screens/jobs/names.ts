import type { Schemas } from "../../api/client";
import type { TextKey } from "../../texts/catalogue";

/** What a job of each type is called. */
export const JOB_TYPES: Record<Schemas["JobType"], TextKey & `jobs.type.${string}`> = {
  property: "jobs.type.property",
  cloudProperty: "jobs.type.cloudProperty",
  command: "jobs.type.command",
  deviceTemplateMigration: "jobs.type.deviceTemplateMigration",
  scheduleUpdateTwin: "jobs.type.scheduleUpdateTwin",
  scheduleDeviceMethod: "jobs.type.scheduleDeviceMethod",
};

/** What a job that one makes here is called, and what it means to devices. */
export const TYPES: Record<
  Schemas["JobData"]["type"],
  { name: TextKey & `jobs.type.${string}`; about: TextKey & `wizard.type.${string}` }
> = {
  property: { name: "jobs.type.property", about: "wizard.type.property" },
  cloudProperty: { name: "jobs.type.cloudProperty", about: "wizard.type.cloudProperty" },
  command: { name: "jobs.type.command", about: "wizard.type.command" },
  deviceTemplateMigration: { name: "jobs.type.deviceTemplateMigration", about: "wizard.type.migration" },
};

/** How often a scheduled job runs. */
export const RECURRENCES: Record<"once" | Schemas["Recurrence"], TextKey & `wizard.recurrence.${string}`> = {
  once: "wizard.recurrence.once",
  daily: "wizard.recurrence.daily",
  weekly: "wizard.recurrence.weekly",
  monthly: "wizard.recurrence.monthly",
};

/** A name for people of a job, a draft or a scheduled job. */
export function nameOf({ displayName, id }: { displayName?: string | null; id?: string }): string {
  return displayName || (id ?? "");
}
