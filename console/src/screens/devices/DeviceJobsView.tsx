import {
  makeStyles,
  Spinner,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  tokens,
} from "@fluentui/react-components";
import { TaskListSquareLtrRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { AppLink } from "../../components/AppLink";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { StatusBadge, type Tone } from "../../components/StatusBadge";
import { TimeText } from "../../components/TimeText";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";

type Status = Schemas["DeviceJobStatus"];

const STATUSES: Record<Status, { readonly tone: Tone; readonly text: TextKey & `devices.job.${Status}` }> = {
  pending: { tone: "waiting", text: "devices.job.pending" },
  running: { tone: "running", text: "devices.job.running" },
  completed: { tone: "success", text: "devices.job.completed" },
  failed: { tone: "danger", text: "devices.job.failed" },
  cancelled: { tone: "canceled", text: "devices.job.cancelled" },
};

const useStyles = makeStyles({
  table: {
    minWidth: "560px",
    backgroundColor: tokens.colorNeutralBackground1,
  },
  room: { overflowX: "auto" },
  message: { overflowWrap: "anywhere" },
});

/** The jobs that the device had a part in, newest first. */
export function DeviceJobsView({ deviceId }: { deviceId: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const { data, error, refetch } = useQuery({
    queryKey: ["devices", deviceId, "jobs"],
    queryFn: ({ signal }) =>
      answer(api.GET("/devices/{deviceId}/jobs", { params: { path: { deviceId } }, signal })),
    refetchInterval: 10_000,
  });
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner label={t("devices.reading")} />;
  if (data.value.length === 0)
    return (
      <EmptyState
        icon={TaskListSquareLtrRegular}
        title={t("devices.jobs.none.title")}
        body={t("devices.jobs.none.body")}
      />
    );
  return (
    // Scrolled sideways where it is narrow, also with the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.room} tabIndex={0} role="region" aria-label={t("devices.view.jobs")}>
      <Table className={styles.table} aria-label={t("devices.view.jobs")}>
        <TableHeader>
          <TableRow>
            <TableHeaderCell>{t("devices.jobs.job")}</TableHeaderCell>
            <TableHeaderCell>{t("devices.jobs.status")}</TableHeaderCell>
            <TableHeaderCell>{t("devices.jobs.finished")}</TableHeaderCell>
            <TableHeaderCell>{t("devices.jobs.message")}</TableHeaderCell>
          </TableRow>
        </TableHeader>
        <TableBody>
          {data.value.map(({ id, displayName, row }) => (
            <TableRow key={id}>
              <TableCell>
                <AppLink to="/jobs/instances/$jobId" params={{ jobId: id }}>
                  {displayName ?? id}
                </AppLink>
              </TableCell>
              <TableCell>
                <StatusBadge tone={STATUSES[row.status].tone} text={t(STATUSES[row.status].text)} />
              </TableCell>
              <TableCell>{row.finished ? <TimeText time={row.finished} relative /> : ""}</TableCell>
              <TableCell className={styles.message}>{row.message ?? ""}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}
