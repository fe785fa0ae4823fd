import { makeStyles, Skeleton, SkeletonItem, Tab, TabList, Text } from "@fluentui/react-components";
import {
  CalendarCancelRegular,
  CopyRegular,
  EditRegular,
  PauseRegular,
  PlayRegular,
} from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useRouter } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { AppLink } from "../../components/AppLink";
import { Card, Cards, Facts } from "../../components/Card";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { ErrorState } from "../../components/ErrorState";
import { useNotify } from "../../components/notify";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { StatusBadge } from "../../components/StatusBadge";
import { TimeText } from "../../components/TimeText";
import { readExact } from "../../json/exact";
import { useMay } from "../../session/session";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { HoldBanner } from "./hold/HoldBanner";
import { ownerText } from "./list/columns";
import { JOB_TYPES, RECURRENCES } from "./names";
import { Maybe } from "./run/Actions";
import { Activity } from "./run/Activity";
import { definitionFacts, ScheduledCall } from "./run/Definition";
import { Runs } from "./scheduled/Runs";

type ScheduledJob = Schemas["ScheduledJob"];

const route = getRouteApi("/shell/jobs/scheduled/$scheduledJobId");

/** The definition is read again this often, in ms: the next runs change as time goes by. */
const REFRESH = 15_000;

const useStyles = makeStyles({
  runs: { display: "flex", flexDirection: "column", flexGrow: 1, minHeight: "320px" },
  list: { margin: 0, paddingLeft: "20px" },
});

/** A scheduled job: what it does and when, its next runs and those that were. */
export function ScheduledJobScreen() {
  const styles = useStyles();
  const { t } = useTexts();
  const { scheduledJobId } = route.useParams();
  const { data, error, refetch } = useQuery({
    queryKey: ["scheduledJobs", scheduledJobId, "definition"],
    queryFn: async ({ signal }) =>
      readExact(
        await answer(
          api.GET("/scheduledJobs/{scheduledJobId}", {
            params: { path: { scheduledJobId } },
            parseAs: "text",
            signal,
          }),
        ),
      ) as ScheduledJob,
    refetchInterval: REFRESH,
  });
  const { tab = "runs" } = route.useSearch();
  const navigate = route.useNavigate();
  const first = data?.data[0];
  return (
    <Page filling={data !== undefined && tab === "runs"}>
      <PageHeader
        title={data?.displayName || scheduledJobId}
        trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]}
        about={data?.description}
        {...(data && { status: <ScheduleStatus job={data} />, actions: <Actions job={data} /> })}
      />
      <HoldBanner />
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!data && !error && (
        <Skeleton aria-label={t("run.loading")}>
          <SkeletonItem size={96} />
        </Skeleton>
      )}
      {data && (
        <>
          <Cards>
            <Schedule job={data} />
            <NextRuns job={data} />
            <Skips job={data} />
            <Card title={t("run.definition")}>
              <Facts
                facts={[
                  [t("run.type"), first && t(JOB_TYPES[first.type])],
                  ...definitionFacts(data, t, styles.list),
                  [t("scheduled.owner"), data.owner !== undefined && ownerText(data, t)],
                ]}
              />
            </Card>
          </Cards>
          <TabList
            selectedValue={tab}
            onTabSelect={(_, { value }) =>
              void navigate({
                search: value === "request" || value === "activity" ? { tab: value } : {},
                replace: true,
              })
            }
          >
            <Tab value="runs">{t("scheduled.runs")}</Tab>
            <Tab value="request">{t("run.request")}</Tab>
            <Tab value="activity">{t("run.tab.activity")}</Tab>
          </TabList>
          {tab === "runs" && (
            <div className={styles.runs}>
              <Runs scheduledJobId={scheduledJobId} />
            </div>
          )}
          {tab === "request" && <ScheduledCall id={scheduledJobId} job={data} />}
          {tab === "activity" && (
            <Activity kind="scheduledJobs" id={scheduledJobId} stamp={data.etag ?? ""} />
          )}
        </>
      )}
    </Page>
  );
}

function ScheduleStatus({ job: { completed, enabled } }: { job: ScheduledJob }) {
  const { t } = useTexts();
  if (completed) return <StatusBadge tone="success" text={t("scheduled.state.completed")} />;
  if (enabled === false) return <StatusBadge tone="stopped" text={t("scheduled.state.suspended")} />;
  return <StatusBadge tone="waiting" text={t("scheduled.state.scheduled")} />;
}

function Schedule({ job: { schedule } }: { job: ScheduledJob }) {
  const { t } = useTexts();
  const { start, recurrence, end, zone } = schedule;
  const ends =
    end == null
      ? recurrence == null
        ? undefined
        : t("scheduled.end.never")
      : end.type === "date"
        ? t("scheduled.end.date", { date: end.date })
        : t("scheduled.end.after", { count: end.occurrences });
  return (
    <Card title={t("scheduled.schedule")}>
      <Facts
        facts={[
          [t("scheduled.recurrence"), t(RECURRENCES[recurrence ?? "once"])],
          [t("scheduled.start"), <ZonedTime key="start" time={start} zone={zone} />],
          [t("scheduled.end"), ends],
          [t("scheduled.zone"), zone ?? "UTC"],
        ]}
      />
    </Card>
  );
}

function NextRuns({ job: { nextRuns = [], completed, enabled, schedule } }: { job: ScheduledJob }) {
  const styles = useStyles();
  const { t } = useTexts();
  const none = completed
    ? t("scheduled.next.completed")
    : enabled === false
      ? t("scheduled.next.suspended")
      : t("scheduled.next.none");
  return (
    <Card title={t("scheduled.next")}>
      {nextRuns.length === 0 || enabled === false ? (
        <Text>{none}</Text>
      ) : (
        <ol className={styles.list}>
          {nextRuns.map((time, index) => (
            <li key={time}>
              <ZonedTime time={time} zone={schedule.zone} />
              {index === 0 && (
                <>
                  {" · "}
                  <TimeText time={time} relative />
                </>
              )}
            </li>
          ))}
        </ol>
      )}
    </Card>
  );
}

/** A time as the clocks of the schedule show it, and beside it as those of whoever looks where that is another. */
function ZonedTime({ time, zone }: { time: string; zone: string | null | undefined }) {
  const { t, formats } = useTexts();
  const date = new Date(time);
  const there = formats.dateTimeIn(date, zone ?? "UTC");
  const here = formats.dateTimeIn(date, Intl.DateTimeFormat().resolvedOptions().timeZone);
  return (
    <time dateTime={date.toISOString()}>
      {there}
      {here !== there && ` (${t("scheduled.time.yours", { time: here })})`}
    </time>
  );
}

const SKIPS: Record<Schemas["ScheduleSkipReason"], TextKey & `scheduled.skip.${string}`> = {
  stillActive: "scheduled.skip.stillActive",
  missed: "scheduled.skip.missed",
  missedTheEnd: "scheduled.skip.missedTheEnd",
};

/** Times at which it did not run, and why. */
function Skips({ job: { skips = [], skipped = 0, schedule } }: { job: ScheduledJob }) {
  const styles = useStyles();
  const { t } = useTexts();
  if (skipped === 0) return null;
  return (
    <Card title={t("scheduled.skips")} extra={t("scheduled.skips.count", { count: skipped })}>
      <ul className={styles.list}>
        {skips.map(({ tick, ticks, reason }) => (
          <li key={tick}>
            <ZonedTime time={tick} zone={schedule.zone} />
            {ticks > 1 && ` · ${t("scheduled.skips.ticks", { count: ticks })}`}
            {" · "}
            {t(SKIPS[reason])}
          </li>
        ))}
      </ul>
    </Card>
  );
}

function Actions({ job }: { job: ScheduledJob }) {
  const { t } = useTexts();
  const router = useRouter();
  const queries = useQueryClient();
  const notify = useNotify();
  const may = useMay();
  const [asks, setAsks] = useState(false);
  const [busy, setBusy] = useState(false);
  const params = { path: { scheduledJobId: job.id ?? "" } };
  const refresh = () => queries.invalidateQueries({ queryKey: ["scheduledJobs"] });
  const suspended = job.enabled === false;
  const { data: latest } = useQuery({
    queryKey: ["scheduledJobs", job.id, "latest"],
    queryFn: async ({ signal }) => {
      const path = { scheduledJobId: job.id ?? "" };
      const query = { maxpagesize: "1" };
      const { value } = await answer(
        api.GET("/scheduledJobs/{scheduledJobId}/jobs", { params: { path, query }, signal }),
      );
      return value[0] ?? null;
    },
    refetchInterval: REFRESH,
  });
  const mayNot = may("runJobs") ? undefined : t("run.mayNot");
  // The server changes no definition of which a run is active.
  const notNow = mayNot ?? (latest && latest.end == null ? t("scheduled.active") : undefined);

  const enable = async (enabled: boolean) => {
    setBusy(true);
    try {
      await answer(
        // Without an etag: each run changes it, and this holds whatever else changed.
        api.PATCH("/scheduledJobs/{scheduledJobId}", { params, body: { enabled } }),
      );
      await refresh();
    } catch (error) {
      notify.failed(t("scheduled.notChanged"), error);
    } finally {
      setBusy(false);
    }
  };

  const copy = (
    <Maybe
      why={mayNot}
      icon={<CopyRegular />}
      onClick={() =>
        void router.navigate({
          to: "/jobs/definitions/create/$step",
          params: { step: "configure" },
          search: { copyScheduled: job.id ?? "" },
        })
      }
    >
      {t("scheduled.copy")}
    </Maybe>
  );
  if (job.completed) return copy;
  return (
    <>
      <Maybe
        why={notNow}
        icon={<EditRegular />}
        onClick={() =>
          void router.navigate({
            to: "/jobs/definitions/create/$step",
            params: { step: "configure" },
            search: { scheduled: job.id ?? "" },
          })
        }
      >
        {t("scheduled.edit")}
      </Maybe>
      <Maybe
        why={notNow}
        icon={suspended ? <PlayRegular /> : <PauseRegular />}
        disabled={busy}
        onClick={() => void enable(suspended)}
      >
        {t(suspended ? "scheduled.enable" : "scheduled.suspend")}
      </Maybe>
      {copy}
      <Maybe why={mayNot} icon={<CalendarCancelRegular />} onClick={() => setAsks(true)}>
        {t("scheduled.unschedule")}
      </Maybe>
      {asks && (
        <ConfirmDialog
          title={t("scheduled.unschedule.title")}
          body={t("scheduled.unschedule.body")}
          action={t("scheduled.unschedule")}
          onConfirm={async () => {
            await answer(api.DELETE("/scheduledJobs/{scheduledJobId}", { params }));
            notify.done(t("scheduled.unscheduled"));
            await router.navigate({ to: "/jobs" });
            queries.removeQueries({ queryKey: ["scheduledJobs", job.id] });
            await refresh();
          }}
          onClose={() => setAsks(false)}
        />
      )}
    </>
  );
}
