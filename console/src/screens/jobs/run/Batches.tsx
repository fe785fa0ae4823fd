import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { Button, makeStyles, mergeClasses, Text, tokens, Tooltip } from "@fluentui/react-components";
import { ChevronLeftRegular, ChevronRightRegular } from "@fluentui/react-icons";
import { useEffect, useRef, useState } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { Card } from "../../../components/Card";
import { ErrorState } from "../../../components/ErrorState";
import { useNotify } from "../../../components/notify";
import { useTexts } from "../../../texts/texts";
import type { DeviceFilter } from "./filter";
import type { Job } from "./follower";
import { useSlow } from "./useSlow";

/** They are read again at most this often, in ms. */
const READ_AGAIN = 1_000;
/** As many come in one answer. */
const READ_MAX = 200;

type Batch = Schemas["Batch"];

const useStyles = makeStyles({
  strip: {
    position: "relative",
    display: "flex",
    alignItems: "flex-end",
    columnGap: "3px",
    margin: 0,
    padding: `${tokens.spacingVerticalXS} 0`,
    listStyleType: "none",
    overflowX: "auto",
    scrollbarWidth: "thin",
  },
  place: { position: "relative", flexGrow: 1, flexShrink: 0, flexBasis: "18px", maxWidth: "64px" },
  batch: {
    width: "100%",
    height: "28px",
    display: "flex",
    flexDirection: "column-reverse",
    overflow: "hidden",
    borderRadius: tokens.borderRadiusSmall,
    backgroundColor: tokens.colorNeutralBackground5,
    padding: 0,
    border: "none",
    cursor: "pointer",
    outlineOffset: "1px",
    ":focus-visible": { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  waiting: {
    backgroundColor: "transparent",
    boxShadow: `inset 0 0 0 1px ${tokens.colorNeutralStroke1}`,
  },
  open: { boxShadow: `inset 0 0 0 2px ${tokens.colorBrandStroke1}` },
  chosen: { outline: `${tokens.strokeWidthThick} solid ${tokens.colorNeutralForeground1}` },
  pause: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
  pages: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalXS },
  succeeded: { backgroundColor: tokens.colorPaletteGreenBackground3 },
  failed: { backgroundColor: tokens.colorPaletteRedBackground3 },
});

interface Props {
  readonly job: Job;
  readonly filter: DeviceFilter;
  readonly onFilter: (filter: DeviceFilter) => void;
  /** Reads the job again, after something was done with it. */
  readonly reload: () => Promise<void>;
}

/**
 * The batches beside each other, each filled as far as its devices have ended and each a filter; the open one is marked.
 * Of many those around the open one, until somebody turns to others.
 */
export function Batches({ job, filter, onFilter, reload }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const open = job.openBatch;
  const number = useSlow(open?.number, READ_AGAIN);
  const [from, setFrom] = useState<number>();
  const strip = useRef<HTMLOListElement>(null);
  const { data, error, refetch } = useQuery({
    // Batches open and end one after the other; the open one itself comes with the events.
    queryKey: ["job", job.id, "batches", from, number, job.status],
    queryFn: ({ signal }) =>
      answer(
        api.GET("/jobs/{jobId}/batches", {
          params: { path: { jobId: job.id }, query: from === undefined ? {} : { from: String(from) } },
          signal,
        }),
      ),
    enabled: job.batch != null,
    placeholderData: keepPreviousData,
  });
  useEffect(() => {
    const marked = strip.current?.querySelector<HTMLElement>("[data-open]");
    if (marked && strip.current) {
      strip.current.scrollLeft = marked.offsetLeft - strip.current.clientWidth / 2;
    }
  }, [number, data]);

  if (!job.batch) return null;
  const first = data?.value.at(0)?.number;
  const last = data?.value.at(-1)?.number;
  const isLast = open?.number === open?.of;
  return (
    <Card
      title={t("run.batches")}
      extra={open && t("run.batch.of", { number: formats.number(open.number), of: formats.number(open.of) })}
    >
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!open && <Text>{t("run.batches.notYet")}</Text>}
      <ol ref={strip} className={styles.strip}>
        {data?.value.map((read) => {
          const isOpen = read.number === open?.number;
          const batch = isOpen ? { ...read, ...open } : read;
          const own = String(read.number);
          return (
            <BatchMark
              key={own}
              batch={batch}
              isOpen={isOpen && job.end == null}
              chosen={filter.batch === own}
              onChoose={() => onFilter(filter.batch === own ? {} : { batch: own })}
            />
          );
        })}
      </ol>
      {open && first !== undefined && last !== undefined && last - first + 1 < open.of && (
        <div className={styles.pages}>
          <Button
            appearance="subtle"
            size="small"
            icon={<ChevronLeftRegular />}
            aria-label={t("run.batches.before")}
            disabled={first === 1}
            onClick={() => setFrom(Math.max(1, first - READ_MAX))}
          />
          <Text size={200}>
            {t("run.batches.shown", {
              from: formats.number(first),
              to: formats.number(last),
              of: formats.number(open.of),
            })}
          </Text>
          <Button
            appearance="subtle"
            size="small"
            icon={<ChevronRightRegular />}
            aria-label={t("run.batches.after")}
            disabled={last === open.of}
            onClick={() => setFrom(last + 1)}
          />
          {from !== undefined && (
            <Button appearance="subtle" size="small" onClick={() => setFrom(undefined)}>
              {t("run.batches.open")}
            </Button>
          )}
        </div>
      )}
      {open && (
        <Text size={200}>
          {t("run.batch.state", {
            succeeded: formats.number(open.succeeded),
            failed: formats.number(open.failed),
            size: formats.number(open.size),
          })}
        </Text>
      )}
      {open && !isLast && job.end == null && !open.pauses && job.reason?.code !== "pausedAfterBatch" && (
        <Text size={200}>
          {t("run.batch.gate", {
            ended: formats.number(open.succeeded + open.failed),
            count: open.size,
          })}
        </Text>
      )}
      <Pause job={job} reload={reload} />
    </Card>
  );
}

/** The job may stop when its open batch has ended, so that one can look at it first. */
function Pause({ job: { id, openBatch, actions, status }, reload }: Pick<Props, "job" | "reload">) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const notify = useNotify();
  const [busy, setBusy] = useState(false);
  const pauses = openBatch?.pauses ?? false;
  const may = actions.includes("pauseAfterBatch") && status === "running";
  if (!openBatch || openBatch.number === openBatch.of || (!pauses && !may)) return null;
  const number = formats.number(openBatch.number);
  const params = { path: { jobId: id } };
  const change = async () => {
    setBusy(true);
    try {
      await answer(
        pauses
          ? api.DELETE("/jobs/{jobId}/pauseAfterBatch", { params })
          : api.PUT("/jobs/{jobId}/pauseAfterBatch", { params }),
      );
      await reload();
    } catch (error) {
      notify.failed(t("run.pause.failed"), error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <div className={styles.pause}>
      {pauses && <Text weight="semibold">{t("run.pause.on", { number })}</Text>}
      {may && (
        <Button size="small" disabled={busy} onClick={() => void change()}>
          {pauses ? t("run.pause.withdraw") : t("run.pause", { number })}
        </Button>
      )}
    </div>
  );
}

interface MarkProps {
  readonly batch: Batch;
  readonly isOpen: boolean;
  readonly chosen: boolean;
  readonly onChoose: () => void;
}

function BatchMark({ batch, isOpen, chosen, onChoose }: MarkProps) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { number, size, succeeded, failed, opened, ended } = batch;
  const share = (count: number) => ({ height: `${size === 0 ? 0 : (100 * count) / size}%` });
  const text = [
    t("run.batch.number", { number: formats.number(number) }),
    t("run.batch.state", {
      succeeded: formats.number(succeeded),
      failed: formats.number(failed),
      size: formats.number(size),
    }),
    opened ? t("run.batch.opened", { time: formats.dateTime(new Date(opened)) }) : t("run.batch.waits"),
    ended && t("run.batch.ended", { time: formats.dateTime(new Date(ended)) }),
  ]
    .filter(Boolean)
    .join(" · ");
  return (
    <li className={styles.place} data-open={isOpen ? "" : undefined}>
      <Tooltip content={text} relationship="label">
        <button
          type="button"
          aria-pressed={chosen}
          className={mergeClasses(
            styles.batch,
            !opened && styles.waiting,
            isOpen && styles.open,
            chosen && styles.chosen,
          )}
          onClick={onChoose}
        >
          <span className={styles.succeeded} style={share(succeeded)} />
          <span className={styles.failed} style={share(failed)} />
        </button>
      </Tooltip>
    </li>
  );
}
