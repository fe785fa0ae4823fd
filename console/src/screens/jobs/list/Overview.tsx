import {
  Button,
  makeStyles,
  mergeClasses,
  Skeleton,
  SkeletonItem,
  Subtitle2,
  Text,
  tokens,
} from "@fluentui/react-components";
import { ArrowSyncRegular, TaskListSquareAddRegular, WarningRegular } from "@fluentui/react-icons";
import { useQuery, type UseQueryResult } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { TimeText } from "../../../components/TimeText";
import { useAttended, useHeld, useRenewals } from "../../../grid/held";
import type { Page } from "../../../grid/paged";
import { useTexts } from "../../../texts/texts";
import { nameOf, RECURRENCES } from "../names";
import { sayReason } from "../reason";
import { ownerText } from "./columns";
import { secondsOf } from "./duration";
import { JobMenu } from "./JobMenu";
import { ATTENTION, JobProgress, JobSummary } from "./JobSummary";
import { someDrafts, someJobs, someScheduled, type Job } from "./queries";
import type { View } from "./search";

const useStyles = makeStyles({
  root: {
    position: "relative",
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalXXL,
    outlineStyle: "none",
  },
  // Beside the rows, so that it moves none of them.
  news: { position: "absolute", top: 0, right: 0, zIndex: 1 },
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
  gone: { filter: "grayscale(1)", "& > *": { textDecorationLine: "line-through" } },
  hidden: {
    position: "absolute",
    width: "1px",
    height: "1px",
    overflow: "hidden",
    clipPath: "inset(50%)",
    whiteSpace: "nowrap",
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
  const [root, setRoot] = useState<HTMLDivElement | null>(null);
  const { attended, handlers } = useAttended(root);
  const attention = useSection("attention", useQuery(someJobs("attention", ROWS)), attended);
  const running = useSection("running", useQuery(someJobs("running", 2 * ROWS)), attended);
  const drafts = useSection("saved", useQuery(someDrafts(ROWS)), attended);
  const scheduled = useSection("scheduled", useQuery(someScheduled(ROWS)), attended);
  const history = useSection("history", useQuery(someJobs("history", 2 * ROWS)), attended);

  const all = [attention, running, drafts, scheduled, history];
  if (all.every(({ rows }) => rows?.length === 0)) {
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
          : job.reason
            ? sayReason(job.reason, t, formats)
            : ""}
      </Text>
    </>
  );
  const jobMenu = (job: Job) => <JobMenu job={job} />;
  const news = all.reduce((sum, { news }) => sum + news, 0);
  return (
    <div
      ref={setRoot}
      className={styles.root}
      role="group"
      aria-label={t("nav.jobs")}
      tabIndex={-1}
      {...handlers}
    >
      {all.some(({ behind }) => behind) && (
        <Button
          className={styles.news}
          appearance="primary"
          size="small"
          shape="circular"
          icon={<ArrowSyncRegular />}
          onClick={() => {
            for (const section of all) section.release();
          }}
        >
          {news > 0 ? t("jobs.news", { count: news }) : t("grid.changed")}
        </Button>
      )}
      <Section
        title={t("jobs.view.attention")}
        section={attention}
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
            <Text
              size={200}
              className={styles.muted}
              title={job.reason ? sayReason(job.reason, t, formats) : undefined}
            >
              {job.end ? (
                <TimeText time={job.end} relative />
              ) : job.reason ? (
                sayReason(job.reason, t, formats)
              ) : (
                ""
              )}
            </Text>
          </>
        )}
        menu={jobMenu}
      />
      <Section title={t("jobs.view.running")} section={running} row={jobRow} menu={jobMenu} />
      <Section
        title={t("jobs.view.saved")}
        section={drafts}
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
              {ownerText(draft, t)}
            </Text>
            <Text size={200} className={styles.muted}>
              {draft.saved && <TimeText time={draft.saved} relative />}
            </Text>
            <span />
          </>
        )}
      />
      <Section
        title={t("jobs.view.scheduled")}
        section={scheduled}
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
            </>
          );
        }}
      />
      <Section title={t("jobs.view.history")} section={history} row={jobRow} menu={jobMenu} />
    </div>
  );
}

/** What a section shows of its list. */
interface Shown<Row> {
  readonly view: View;
  /** Undefined until they were read for the first time. */
  readonly rows: readonly Row[] | undefined;
  /** Of the rows the ids of those that are not in the list any more. */
  readonly gone: ReadonlySet<string>;
  readonly more: boolean;
  readonly news: number;
  readonly behind: boolean;
  readonly release: () => void;
  readonly error: unknown;
  readonly retry: () => void;
}

function rowId({ id }: { readonly id?: string }): string {
  return id ?? "";
}

/** The first rows of a list, which stay where they are while somebody is at them. */
function useSection<Row extends { readonly id?: string }>(
  view: View,
  query: UseQueryResult<Page<Row>>,
  holding: boolean,
): Shown<Row> {
  const { data, error, dataUpdatedAt } = query;
  const renewals = useRenewals(["jobs"], ["jobDrafts"], ["scheduledJobs"]);
  const version = String(dataUpdatedAt);
  const held = useHeld(data?.rows, { list: view, version, holding, renewals, keepsEmpty: true, idOf: rowId });
  return {
    view,
    rows: data && held.rows,
    gone: held.gone,
    more: data?.next !== undefined,
    news: held.news,
    behind: held.behind,
    release: held.release,
    error,
    retry: () => void query.refetch(),
  };
}

interface SectionProps<Row> {
  readonly title: string;
  readonly section: Shown<Row>;
  /** Its first four cells. */
  readonly row: (row: Row) => ReactNode;
  /** What may be done with it, as long as it is in the list. */
  readonly menu?: (row: Row) => ReactNode;
  readonly rowClass?: string;
}

/** The first rows of a list. A list that has none takes no room. */
function Section<Row extends { readonly id?: string }>(props: SectionProps<Row>) {
  const { title, section, row, menu, rowClass } = props;
  const styles = useStyles();
  const { t } = useTexts();
  const { view, rows, gone, more, error, retry } = section;
  if (rows?.length === 0) return null;
  return (
    <section className={styles.section} aria-label={title} data-section={view}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.heading}>
          {title}
        </Subtitle2>
        {rows && (
          <Text size={200} className={styles.count}>
            {more ? `${rows.length}+` : rows.length}
          </Text>
        )}
        <AppLink to="/jobs" search={{ view }}>
          {t("jobs.showAll")}
        </AppLink>
      </div>
      {error !== null && error !== undefined && <ErrorState error={error} onRetry={retry} />}
      {rows === undefined ? (
        !error && (
          <Skeleton aria-label={title}>
            <SkeletonItem size={40} />
          </Skeleton>
        )
      ) : (
        <ul className={styles.list}>
          {rows.map((one) => {
            const isGone = gone.has(rowId(one));
            return (
              <li
                key={rowId(one)}
                className={mergeClasses(styles.row, rowClass, isGone && styles.gone)}
                {...(isGone && { title: t("grid.gone") })}
              >
                {row(one)}
                {isGone ? <span className={styles.hidden}>{t("grid.gone")}</span> : (menu?.(one) ?? <span />)}
              </li>
            );
          })}
        </ul>
      )}
    </section>
  );
}
