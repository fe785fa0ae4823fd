import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { useMemo } from "react";
import { AppLink } from "../../../components/AppLink";
import { TimeText } from "../../../components/TimeText";
import type { GridColumn } from "../../../grid/column";
import { writeExact } from "../../../json/exact";
import { useTexts } from "../../../texts/texts";
import { sayCode } from "./codes";
import { DeviceStatusBadge } from "./DeviceStatusBadge";
import type { DeviceRow } from "./devices";
import { CLASSES } from "./Failures";

const useStyles = makeStyles({
  deleted: { color: tokens.colorNeutralForeground3, fontStyle: "italic" },
});

/** The columns of a job's devices; `paths` are values of the twins that were asked for. */
export function useDeviceColumns(paths: readonly string[]): readonly GridColumn<DeviceRow>[] {
  const { t, formats } = useTexts();
  return useMemo(() => {
    const columns: GridColumn<DeviceRow>[] = [
      {
        id: "name",
        header: t("run.column.device"),
        width: 190,
        grows: true,
        fixed: true,
        cell: (row) => <DeviceName row={row} />,
      },
      {
        id: "status",
        header: t("run.column.status"),
        width: 130,
        cell: ({ status }) => <DeviceStatusBadge status={status} />,
      },
      {
        id: "message",
        header: t("run.column.message"),
        width: 220,
        grows: true,
        cell: ({ message }) => <span title={message ?? undefined}>{message}</span>,
      },
      {
        id: "class",
        header: t("run.column.class"),
        width: 180,
        cell: (row) => <span>{row.class != null && row.status === "failed" && t(CLASSES[row.class])}</span>,
      },
      {
        id: "responseStatus",
        header: t("run.column.responseStatus"),
        width: 90,
        numeric: true,
        cell: ({ responseStatus }) => <span>{responseStatus}</span>,
      },
      {
        id: "duration",
        header: t("run.column.duration"),
        width: 100,
        numeric: true,
        cell: ({ started, finished }) => <span>{took(started, finished, formats.number)}</span>,
      },
      { id: "id", header: t("run.column.id"), width: 200, hidden: true, cell: ({ id }) => <span>{id}</span> },
      {
        id: "code",
        header: t("run.column.code"),
        width: 180,
        hidden: true,
        cell: ({ code }) => <span title={code ?? undefined}>{code && sayCode(code, t)}</span>,
      },
      {
        id: "started",
        header: t("run.started"),
        width: 190,
        hidden: true,
        cell: ({ started }) => started && <TimeText time={started} />,
      },
      {
        id: "finished",
        header: t("run.ended"),
        width: 190,
        hidden: true,
        cell: ({ finished }) => finished && <TimeText time={finished} />,
      },
      {
        id: "connected",
        header: t("run.column.connected"),
        width: 120,
        hidden: true,
        cell: ({ connected, deleted }) => (
          <span>{!deleted && t(connected ? "run.connected" : "run.disconnected")}</span>
        ),
      },
      {
        id: "lastActivity",
        header: t("run.column.lastActivity"),
        width: 160,
        hidden: true,
        cell: ({ lastActivity }) => lastActivity && <TimeText time={lastActivity} relative />,
      },
      {
        id: "template",
        header: t("run.column.template"),
        width: 220,
        hidden: true,
        cell: ({ template }) => <span>{template}</span>,
      },
      {
        id: "organization",
        header: t("run.column.organization"),
        width: 160,
        hidden: true,
        cell: ({ organization }) => <span>{organization}</span>,
      },
    ];
    for (const path of paths) {
      columns.push({
        id: path,
        header: path,
        width: 160,
        cell: (row) => <span>{sayValue(row.columns?.[path])}</span>,
      });
    }
    return columns;
  }, [t, formats, paths]);
}

function DeviceName({ row }: { row: DeviceRow }) {
  const styles = useStyles();
  const { t } = useTexts();
  if (row.deleted) return <Text className={styles.deleted}>{t("run.deleted", { id: row.id })}</Text>;
  return (
    <AppLink to="/devices/$deviceId" params={{ deviceId: row.id }} tabIndex={-1}>
      {row.displayName}
    </AppLink>
  );
}

/** How long a device took, in seconds with what matters of them. */
export function took(
  started: string | null | undefined,
  finished: string | null | undefined,
  number: (value: number) => string,
): string {
  if (!started || !finished) return "";
  const seconds = (Date.parse(finished) - Date.parse(started)) / 1000;
  return `${number(seconds >= 10 ? Math.round(seconds) : Math.round(seconds * 100) / 100)} s`;
}

function sayValue(value: unknown): string {
  if (value === undefined || value === null) return "";
  return typeof value === "string" ? value : writeExact(value, 0);
}
