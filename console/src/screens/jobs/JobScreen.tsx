import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Tab,
  TabList,
  Text,
  tokens,
} from "@fluentui/react-components";
import { getRouteApi } from "@tanstack/react-router";
import { useCallback } from "react";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { JobStatusBadge } from "../../components/StatusBadge";
import { useTexts } from "../../texts/texts";
import { HoldBanner } from "./hold/HoldBanner";
import { sayReason } from "./reason";
import { Actions } from "./run/Actions";
import { Activity } from "./run/Activity";
import { Definition } from "./run/Definition";
import { DeviceDrawer } from "./run/DeviceDrawer";
import { Devices } from "./run/Devices";
import { filterOf, TABS, without, type DeviceFilter, type RunSearch } from "./run/filter";
import { SourceLink } from "./run/Lineage";
import { Summary } from "./run/Summary";
import { useTwinColumns } from "./run/TwinColumns";
import { useJob, type LiveJob } from "./run/useJob";

const route = getRouteApi("/shell/jobs/instances/$jobId");

const useStyles = makeStyles({
  // The grid needs room for some rows; where the window has none the page scrolls.
  grid: { display: "flex", flexDirection: "column", flexGrow: 1, minHeight: "440px" },
  about: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalXS },
});

/** A job: how it goes, what became of each device, and what can be done about it. */
export function JobScreen() {
  const { t } = useTexts();
  const { jobId } = route.useParams();
  const live = useJob(jobId);
  const { job, error, reload } = live;
  const trail = [<AppLink to="/jobs">{t("nav.jobs")}</AppLink>];
  if (!job) {
    return (
      <Page>
        <PageHeader title={jobId} trail={trail} />
        {error ? (
          <ErrorState error={error} onRetry={() => void reload()} />
        ) : (
          <Skeleton aria-label={t("run.loading")}>
            <SkeletonItem size={96} />
          </Skeleton>
        )}
      </Page>
    );
  }
  return <Run live={{ ...live, job }} />;
}

function Run({ live }: { live: LiveJob & { job: NonNullable<LiveJob["job"]> } }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { job, connection, samples, error, reload } = live;
  const search = route.useSearch();
  const navigate = route.useNavigate();
  const filter = filterOf(search);
  const { tab = "devices", device } = search;

  // Filters and the drawer are places one comes back from; the search that one types is not.
  const show = useCallback(
    (change: (before: RunSearch) => RunSearch, replace = false) => {
      void navigate({ search: change, replace, resetScroll: false });
    },
    [navigate],
  );
  const onFilter = useCallback(
    (filter: DeviceFilter) =>
      show(({ columns }) => ({ ...filter, ...(columns && { columns }) }), filter.search !== undefined),
    [show],
  );
  const onColumns = useCallback(
    (columns: string | undefined, replace: boolean) =>
      show((before) => ({ ...without(before, "columns"), ...(columns && { columns }) }), replace),
    [show],
  );
  const [paths, setPaths] = useTwinColumns(search.columns, onColumns);
  const onOpen = useCallback((device: string) => show((before) => ({ ...before, device })), [show]);
  const onClose = useCallback(() => show((before) => without(before, "device")), [show]);

  return (
    <Page filling={tab === "devices"}>
      <div
        data-testid="run"
        data-event-number={job.event}
        data-connection={connection}
        data-status={job.status}
        hidden
      />
      <PageHeader
        title={job.displayName || job.id}
        trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]}
        status={<JobStatusBadge status={job.status} />}
        about={
          (job.reason || job.description || job.rerunOf) && (
            <span className={styles.about}>
              {job.reason && <Text>{sayReason(job.reason, t, formats)}</Text>}
              {job.description && <Text>{job.description}</Text>}
              {job.rerunOf && (
                <span>
                  {t("run.rerunOf")} <SourceLink jobId={job.rerunOf} />
                </span>
              )}
            </span>
          )
        }
        actions={<Actions job={job} filter={filter} columns={paths} reload={reload} />}
      />
      <HoldBanner />
      {connection === "lost" && (
        <MessageBar intent="warning">
          <MessageBarBody>{t("run.connection.lost")}</MessageBarBody>
        </MessageBar>
      )}
      {connection !== "lost" && error ? <ErrorState error={error} onRetry={() => void reload()} /> : null}
      <Summary job={job} samples={samples} filter={filter} onFilter={onFilter} reload={reload} />
      <TabList
        selectedValue={tab}
        onTabSelect={(_, { value }) => {
          const tab = TABS.find((tab) => tab === value);
          show((before) => ({ ...without(before, "tab"), ...(tab && tab !== "devices" && { tab }) }));
        }}
      >
        <Tab value="devices">{t("run.tab.devices")}</Tab>
        <Tab value="definition">{t("run.tab.definition")}</Tab>
        <Tab value="activity">{t("run.tab.activity")}</Tab>
      </TabList>
      {tab === "devices" && (
        <div className={styles.grid}>
          <Devices
            job={job}
            filter={filter}
            onFilter={onFilter}
            onOpen={onOpen}
            paths={paths}
            onPaths={setPaths}
          />
        </div>
      )}
      {tab === "definition" && <Definition job={job} />}
      {tab === "activity" && <Activity kind="jobs" id={job.id} stamp={[job.status, ...job.actions].join()} />}
      <DeviceDrawer job={job} deviceId={device} onClose={onClose} />
    </Page>
  );
}
