import {
  makeStyles,
  mergeClasses,
  Skeleton,
  SkeletonItem,
  Subtitle2,
  Text,
  tokens,
} from "@fluentui/react-components";
import { TaskListSquareAddRegular, WarningRegular } from "@fluentui/react-icons";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { TimeText } from "../../../components/TimeText";
import type { Page } from "../../../grid/paged";
import { useTexts } from "../../../texts/texts";
import { RECURRENCES } from "../names";
import { nameOf, ownerText } from "./columns";
import { secondsOf } from "./duration";
import { JobMenu } from "./JobMenu";
import { ATTENTION, JobProgress, JobSummary } from "./JobSummary";
import { someDrafts, someJobs, someScheduled, type Draft, type Job, type ScheduledJob } from "./queries";
import type { View } from "./search";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalXXL },
  section: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS },
  head: { display: "flex", alignItems: "baseline", flexWrap: "wrap", columnGap: tokens.spacingHorizontalM },
  heading: { margin: 0 },
  count: { color: tokens.colorNeutralForeground3 },
  list: {
    margin: 0,
    padding: 0,
    listStyleType: "none",
    borderRadius: tokens.borderRadiusMedium,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 3fr) minmax(0, 3fr) minmax(0, 2fr) minmax(0, 2fr) 40px",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalL,
    minHeight: "44px",
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalM}`,
    "& + &": { borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}` },
    "@media (max-width: 900px)": {
      gridTemplateColumns: "minmax(0, 1fr) 40px",
      "& > :nth-child(n + 2):nth-child(-n + 4)": { gridColumn: 1 },
      "& > :last-child": { gridColumn: 2, gridRow: 1 },
    },
  },
  attention: { borderLeft: `${tokens.strokeWidthThickest} solid ${tokens.colorStatusWarningBorderActive}` },
  name: { minWidth: 0, overflow: "hidden", textOverflow: "ellipsis" },
  why: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalXS, minWidth: 0 },
  muted: { color: tokens.colorNeutralForeground2, minWidth: 0, overflow: "hidden", textOverflow: "ellipsis" },
  warning: { color: tokens.colorStatusWarningForeground3, flexShrink: 0 },
});

/** Rows of each section; the whole list is one click away. */
const ROWS = 5;

/** What needs somebody first, then what runs, what was saved, what is scheduled, and what was last. */
export function Overview({ create }: { create: ReactNode }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const attention = useQuery(someJobs("attention", ROWS));
  const running = useQuery(someJobs("running", 2 * ROWS));
  const drafts = useQuery(someDrafts(ROWS));
  const scheduled = useQuery(someScheduled(ROWS));
  const history = useQuery(someJobs("history", 2 * ROWS));

  const all = [attention, running, drafts, scheduled, history];
  if (all.every(({ data }) => data?.rows.length === 0)) {
    return (
      <EmptyState
        icon={TaskListSquareAddRegular}
        title={t("jobs.empty.title")}
        body={t("jobs.empty.body")}
        actions={create}
      />
    );
  }

  const jobRow = (job: Job) => (
    <>
      <AppLink className={styles.name} to="/jobs/instances/$jobId" params={{ jobId: job.id }}>
        {nameOf(job)}
      </AppLink>
      <JobSummary job={job} />
      <JobProgress job={job} />
      <Text size={200} className={styles.muted}>
        {job.start
          ? t("jobs.since", {
              duration: formats.duration(secondsOf(job.start, job.end ?? undefined, new Date())),
            })
          : (job.reason ?? "")}
      </Text>
      <JobMenu job={job} />
    </>
  );
  return (
    <div className={styles.root}>
      <Section
        view="attention"
        title={t("jobs.view.attention")}
        query={attention}
        rowId={({ id }: Job) => id}
        rowClass={styles.attention}
        row={(job) => (
          <>
            <AppLink className={styles.name} to="/jobs/instances/$jobId" params={{ jobId: job.id }}>
              {nameOf(job)}
            </AppLink>
            <JobSummary job={job} />
            <span className={styles.why}>
              <WarningRegular className={styles.warning} />
              <Text size={200}>{job.attention && t(ATTENTION[job.attention])}</Text>
            </span>
            <Text size={200} className={styles.muted} title={job.reason ?? undefined}>
              {job.end ? <TimeText time={job.end} relative /> : (job.reason ?? "")}
            </Text>
            <JobMenu job={job} />
          </>
        )}
      />
      <Section
        view="running"
        title={t("jobs.view.running")}
        query={running}
        rowId={({ id }: Job) => id}
        row={jobRow}
      />
      <Section
        view="saved"
        title={t("jobs.view.saved")}
        query={drafts}
        rowId={(draft: Draft) => draft.id ?? ""}
        row={(draft) => (
          <>
            <AppLink
              className={styles.name}
              to="/jobs/definitions/create/$step"
              params={{ step: "configure" }}
              search={{ draft: draft.id ?? "" }}
            >
              {draft.displayName || t("jobs.unnamed")}
            </AppLink>
            <Text size={200} className={styles.muted}>
              {ownerText(draft.owner, t)}
            </Text>
            <Text size={200} className={styles.muted}>
              {draft.saved && <TimeText time={draft.saved} relative />}
            </Text>
            <span />
            <span />
          </>
        )}
      />
      <Section
        view="scheduled"
        title={t("jobs.view.scheduled")}
        query={scheduled}
        rowId={(job: ScheduledJob) => job.id ?? ""}
        row={(job) => {
          const next = job.nextRuns?.[0];
          return (
            <>
              <AppLink
                className={styles.name}
                to="/jobs/scheduled/$scheduledJobId"
                params={{ scheduledJobId: job.id ?? "" }}
              >
                {nameOf(job)}
              </AppLink>
              <Text size={200} className={styles.muted}>
                {t(RECURRENCES[job.schedule.recurrence ?? "once"])}
              </Text>
              <Text size={200} className={styles.muted}>
                {job.enabled === false ? (
                  t("jobs.suspended")
                ) : next && !job.completed ? (
                  <TimeText time={next} />
                ) : (
                  t("jobs.ended")
                )}
              </Text>
              <span />
              <span />
            </>
          );
        }}
      />
      <Section
        view="history"
        title={t("jobs.view.history")}
        query={history}
        rowId={({ id }: Job) => id}
        row={jobRow}
      />
    </div>
  );
}

interface SectionProps<Row> {
  readonly view: View;
  readonly title: string;
  readonly query: UseQueryResult<Page<Row>>;
  readonly rowId: (row: Row) => string;
  readonly row: (row: Row) => ReactNode;
  readonly rowClass?: string;
}

/** The first rows of a list. A list that has none takes no room. */
function Section<Row>({ view, title, query, rowId, row, rowClass }: SectionProps<Row>) {
  const styles = useStyles();
  const { t } = useTexts();
  const rows = query.data?.rows;
  if (rows?.length === 0) return null;
  return (
    <section className={styles.section} aria-label={title} data-section={view}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.heading}>
          {title}
        </Subtitle2>
        {rows && (
          <Text size={200} className={styles.count}>
            {query.data?.next === undefined ? rows.length : `${rows.length}+`}
          </Text>
        )}
        <AppLink to="/jobs" search={{ view }}>
          {t("jobs.showAll")}
        </AppLink>
      </div>
      {query.error && <ErrorState error={query.error} onRetry={() => void query.refetch()} />}
      {rows === undefined ? (
        !query.error && (
          <Skeleton aria-label={title}>
            <SkeletonItem size={40} />
          </Skeleton>
        )
      ) : (
        <ul className={styles.list}>
          {rows.map((one) => (
            <li key={rowId(one)} className={mergeClasses(styles.row, rowClass)}>
              {row(one)}
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
