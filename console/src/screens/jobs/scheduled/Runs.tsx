import { CalendarRegular } from "@fluentui/react-icons";
import { useMemo } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery } from "../../../api/pages";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { JobStatusBadge } from "../../../components/StatusBadge";
import { TimeText } from "../../../components/TimeText";
import type { GridColumn } from "../../../grid/column";
import { DataGrid } from "../../../grid/DataGrid";
import { pagedSource } from "../../../grid/paged";
import { useTexts } from "../../../texts/texts";

type Job = Schemas["Job"];

/** They are read again this often, in ms: a run may begin at any time. */
const REFRESH = 5_000;

/** The runs of a scheduled job, newest first. */
export function Runs({ scheduledJobId }: { scheduledJobId: string }) {
  const { t, formats } = useTexts();
  const source = useMemo(
    () =>
      pagedSource<Job>(
        ["scheduledJobs", scheduledJobId, "runs"],
        async (token, limit, signal) =>
          pageOf(
            await answer(
              api.GET("/scheduledJobs/{scheduledJobId}/jobs", {
                params: { path: { scheduledJobId }, query: pageQuery(token, limit) },
                signal,
              }),
            ),
          ),
        REFRESH,
      ),
    [scheduledJobId],
  );
  const columns = useMemo<GridColumn<Job>[]>(
    () => [
      {
        id: "name",
        header: t("scheduled.run"),
        width: 240,
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
        header: t("scheduled.status"),
        width: 130,
        cell: ({ status }) => <JobStatusBadge status={status} />,
      },
      {
        id: "devices",
        header: t("scheduled.devices"),
        width: 100,
        numeric: true,
        cell: ({ counters }) => <span>{formats.number(counters.total)}</span>,
      },
      {
        id: "succeeded",
        header: t("scheduled.succeeded"),
        width: 110,
        numeric: true,
        cell: ({ counters }) => <span>{formats.number(counters.succeeded)}</span>,
      },
      {
        id: "failed",
        header: t("scheduled.failed"),
        width: 100,
        numeric: true,
        cell: ({ counters }) => <span>{formats.number(counters.failed)}</span>,
      },
      {
        id: "start",
        header: t("scheduled.started"),
        width: 190,
        cell: ({ start }) => start && <TimeText time={start} />,
      },
      {
        id: "duration",
        header: t("scheduled.duration"),
        width: 130,
        cell: ({ start, end }) => (
          <span>{start && end && formats.duration((Date.parse(end) - Date.parse(start)) / 1000)}</span>
        ),
      },
    ],
    [t, formats],
  );
  return (
    <DataGrid
      name="scheduled.runs"
      label={t("scheduled.runs")}
      source={source}
      columns={columns}
      rowId={({ id }) => id}
      rowName={({ displayName, id }) => displayName || id}
      empty={
        <EmptyState icon={CalendarRegular} title={t("scheduled.noRuns")} body={t("scheduled.noRuns.body")} />
      }
    />
  );
}
