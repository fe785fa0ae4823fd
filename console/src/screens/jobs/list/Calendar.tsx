import {
  Button,
  makeStyles,
  mergeClasses,
  MessageBar,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Text,
  tokens,
} from "@fluentui/react-components";
import { CalendarClockRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { NARROW, useMediaQuery } from "../../../app/media";
import { answer, api } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { useTexts } from "../../../texts/texts";
import { columnOf, DAYS, daysOf, firstWeekday, midnight, type CalendarDay, type UpcomingRun } from "./days";

/** It is read again this often, in ms. */
const REFRESH = 60_000;

/** Runs that a day of the grid shows before it says how many more there are. */
const SHOWN = 4;

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  muted: { color: tokens.colorNeutralForeground2 },
  list: { margin: 0, padding: 0, listStyleType: "none" },
  grid: {
    display: "grid",
    gridTemplateColumns: "repeat(7, minmax(0, 1fr))",
    gap: tokens.spacingHorizontalXS,
  },
  weekday: { padding: `0 ${tokens.spacingHorizontalS}` },
  day: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalXS,
    padding: tokens.spacingHorizontalS,
    minWidth: 0,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  cell: { minHeight: "88px" },
  today: { border: `${tokens.strokeWidthThin} solid ${tokens.colorCompoundBrandStroke}` },
  days: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS },
  head: { display: "flex", alignItems: "baseline", columnGap: tokens.spacingHorizontalS },
  date: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  count: { marginLeft: "auto", color: tokens.colorNeutralForeground2, whiteSpace: "nowrap" },
  runs: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalXS },
  run: { display: "flex", flexDirection: "column", minWidth: 0, overflowWrap: "anywhere" },
  line: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalS },
});

/** What begins by itself in the next days, a month of days or on a phone a list. */
export function Calendar({ create }: { create: ReactNode }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const narrow = useMediaQuery(NARROW);
  const { data, error, refetch } = useQuery({
    queryKey: ["upcomingRuns"],
    queryFn: async ({ signal }) => {
      const now = new Date();
      const query = { until: midnight(now, DAYS).toISOString() };
      return { now, ...(await answer(api.GET("/upcomingRuns", { params: { query }, signal }))) };
    },
    refetchInterval: REFRESH,
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) {
    return (
      <Skeleton aria-label={t("jobs.calendar.loading")}>
        <SkeletonItem size={96} />
      </Skeleton>
    );
  }
  const last = data.value.at(-1);
  if (!last) {
    return (
      <EmptyState
        icon={CalendarClockRegular}
        title={t("jobs.calendar.none")}
        body={t("jobs.calendar.none.body")}
        actions={create}
      />
    );
  }
  const days = daysOf(data.value, data.now);
  return (
    <div className={styles.root}>
      {data.more && (
        <MessageBar intent="info">
          <MessageBarBody>
            {t("jobs.calendar.more", {
              count: data.value.length,
              time: formats.dateTime(new Date(last.time)),
            })}
          </MessageBarBody>
        </MessageBar>
      )}
      <Text className={styles.muted}>
        {t("jobs.calendar.about", { zone: Intl.DateTimeFormat().resolvedOptions().timeZone })}
      </Text>
      {narrow ? <DayList days={days} /> : <Month days={days} />}
    </div>
  );
}

function DayList({ days }: { days: readonly CalendarDay[] }) {
  const styles = useStyles();
  const { formats } = useTexts();
  return (
    <ol className={mergeClasses(styles.list, styles.days)}>
      {days
        .filter(({ runs }) => runs.length > 0)
        .map((day) => (
          <li key={day.date.getTime()} className={styles.day}>
            <Day day={day} shown={2 * SHOWN} date={formats.day(day.date)} />
          </li>
        ))}
    </ol>
  );
}

function Month({ days }: { days: readonly CalendarDay[] }) {
  const styles = useStyles();
  const { formats } = useTexts();
  const firstDay = firstWeekday(formats.locale);
  return (
    <div>
      <div className={styles.grid} aria-hidden="true">
        {days.slice(0, 7).map(({ date }) => (
          <Text
            key={date.getDay()}
            size={200}
            className={mergeClasses(styles.weekday, styles.muted)}
            style={{ gridColumnStart: columnOf(date, firstDay), gridRowStart: 1 }}
          >
            {formats.weekday(date)}
          </Text>
        ))}
      </div>
      <ol className={mergeClasses(styles.list, styles.grid)}>
        {days.map((day, at) => (
          <li
            key={day.date.getTime()}
            className={mergeClasses(styles.day, styles.cell, at === 0 && styles.today)}
            style={{ gridColumnStart: columnOf(day.date, firstDay) }}
            aria-current={at === 0 ? "date" : undefined}
          >
            <Day day={day} shown={SHOWN} date={formats.monthDay(day.date)} />
          </li>
        ))}
      </ol>
    </div>
  );
}

interface DayProps {
  readonly day: CalendarDay;
  /** What its title shows. */
  readonly date: string;
  readonly shown: number;
}

function Day({ day, date, shown }: DayProps) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const [all, setAll] = useState(false);
  const { runs } = day;
  const some = all || runs.length <= shown ? runs : runs.slice(0, shown - 1);
  return (
    <>
      <div className={styles.head}>
        <h2 className={styles.date} aria-label={formats.day(day.date)}>
          {date}
        </h2>
        {runs.length > 0 && (
          <Text size={200} className={styles.count}>
            {t("jobs.calendar.runs", { count: runs.length })}
          </Text>
        )}
      </div>
      {runs.length > 0 && (
        <ol className={mergeClasses(styles.list, styles.runs)}>
          {some.map((run) => (
            <li key={`${run.kind} ${run.id} ${run.time}`} className={styles.run}>
              <Run run={run} />
            </li>
          ))}
        </ol>
      )}
      {some.length < runs.length && (
        <div>
          <Button size="small" appearance="subtle" onClick={() => setAll(true)}>
            {t("jobs.calendar.others", { count: runs.length - some.length })}
          </Button>
        </div>
      )}
    </>
  );
}

/** When it begins where one looks, what, and when that is where it is reckoned. */
function Run({ run: { time, kind, id, displayName, zone } }: { run: UpcomingRun }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const date = new Date(time);
  const mine = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const isElsewhere = zone != null && formats.weekTimeIn(date, zone) !== formats.weekTimeIn(date, mine);
  const name = displayName || id;
  return (
    <>
      <span className={styles.line}>
        <time dateTime={date.toISOString()}>{formats.time(date)}</time>
        {kind === "job" ? (
          <AppLink inline to="/jobs/instances/$jobId" params={{ jobId: id }}>
            {name}
          </AppLink>
        ) : (
          <AppLink inline to="/jobs/scheduled/$scheduledJobId" params={{ scheduledJobId: id }}>
            {name}
          </AppLink>
        )}
      </span>
      {kind === "job" && (
        <Text size={200} className={styles.muted}>
          {t("jobs.calendar.job")}
        </Text>
      )}
      {isElsewhere && (
        <Text size={200} className={styles.muted}>
          {t("jobs.calendar.there", { time: formats.weekTimeIn(date, zone), zone })}
        </Text>
      )}
    </>
  );
}
