import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { Card } from "../../../components/Card";
import { ErrorState } from "../../../components/ErrorState";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { sayCode, saysClass } from "./codes";
import type { DeviceFilter, OutcomeClass } from "./filter";
import type { Job } from "./follower";
import { useSlow } from "./useSlow";

type FailureReason = Schemas["FailureReason"];

/** Reasons that are shown before one asks for more. */
const FIRST = 3;

/** They are read again at most this often, in ms. */
const READ_AGAIN = 2_000;

export const CLASSES: Record<OutcomeClass, TextKey & `run.class.${string}`> = {
  succeeded: "run.class.succeeded",
  rejected: "run.class.rejected",
  timedOut: "run.class.timedOut",
  neverReached: "run.class.neverReached",
  preconditionFailed: "run.class.preconditionFailed",
  serverError: "run.class.serverError",
  unknown: "run.class.unknown",
  cancelled: "run.class.cancelled",
};

export function isClass(value: string): value is OutcomeClass {
  return Object.hasOwn(CLASSES, value);
}

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: "none", display: "flex", flexDirection: "column" },
  reason: {
    display: "grid",
    gridTemplateColumns: "auto minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalM,
    justifyContent: "start",
    justifyItems: "start",
    width: "100%",
    minWidth: 0,
    padding: `${tokens.spacingVerticalXS} ${tokens.spacingHorizontalXS}`,
    fontWeight: tokens.fontWeightRegular,
    textAlign: "left",
  },
  count: { minWidth: "3ch", textAlign: "right", fontVariantNumeric: "tabular-nums" },
  what: { minWidth: 0, overflowWrap: "anywhere" },
  more: { gridColumn: "2", minWidth: 0, overflowWrap: "anywhere", color: tokens.colorNeutralForeground2 },
});

interface Props {
  readonly job: Job;
  readonly filter: DeviceFilter;
  readonly onFilter: (filter: DeviceFilter) => void;
}

/** Why devices failed, most devices first; each reason is a filter. */
export function Failures({ job, filter, onFilter }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [all, setAll] = useState(false);
  const failed = useSlow(job.counters.failed, READ_AGAIN);
  const { data, error, refetch } = useQuery({
    queryKey: ["job", job.id, "failures", failed],
    queryFn: ({ signal }) =>
      answer(api.GET("/jobs/{jobId}/failures", { params: { path: { jobId: job.id } }, signal })),
    placeholderData: keepPreviousData,
    // Each number has a reading of its own; old ones are of no use.
    gcTime: 0,
  });
  const reasons = data?.value ?? [];
  const shown = all ? reasons : reasons.slice(0, FIRST);
  return (
    <Card title={t("run.failures")}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      <ul className={styles.list}>
        {shown.map((reason) => {
          const own = filterOfReason(reason);
          const isChosen = Object.entries(own).every(
            ([name, value]) => filter[name as keyof DeviceFilter] === value,
          );
          return (
            <li key={JSON.stringify(own)}>
              <Reason reason={reason} chosen={isChosen} onChoose={() => onFilter(isChosen ? {} : own)} />
            </li>
          );
        })}
      </ul>
      {reasons.length > FIRST && (
        <div>
          <Button size="small" appearance="transparent" onClick={() => setAll(!all)} aria-expanded={all}>
            {all ? t("run.failures.fewer") : t("run.failures.all", { count: reasons.length })}
          </Button>
        </div>
      )}
    </Card>
  );
}

function Reason({
  reason,
  chosen,
  onChoose,
}: {
  reason: FailureReason;
  chosen: boolean;
  onChoose: () => void;
}) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { code, responseStatus, message, devices, sampleDevice } = reason;
  const what = [
    t(CLASSES[reason.class]),
    code != null && !saysClass(code) && sayCode(code, t),
    responseStatus,
  ];
  const more = [message, t("run.failures.sample", { device: sampleDevice })];
  return (
    <Button
      size="small"
      appearance={chosen ? "outline" : "subtle"}
      aria-pressed={chosen}
      className={styles.reason}
      onClick={onChoose}
    >
      <Text weight="semibold" className={styles.count}>
        {formats.number(devices)}
      </Text>
      <span className={styles.what}>{joined(what)}</span>
      <Text size={200} className={styles.more}>
        {joined(more)}
      </Text>
    </Button>
  );
}

function joined(parts: readonly (string | number | false | null | undefined)[]): string {
  return parts.filter((part) => part !== false && part != null && part !== "").join(" · ");
}

/** The filter that shows the devices of a reason. */
export function filterOfReason(
  reason: Pick<FailureReason, "class" | "code" | "responseStatus">,
): DeviceFilter {
  return {
    status: "failed",
    class: reason.class,
    ...(reason.code != null && { code: reason.code }),
    ...(reason.responseStatus != null && { responseStatus: String(reason.responseStatus) }),
  };
}
