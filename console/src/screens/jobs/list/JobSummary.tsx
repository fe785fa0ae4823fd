import { makeStyles, mergeClasses, Text, tokens, Tooltip } from "@fluentui/react-components";
import { JobStatusBadge } from "../../../components/StatusBadge";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { sayReason } from "../reason";
import type { Job } from "./queries";

const useStyles = makeStyles({
  status: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS, minWidth: 0 },
  summary: { color: tokens.colorNeutralForeground2, overflow: "hidden", textOverflow: "ellipsis" },
  progress: {
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    width: "100%",
    overflow: "visible !important",
  },
  bar: {
    display: "flex",
    flexGrow: 1,
    minWidth: "40px",
    height: "6px",
    borderRadius: tokens.borderRadiusMedium,
    overflow: "hidden",
    backgroundColor: tokens.colorNeutralBackground5,
  },
  succeeded: { backgroundColor: tokens.colorPaletteGreenBackground3 },
  failed: { backgroundColor: tokens.colorPaletteRedBackground3 },
  share: {
    minWidth: "4ch",
    textAlign: "right",
    fontVariantNumeric: "tabular-nums",
    color: tokens.colorNeutralForeground2,
  },
});

/** The status, and after it how many devices succeeded and failed. */
export function JobSummary({ job }: { job: Job }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { succeeded, failed, total } = job.counters;
  const summary = [
    total > 0 && t("jobs.succeeded", { count: succeeded }),
    failed > 0 && t("jobs.failed", { count: failed }),
  ].filter(Boolean);
  const line = (
    <span className={styles.status}>
      <JobStatusBadge status={job.status} />
      <Text size={200} wrap={false} className={styles.summary}>
        {summary.join(" · ")}
      </Text>
    </span>
  );
  if (!job.reason) return line;
  return (
    <Tooltip content={sayReason(job.reason, t, formats)} relationship="description">
      {line}
    </Tooltip>
  );
}

/** How much of the job is done. */
export function JobProgress({ job }: { job: Job }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { succeeded, failed, total } = job.counters;
  if (total === 0) return null;
  const share = (succeeded + failed) / total;
  return (
    <span
      className={styles.progress}
      role="img"
      aria-label={t("jobs.progress.of", { done: formats.number(succeeded + failed), count: total })}
    >
      <span className={styles.bar}>
        <span className={mergeClasses(styles.succeeded)} style={{ width: `${(100 * succeeded) / total}%` }} />
        <span className={mergeClasses(styles.failed)} style={{ width: `${(100 * failed) / total}%` }} />
      </span>
      <Text size={200} className={styles.share}>
        {/* What is not all must not read as all. */}
        {formats.share(share < 1 ? Math.min(share, 0.999) : 1)}
      </Text>
    </span>
  );
}

export const ATTENTION: Record<NonNullable<Job["attention"]>, TextKey & `jobs.attention.${string}`> = {
  stopped: "jobs.attention.stopped",
  thresholdExceeded: "jobs.attention.threshold",
  failed: "jobs.attention.failed",
  failedDevices: "jobs.attention.devices",
};
