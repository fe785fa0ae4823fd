import { makeStyles, mergeClasses, Text, tokens } from "@fluentui/react-components";
import {
  CheckmarkCircleFilled,
  ClockRegular,
  DismissCircleFilled,
  PauseCircleFilled,
  PlayCircleRegular,
  ProhibitedFilled,
  WarningFilled,
  type FluentIcon,
} from "@fluentui/react-icons";
import type { Schemas } from "../api/client";
import type { TextKey } from "../texts/catalogue";
import { useTexts } from "../texts/texts";

export type Tone = "success" | "danger" | "warning" | "running" | "waiting" | "stopped" | "canceled";

const ICONS: Record<Tone, FluentIcon> = {
  success: CheckmarkCircleFilled,
  danger: DismissCircleFilled,
  warning: WarningFilled,
  running: PlayCircleRegular,
  waiting: ClockRegular,
  stopped: PauseCircleFilled,
  canceled: ProhibitedFilled,
};

const useStyles = makeStyles({
  root: { display: "inline-flex", alignItems: "center", columnGap: tokens.spacingHorizontalXS },
  icon: { fontSize: "16px", flexShrink: 0 },
  success: { color: tokens.colorStatusSuccessForeground3 },
  danger: { color: tokens.colorStatusDangerForeground3 },
  warning: { color: tokens.colorStatusWarningForeground3 },
  running: { color: tokens.colorBrandForeground1 },
  waiting: { color: tokens.colorNeutralForeground3 },
  stopped: { color: tokens.colorNeutralForeground3 },
  canceled: { color: tokens.colorNeutralForeground3 },
});

/** A state as colour, shape and word, so that none of the three has to carry it alone. */
export function StatusBadge({ tone, text }: { tone: Tone; text: string }) {
  const styles = useStyles();
  const Icon = ICONS[tone];
  return (
    <span className={styles.root}>
      <Icon className={mergeClasses(styles.icon, styles[tone])} />
      <Text wrap={false}>{text}</Text>
    </span>
  );
}

export type JobStatus = Schemas["JobStatus"];

const JOB_STATUS: Record<JobStatus, { tone: Tone; text: TextKey & `job.status.${JobStatus}` }> = {
  pending: { tone: "waiting", text: "job.status.pending" },
  running: { tone: "running", text: "job.status.running" },
  complete: { tone: "success", text: "job.status.complete" },
  failed: { tone: "danger", text: "job.status.failed" },
  stopped: { tone: "stopped", text: "job.status.stopped" },
  cancelled: { tone: "canceled", text: "job.status.cancelled" },
};

export function JobStatusBadge({ status }: { status: JobStatus }) {
  const { t } = useTexts();
  const { tone, text } = JOB_STATUS[status];
  return <StatusBadge tone={tone} text={t(text)} />;
}
