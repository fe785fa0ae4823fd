import { makeStyles, mergeClasses, ProgressBar, Text, tokens, Tooltip } from "@fluentui/react-components";
import { Card, Cards, Facts } from "../../../components/Card";
import { StackedBar, type Segment } from "../../../components/StackedBar";
import { TimeText } from "../../../components/TimeText";
import { useTexts } from "../../../texts/texts";
import { Batches } from "./Batches";
import { Failures } from "./Failures";
import type { DeviceFilter, DeviceStatus } from "./filter";
import type { Job } from "./follower";
import { Family } from "./Lineage";
import { rateAt, secondsLeft, type Sample } from "./rate";
import { useNow } from "./useNow";

interface Props {
  readonly job: Job;
  readonly samples: readonly Sample[];
  readonly filter: DeviceFilter;
  readonly onFilter: (filter: DeviceFilter) => void;
  readonly reload: () => Promise<void>;
}

/** How the job goes: outcomes, time, threshold, batches, why devices failed. */
export function Summary({ job, samples, filter, onFilter, reload }: Props) {
  return (
    <>
      <Outcomes job={job} filter={filter} onFilter={onFilter} />
      <Cards>
        <Duration job={job} samples={samples} />
        {(job.gauge || job.cancellationThreshold) && <Threshold job={job} />}
        <Batches job={job} filter={filter} onFilter={onFilter} reload={reload} />
        {job.counters.failed > 0 && <Failures job={job} filter={filter} onFilter={onFilter} />}
        <Family job={job} />
      </Cards>
    </>
  );
}

function Outcomes({ job, filter, onFilter }: Omit<Props, "samples" | "reload">) {
  const { t } = useTexts();
  const { total, succeeded, failed, neverReached, running, pending, cancelled } = job.counters;
  const segments: (Segment & { id: DeviceStatus | "neverReached" })[] = [
    { id: "completed", label: t("run.outcome.completed"), count: succeeded, tone: "success" },
    {
      id: "failed",
      label: t("run.outcome.failed"),
      count: failed - neverReached,
      whole: failed,
      tone: "danger",
    },
    ...(neverReached > 0
      ? [
          {
            id: "neverReached",
            label: t("run.class.neverReached"),
            count: neverReached,
            tone: "warning",
          } as const,
        ]
      : []),
    { id: "running", label: t("run.outcome.running"), count: running, tone: "running" },
    { id: "pending", label: t("run.outcome.pending"), count: pending, tone: "waiting" },
  ];
  if (cancelled > 0) {
    segments.push({ id: "cancelled", label: t("run.outcome.cancelled"), count: cancelled, tone: "canceled" });
  }
  const chosen = filter.class === "neverReached" ? "neverReached" : filter.status;
  return (
    <Card title={t("run.results")} extra={total > 0 && t("run.devices", { count: total })}>
      {total === 0 ? (
        <Text>{t("run.noDevicesYet")}</Text>
      ) : (
        <StackedBar
          label={t("run.results.of", { count: total })}
          segments={segments}
          chosen={chosen}
          onChoose={(id) => {
            const chosen = segments.find((segment) => segment.id === id)?.id;
            if (chosen === "neverReached") onFilter({ status: "failed", class: chosen });
            else onFilter(chosen ? { status: chosen } : {});
          }}
        />
      )}
    </Card>
  );
}

function Duration({ job, samples }: Pick<Props, "job" | "samples">) {
  const { t, formats } = useTexts();
  const { status, counters, start, end, reason } = job;
  const active = !end && start != null && status === "running";
  const now = useNow(active);
  // Runs, but nothing can move: there is a reason, and no rate.
  const rate = active ? rateAt(samples, now) : undefined;
  const left =
    active && counters.total > 0 ? secondsLeft(counters.running + counters.pending, rate) : undefined;
  // Of one that was stopped the clock stands where it was stopped.
  const until = end ?? (status === "stopped" ? reason?.at : undefined);
  const elapsed = start ? ((until ? Date.parse(until) : now) - Date.parse(start)) / 1000 : undefined;
  return (
    <Card title={t("run.duration")}>
      <Facts
        facts={[
          [t("run.started"), start ? <TimeText time={start} /> : t("run.notYet")],
          [t("run.ended"), end && <TimeText time={end} />],
          [
            t("run.elapsed"),
            elapsed !== undefined && (until || active) ? formats.duration(elapsed) : undefined,
          ],
          [
            t("run.rate"),
            active &&
              (rate === undefined ? "…" : t("run.rate.perSecond", { rate: formats.number(round(rate)) })),
          ],
          [
            t("run.left"),
            active &&
              (left === undefined
                ? t("run.left.unknown")
                : t("run.left.about", {
                    duration: formats.duration(left),
                    time: formats.dateTime(new Date(now + left * 1000)),
                  })),
          ],
        ]}
      />
    </Card>
  );
}

function round(rate: number): number {
  return rate >= 10 ? Math.round(rate) : Math.round(rate * 10) / 10;
}

const useStyles = makeStyles({
  near: { color: tokens.colorStatusWarningForeground1 },
  over: { color: tokens.colorStatusDangerForeground1 },
});

function Threshold({ job: { gauge, cancellationThreshold, status } }: Pick<Props, "job">) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  if (!gauge) {
    const limit = cancellationThreshold;
    if (!limit) return null;
    const value =
      limit.type === "percentage" ? formats.share(limit.value / 100) : formats.number(limit.value);
    return (
      <Card title={t("run.threshold")}>
        <Text>{t(limit.batch ? "run.threshold.setBatch" : "run.threshold.set", { value })}</Text>
      </Card>
    );
  }
  const { failed, borne, devices, perBatch } = gauge;
  const used = failed / (borne + 1);
  const exceeded = failed > borne;
  const near = !exceeded && used >= 0.75 && failed > 0;
  return (
    <Card
      title={t("run.threshold")}
      extra={t(perBatch ? "run.threshold.perBatch" : "run.threshold.whole", { count: devices })}
    >
      <ProgressBar
        aria-label={t("run.threshold")}
        thickness="large"
        value={Math.min(1, used)}
        color={exceeded ? "error" : near ? "warning" : "brand"}
      />
      <Tooltip content={t("run.threshold.explained", { count: borne })} relationship="description">
        <Text className={mergeClasses(near && styles.near, exceeded && styles.over)}>
          {exceeded && status === "cancelled"
            ? t("run.threshold.exceeded", { failed: formats.number(failed), count: borne })
            : t("run.threshold.used", { failed: formats.number(failed), count: borne })}
        </Text>
      </Tooltip>
    </Card>
  );
}
