import type { TextKey, Translate } from "../../../texts/catalogue";

/** What the server's own symbols say, for people; a device's are shown as they come. */
const CODES: Readonly<Record<string, (TextKey & `run.code.${string}`) | undefined>> = {
  ArgumentInvalid: "run.code.ArgumentInvalid",
  BadDeviceResponse: "run.code.BadDeviceResponse",
  DeviceNotFound: "run.code.DeviceNotFound",
  DeviceNotOnline: "run.code.DeviceNotOnline",
  DeviceRejected: "run.code.DeviceRejected",
  GatewayTimeout: "run.code.GatewayTimeout",
  JobRunPreconditionFailed: "run.code.JobRunPreconditionFailed",
  OrganizationMismatch: "run.code.OrganizationMismatch",
  OutcomeUnknown: "run.code.OutcomeUnknown",
  TemplateMismatch: "run.code.TemplateMismatch",
  TemplateNotFound: "run.code.TemplateNotFound",
};

/** The symbol of a failure in words, or as it is. */
export function sayCode(code: string, t: Translate): string {
  const text = Object.hasOwn(CODES, code) ? CODES[code] : undefined;
  return text ? t(text) : code;
}

/** Whether the symbol says no more than the kind of failure that it stands with. */
export function saysClass(code: string): boolean {
  return ["", "DeviceRejected", "GatewayTimeout", "OutcomeUnknown"].includes(code);
}
