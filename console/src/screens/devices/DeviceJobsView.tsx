import { makeStyles } from "@fluentui/react-components";
import { TaskListSquareLtrRegular } from "@fluentui/react-icons";
import { useMemo } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { pageOf, pageQuery } from "../../api/pages";
import { AppLink } from "../../components/AppLink";
import { EmptyState } from "../../components/EmptyState";
import { StatusBadge, type Tone } from "../../components/StatusBadge";
import { TimeText } from "../../components/TimeText";
import type { GridColumn } from "../../grid/column";
import { DataGrid } from "../../grid/DataGrid";
import { pagedSource } from "../../grid/paged";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";

type Status = Schemas["DeviceJobStatus"];
type DeviceJob = Schemas["DeviceJobSummary"];

/** They are read again this often, in ms. */
const REFRESH = 10_000;

const STATUSES: Record<Status, { readonly tone: Tone; readonly text: TextKey & `devices.job.${Status}` }> = {
  pending: { tone: "waiting", text: "devices.job.pending" },
  running: { tone: "running", text: "devices.job.running" },
  completed: { tone: "success", text: "devices.job.completed" },
  failed: { tone: "danger", text: "devices.job.failed" },
  cancelled: { tone: "canceled", text: "devices.job.cancelled" },
};

const useStyles = makeStyles({
  room: { display: "flex", flexDirection: "column", height: "60vh", minHeight: "320px" },
});

/** The jobs that the device had a part in, newest first. */
export function DeviceJobsView({ deviceId }: { deviceId: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const source = useMemo(
    () =>
      pagedSource<DeviceJob>(
        ["devices", deviceId, "jobs", "list"],
        async (token, limit, signal) =>
          pageOf(
            await answer(
              api.GET("/devices/{deviceId}/jobs", {
                params: { path: { deviceId }, query: pageQuery(token, limit) },
                signal,
              }),
            ),
          ),
        REFRESH,
      ),
    [deviceId],
  );
  const columns = useMemo<GridColumn<DeviceJob>[]>(
    () => [
      {
        id: "job",
        header: t("devices.jobs.job"),
        width: 260,
        grows: true,
        fixed: true,
        cell: ({ id, displayName }) => (
          <AppLink to="/jobs/instances/$jobId" params={{ jobId: id }} tabIndex={-1}>
            {displayName || id}
          </AppLink>
        ),
      },
      {
        id: "status",
        header: t("devices.jobs.status"),
        width: 130,
        cell: ({ row: { status } }) => (
          <StatusBadge tone={STATUSES[status].tone} text={t(STATUSES[status].text)} />
        ),
      },
      {
        id: "finished",
        header: t("devices.jobs.finished"),
        width: 170,
        cell: ({ row: { finished } }) => finished && <TimeText time={finished} relative />,
      },
      {
        id: "message",
        header: t("devices.jobs.message"),
        width: 300,
        grows: true,
        cell: ({ row: { message } }) => <span title={message ?? undefined}>{message}</span>,
      },
    ],
    [t],
  );
  return (
    <div className={styles.room}>
      <DataGrid
        name="devices.jobs"
        label={t("devices.view.jobs")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ displayName, id }) => displayName || id}
        empty={
          <EmptyState
            icon={TaskListSquareLtrRegular}
            title={t("devices.jobs.none.title")}
            body={t("devices.jobs.none.body")}
          />
        }
      />
    </div>
  );
}
