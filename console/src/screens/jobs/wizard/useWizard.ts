import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "../../../api/client";
import { groupsQuery, templatesQuery } from "../../../api/lists";
import { useDebounced } from "../../../app/useDebounced";
import { capabilitiesOf, type Capability } from "../../../dtdl/model";
import { useTexts } from "../../../texts/texts";
import { bodyOf, devicesOf, scheduleOf, type JobForm, type SchemaOf } from "./form";
import { allProblems, ownProblems, problemAt, stepOf, type Problem } from "./problems";
import type { Step } from "./steps";
import { previewQuery, type Copied, type Source } from "./queries";
import { questionOf } from "./request";
import { useTicking, type Ticking } from "./useTicking";

/** How long the form stays as it is, in ms, before the server is asked what it would do. */
const SETTLED = 400;

/** What all steps of the wizard know and do. */
export interface Wizard {
  readonly form: JobForm;
  readonly change: (part: Partial<JobForm>) => void;
  readonly groups: readonly Schemas["DeviceGroup"][];
  readonly templates: readonly Schemas["DeviceTemplate"][];
  readonly capabilities: (template: string) => readonly Capability[];
  readonly capabilityOf: (target: string, path: string) => Capability | undefined;
  readonly ticking: Ticking;
  /** The job that this one is a copy of. */
  readonly copyOf: Copied | undefined;
  readonly body: Schemas["NewJob"];
  readonly schedule: Schemas["JobSchedule"] | undefined;
  readonly preview: Schemas["JobPreview"] | undefined;
  /** The preview is of what the form said before. */
  readonly previewIsOld: boolean;
  /** Why there is no preview; also why a choice cannot be offered. */
  readonly error: unknown;
  readonly problems: readonly Problem[];
  /** What to say at a field: what is only missing is not said before its step was left. */
  readonly faultAt: (member: string) => string | undefined;
  readonly problemsOf: (step: Step) => readonly Problem[];
  /** From now on says what is missing on this step. */
  readonly attempt: (step: Step) => void;
}

export function useWizard(
  initial: JobForm,
  { copyOf, scheduled }: Pick<Source, "copyOf" | "scheduled"> = {},
): Wizard & { readonly changed: boolean } {
  const { t, language } = useTexts();
  const [form, setForm] = useState(initial);
  const [attempted, setAttempted] = useState<ReadonlySet<Step>>(new Set());
  const ticking = useTicking(form, setForm);
  const groups = useQuery(groupsQuery);
  const templates = useQuery(templatesQuery);

  const models = useMemo(
    () =>
      new Map(
        templates.data?.map((template) => [
          template["@id"],
          capabilitiesOf(template.capabilityModel, language),
        ]),
      ),
    [templates.data, language],
  );
  const capabilities = useMemo(() => (id: string) => models.get(id) ?? [], [models]);
  const capabilityOf = useMemo(
    () => (target: string, path: string) => capabilities(target).find((one) => one.path === path),
    [capabilities],
  );
  const schemaOf: SchemaOf = useMemo(
    () => (entry) => capabilityOf(entry.target, entry.path)?.schema,
    [capabilityOf],
  );

  const body = useMemo(() => bodyOf(form, schemaOf), [form, schemaOf]);
  const schedule = useMemo(() => scheduleOf(form), [form]);
  const asked = JSON.stringify(questionOf(form, body, schedule, scheduled));
  const question = useDebounced(asked, SETTLED);
  const devices = devicesOf(form);
  const asks = devices ? devices.length > 0 : form.from === "rerun" || form.group !== "";
  const preview = useQuery(previewQuery(question, asks));

  const own = useMemo(() => ownProblems(form, capabilityOf, t), [form, capabilityOf, t]);
  const problems = useMemo(() => allProblems(own, preview.data?.problems), [own, preview.data]);

  const previewIsOld = preview.isPlaceholderData || preview.isError || question !== asked;

  return {
    form,
    change: (part) => setForm((form) => ({ ...form, ...part })),
    groups: groups.data ?? [],
    templates: templates.data ?? [],
    capabilities,
    capabilityOf,
    ticking,
    copyOf,
    body,
    schedule,
    preview: asks ? preview.data : undefined,
    previewIsOld,
    error: groups.error ?? templates.error ?? preview.error ?? undefined,
    problems,
    faultAt: (member) =>
      problemAt(
        problems.filter(({ missing, member }) => !missing || attempted.has(stepOf(member))),
        member,
      ),
    // What the server said of an earlier form may no longer be so.
    problemsOf: (step) => (previewIsOld ? own : problems).filter(({ member }) => stepOf(member) === step),
    attempt: (step) => setAttempted((before) => (before.has(step) ? before : new Set([...before, step]))),
    changed: form !== initial,
  };
}
