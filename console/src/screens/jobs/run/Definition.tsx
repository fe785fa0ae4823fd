import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";
import type { Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { Card, Facts } from "../../../components/Card";
import { TimeText } from "../../../components/TimeText";
import { writeExact } from "../../../json/exact";
import { useTexts } from "../../../texts/texts";
import { JOB_TYPES } from "../names";
import { curlOf, type ApiCall as Call } from "../wizard/request";
import type { Job } from "./follower";
import { JsonText } from "./JsonText";

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
            [t("run.owner"), job.owner],
            [t("run.created"), <TimeText key="c" time={job.created} />],
            [
              t("run.scheduledJob"),
              job.scheduledJobId && (
                <AppLink to="/jobs/scheduled/$scheduledJobId" params={{ scheduledJobId: job.scheduledJobId }}>
                  {job.scheduledJobId}
                </AppLink>
              ),
            ],
            [
              t("run.rerunOf"),
              job.rerunOf && (
                <AppLink to="/jobs/instances/$jobId" params={{ jobId: job.rerunOf }}>
                  {job.rerunOf}
                </AppLink>
              ),
            ],
            [t("run.id"), job.id],
          ]}
        />
      </Card>
      {/* A job on chosen devices cannot be made again from what is kept of it: the wizard's copy asks for them. */}
      {job.group !== "" && job.face === "central" && (
        <Card title={t("run.request")}>
          <ApiCall id={job.id} job={job} />
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

/** The call that makes a job or a scheduled job, to be copied. */
export function ApiCall({
  id,
  job,
}: {
  id: string;
  job: Defined & { readonly schedule?: Schemas["JobSchedule"] };
}) {
  const { t } = useTexts();
  const { schedule } = job;
  const call: Call = schedule
    ? { kind: "scheduledJob", id, body: { ...requestOf(job), group: job.group, schedule } }
    : { kind: "job", id, body: requestOf(job) };
  return (
    <>
      <JsonText label={t("run.request.body")} value={call.body} />
      <JsonText label={t("run.request.curl")} text={curlOf(call, location.origin)} />
    </>
  );
}
