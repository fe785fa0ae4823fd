import { Button, makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import { ArrowRepeatAllRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { Card } from "../../../components/Card";
import { ErrorState } from "../../../components/ErrorState";
import { StackedBar, type Segment } from "../../../components/StackedBar";
import { JobStatusBadge } from "../../../components/StatusBadge";
import { useMay } from "../../../session/session";
import { useTexts } from "../../../texts/texts";
import type { Job } from "./follower";
import { jobQuery } from "./useJob";
import { useRerun } from "./useRerun";

/** The family is read again this often, in ms: while one of them is under way, and then, for somebody may make another. */
const REFRESH = 10_000;
const REFRESH_WHEN_OVER = 60_000;

/** Of so many runs all are shown at once; of more the first and the last ones. */
const SHOWN = 6;

type FamilyJob = Schemas["FamilyJob"];

const isOver = ({ status, counters }: FamilyJob) =>
  ["complete", "failed", "canceled"].includes(status) && counters.running === 0;

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: "none",
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalS,
  },
  run: { display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: tokens.spacingHorizontalM },
  name: { overflowWrap: "anywhere", minWidth: 0 },
  muted: { color: tokens.colorNeutralForeground2 },
  done: { fontWeight: tokens.fontWeightSemibold },
});

/** A job, its reruns and theirs, and what became of their devices, each counted once; nothing where it has none. */
export function Family({ job }: { job: Job }) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const goToRerun = useRerun();
  const { data, error, refetch } = useQuery({
    queryKey: ["job", job.id, "family", job.status],
    queryFn: async ({ signal }) =>
      answer(api.GET("/jobs/{jobId}/family", { params: { path: { jobId: job.id } }, signal })),
    // One that is no rerun and has not ended has none.
    enabled: job.end != null || job.rerunOf != null,
    // While the job moves the reading before stands; that of another family does not.
    placeholderData: (before) => (before?.jobs.some(({ id }) => id === job.id) ? before : undefined),
    // Whoever comes here sees it as it is now.
    staleTime: 0,
    refetchInterval: ({ state }) => (state.data?.jobs.every(isOver) ? REFRESH_WHEN_OVER : REFRESH),
  });
  if (!error && (data === undefined || data.jobs.length < 2)) return null;
  const restOf = data?.restOf;
  return (
    <Card title={t("run.family")}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {data && (
        <>
          {data.devices ? (
            <Union devices={data.devices} runs={data.jobs.length} />
          ) : (
            <Text className={styles.muted}>
              {data.differs ? t("run.family.differ") : t("run.family.tooMany", { count: data.jobs.length })}
            </Text>
          )}
          <Runs jobs={data.jobs} current={job.id} />
          {restOf != null && may("runJobs") && (
            <div>
              <Button size="small" icon={<ArrowRepeatAllRegular />} onClick={() => goToRerun({ id: restOf })}>
                {t("run.family.rest")}
              </Button>
            </div>
          )}
        </>
      )}
    </Card>
  );
}

function Union({ devices, runs }: { devices: Schemas["FamilyDevices"]; runs: number }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { total, succeeded, left, running, pending, failed, neverReached, cancelled } = devices;
  const parts: Segment[] = [
    { id: "completed", label: t("run.outcome.completed"), count: succeeded, tone: "success" },
    {
      id: "failed",
      label: t("run.outcome.failed"),
      count: failed - neverReached,
      whole: failed,
      tone: "danger",
    },
    { id: "neverReached", label: t("run.class.neverReached"), count: neverReached, tone: "warning" },
    { id: "running", label: t("run.outcome.running"), count: running, tone: "running" },
    { id: "pending", label: t("run.outcome.pending"), count: pending, tone: "waiting" },
    { id: "cancelled", label: t("run.outcome.cancelled"), count: cancelled, tone: "canceled" },
  ];
  return (
    <>
      <Text className={styles.done}>
        {t("run.family.done", {
          done: formats.number(succeeded),
          count: total,
          runs: t("run.family.runs", { count: runs }),
          left: formats.number(left),
        })}
      </Text>
      <StackedBar
        label={t("run.family.outcomes", { count: total })}
        segments={parts.filter(({ count, whole = count }) => whole > 0)}
      />
    </>
  );
}

/** The runs in the order in which they were made. */
function Runs({ jobs, current }: { jobs: readonly FamilyJob[]; current: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const [all, setAll] = useState(false);
  const names = new Map(jobs.map((job) => [job.id, nameOf(job)]));
  const shown = all || jobs.length <= SHOWN ? jobs : [...jobs.slice(0, 1), ...jobs.slice(1 - SHOWN)];
  return (
    <>
      <ol className={styles.list}>
        {shown.map(({ id, rerunOf, status, counters: { succeeded, failed }, ...job }) => {
          const source = rerunOf != null && rerunOf !== jobs[0]?.id ? names.get(rerunOf) : undefined;
          return (
            <li key={id} className={styles.run} aria-current={id === current ? "true" : undefined}>
              {id === current ? (
                <Text className={mergeClasses(styles.name, styles.done)}>{nameOf({ id, ...job })}</Text>
              ) : (
                <AppLink inline to="/jobs/instances/$jobId" params={{ jobId: id }}>
                  {nameOf({ id, ...job })}
                </AppLink>
              )}
              <JobStatusBadge status={status} />
              <Text size={200} className={styles.muted}>
                {t("jobs.succeeded", { count: succeeded })} · {t("jobs.failed", { count: failed })}
              </Text>
              {source !== undefined && (
                <Text size={200} className={mergeClasses(styles.name, styles.muted)}>
                  {t("run.rerunOf")} {source}
                </Text>
              )}
            </li>
          );
        })}
      </ol>
      {shown.length < jobs.length && (
        <div>
          <Button size="small" onClick={() => setAll(true)}>
            {t("run.family.all", { count: jobs.length })}
          </Button>
        </div>
      )}
    </>
  );
}

function nameOf({ id, displayName }: Pick<FamilyJob, "id" | "displayName">): string {
  return displayName || id;
}

/** The job that another one is a rerun of, by its name where it is still there. */
export function SourceLink({ jobId }: { jobId: string }) {
  const { data } = useQuery({ ...jobQuery(jobId), retry: false });
  return (
    <AppLink inline to="/jobs/instances/$jobId" params={{ jobId }}>
      {data?.displayName || jobId}
    </AppLink>
  );
}
