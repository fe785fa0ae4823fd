import { makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { Card, Facts } from "../../../components/Card";
import { ErrorState } from "../../../components/ErrorState";
import { TimeText } from "../../../components/TimeText";
import { EVERYTHING } from "../../../grid/selection";
import { writeExact } from "../../../json/exact";
import { useTexts } from "../../../texts/texts";
import { ownerText } from "../list/columns";
import { JOB_TYPES } from "../names";
import { curlOf, type ApiCall as Call } from "../wizard/request";
import { idsOf } from "./devices";
import { without } from "./filter";
import type { Job } from "./follower";
import { JsonText } from "./JsonText";
import { SourceLink } from "./Lineage";

type JobData = Schemas["JobData"];

const useStyles = makeStyles({
  columns: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(100%, 420px), 1fr))",
    gap: tokens.spacingHorizontalM,
    alignItems: "start",
  },
  data: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
});

type Fact = readonly [name: string, value: ReactNode];

/** What of a job or scheduled job is its definition. */
export type Defined = Pick<
  Job,
  "displayName" | "description" | "group" | "batch" | "cancellationThreshold" | "data" | "organizations"
>;

/** What the job does, on whom and how, and the call that makes it. */
export function Definition({ job }: { job: Job }) {
  const styles = useStyles();
  const { t } = useTexts();
  return (
    <div className={styles.columns}>
      <Card title={t("run.definition")}>
        <Facts
          facts={[
            [t("run.type"), t(JOB_TYPES[job.type])],
            ...definitionFacts(job, t, styles.data, job.groupName),
            ...(job.hub ? hubFacts(job.hub, t) : []),
            [t("run.chosenDevices"), job.chosenDevices],
            [t("run.owner"), ownerText(job, t)],
            [t("run.created"), <TimeText key="c" time={job.created} />],
            [
              t("run.scheduledJob"),
              job.scheduledJobId && (
                <AppLink to="/jobs/scheduled/$scheduledJobId" params={{ scheduledJobId: job.scheduledJobId }}>
                  {job.scheduledJobId}
                </AppLink>
              ),
            ],
            [t("run.rerunOf"), job.rerunOf && <SourceLink jobId={job.rerunOf} />],
            [t("run.id"), job.id],
          ]}
        />
      </Card>
      {job.face === "central" && (
        <Card title={t("run.request")}>
          <JobCall job={job} />
        </Card>
      )}
    </div>
  );
}

/** The facts that a job and a scheduled job share. */
export function definitionFacts(
  job: Defined,
  t: ReturnType<typeof useTexts>["t"],
  listClass: string,
  groupName?: string | null,
): Fact[] {
  const { description, group, batch, cancellationThreshold: limit, data, organizations } = job;
  return [
    [t("run.description"), description],
    [
      t("run.data"),
      data.length > 0 && (
        <ul key="d" className={listClass}>
          {data.map((entry, index) => (
            <li key={index}>{sayEntry(entry)}</li>
          ))}
        </ul>
      ),
    ],
    [
      t("run.group"),
      group !== "" && (
        <AppLink to="/device-groups/$groupId" params={{ groupId: group }}>
          {groupName ?? group}
        </AppLink>
      ),
    ],
    [t("run.batches"), batch && sayAmount(batch, t)],
    [
      t("run.threshold"),
      limit &&
        t(limit.batch ? "run.threshold.setBatch" : "run.threshold.set", { value: sayAmount(limit, t) }),
    ],
    [t("run.organization"), organizations?.join(", ")],
  ];
}

/** What a job of the hub face says in its own words. */
function hubFacts(hub: Schemas["HubJob"], t: ReturnType<typeof useTexts>["t"]): Fact[] {
  const json = (value: unknown) =>
    value !== undefined && value !== null && <code>{writeExact(value, 0)}</code>;
  return [
    [t("run.hub.condition"), hub.condition && <code>{hub.condition}</code>],
    [t("run.hub.method"), hub.method],
    [t("run.hub.payload"), json(hub.payload)],
    [t("run.hub.updateTwin"), json(hub.updateTwin)],
    [t("run.hub.start"), <TimeText key="start" time={hub.start} />],
    [t("run.hub.deadline"), hub.deadline && <TimeText key="deadline" time={hub.deadline} />],
  ];
}

function sayEntry(entry: JobData): string {
  if (entry.type === "deviceTemplateMigration") return entry.template;
  if (entry.value === undefined || entry.value === null) return entry.path;
  return `${entry.path} = ${writeExact(entry.value, 0)}`;
}

function sayAmount({ type, value }: Schemas["Amount"], t: ReturnType<typeof useTexts>["t"]): string {
  return type === "percentage"
    ? t("run.percent", { value: String(value) })
    : t("run.devices", { count: value });
}

/** The body that makes such a job; members without a value are left out. */
export function requestOf(job: Defined): Schemas["NewJob"] {
  const { displayName, description, group, batch, cancellationThreshold, data, organizations } = job;
  return {
    ...(displayName && { displayName }),
    ...(description && { description }),
    group,
    ...(batch && { batch }),
    ...(cancellationThreshold && { cancellationThreshold }),
    data,
    ...(organizations && { organizations }),
  };
}

/** The call that makes such a job on the same devices, who are `devices` where they were chosen. */
export function callOfJob(job: Job, devices: readonly string[]): Call {
  const { id, target, rerunOf, displayName, description, data, batch, cancellationThreshold } = job;
  const chosen = target === "devices" && { devices: [...devices] };
  if (rerunOf != null) {
    return {
      kind: "rerun",
      of: rerunOf,
      id,
      body: {
        ...(displayName && { displayName }),
        ...(description && { description }),
        data,
        batch: batch ?? null,
        cancellationThreshold: cancellationThreshold ?? null,
        ...chosen,
      },
    };
  }
  const body = requestOf(job);
  return { kind: "job", id, body: chosen ? { ...without(body, "group"), ...chosen } : body };
}

/** Chosen devices that are read to be shown in a call. */
const CHOSEN_MAX = 1_000;

function JobCall({ job }: { job: Job }) {
  const { t } = useTexts();
  const { id, target, counters } = job;
  const chosen = target === "devices";
  const { data, error } = useQuery({
    queryKey: ["job", id, "chosen"],
    queryFn: ({ signal }) => idsOf(id, {}, EVERYTHING, CHOSEN_MAX, signal),
    enabled: chosen && counters.total <= CHOSEN_MAX,
  });
  if (!chosen) return <ShownCall call={callOfJob(job, [])} />;
  if (counters.total > CHOSEN_MAX) return <Text>{t("run.request.tooMany", { count: counters.total })}</Text>;
  if (error) return <ErrorState error={error} />;
  return data ? <ShownCall call={callOfJob(job, data)} /> : <Spinner label={t("run.loading")} />;
}

/** The call that makes a scheduled job, to be copied. */
export function ScheduledCall({ id, job }: { id: string; job: Schemas["ScheduledJob"] }) {
  const body = { ...requestOf(job), group: job.group, schedule: job.schedule };
  return <ShownCall call={{ kind: "scheduledJob", id, body }} />;
}

function ShownCall({ call }: { call: Call }) {
  const { t } = useTexts();
  return (
    <>
      <JsonText label={t("run.request.body")} value={call.body} />
      <JsonText label={t("run.request.curl")} text={curlOf(call, location.origin)} />
    </>
  );
}
