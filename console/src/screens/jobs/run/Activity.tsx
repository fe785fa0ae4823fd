import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { HistoryRegular } from "@fluentui/react-icons";
import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery } from "../../../api/pages";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { TimeText } from "../../../components/TimeText";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { CommentField } from "./CommentField";

type AuditEntry = Schemas["AuditEntry"];

/** What is done with jobs; another word is shown as the server says it. */
const DONE: Readonly<Record<string, (TextKey & `run.did.${string}`) | undefined>> = {
  create: "run.did.create",
  run: "run.did.run",
  stop: "run.did.stop",
  hold: "run.did.hold",
  pause: "run.did.pause",
  pauseAfterBatch: "run.did.pauseAfterBatch",
  withdrawPause: "run.did.withdrawPause",
  resume: "run.did.resume",
  cancel: "run.did.cancel",
  rerun: "run.did.rerun",
  begin: "run.did.begin",
  complete: "run.did.complete",
  fail: "run.did.fail",
  acknowledge: "run.did.acknowledge",
  comment: "run.did.comment",
};

/** And with scheduled jobs. */
const DONE_SCHEDULED: Readonly<Record<string, (TextKey & `scheduled.did.${string}`) | undefined>> = {
  create: "scheduled.did.create",
  update: "scheduled.did.update",
  delete: "scheduled.did.delete",
};

const READ = {
  jobs: (id: string, query: ReturnType<typeof pageQuery>, signal: AbortSignal) =>
    api.GET("/jobs/{jobId}/activity", { params: { path: { jobId: id }, query }, signal }),
  scheduledJobs: (id: string, query: ReturnType<typeof pageQuery>, signal: AbortSignal) =>
    api.GET("/scheduledJobs/{scheduledJobId}/activity", {
      params: { path: { scheduledJobId: id }, query },
      signal,
    }),
};

interface Props {
  readonly kind: keyof typeof READ;
  readonly id: string;
  /** Changes when something was done. */
  readonly stamp: string;
}

const useStyles = makeStyles({
  list: { margin: 0, padding: 0, listStyleType: "none" },
  entry: {
    display: "grid",
    gridTemplateColumns: "minmax(150px, max-content) minmax(0, 1fr)",
    columnGap: tokens.spacingHorizontalL,
    padding: `${tokens.spacingVerticalS} 0`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    "@media (max-width: 767px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  what: { display: "flex", flexDirection: "column", overflowWrap: "anywhere" },
  // As it was typed.
  comment: { whiteSpace: "pre-wrap" },
  muted: { color: tokens.colorNeutralForeground2 },
});

/** Who did what with a job or a scheduled job, and what was said about a job, newest first. */
export function Activity({ kind, id, stamp }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const queries = useQueryClient();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: [kind, id, "activity", stamp],
    queryFn: async ({ pageParam, signal }) =>
      pageOf<AuditEntry>(await answer(READ[kind](id, pageQuery(pageParam, 50), signal))),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
  });
  const entries = data?.pages.flatMap(({ rows }) => rows) ?? [];
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  const comment = kind === "jobs" && (
    <CommentField
      jobId={id}
      onAdded={() => queries.invalidateQueries({ queryKey: [kind, id, "activity"] })}
    />
  );
  if (data && entries.length === 0) {
    return (
      <>
        {comment}
        <EmptyState icon={HistoryRegular} title={t("run.activity.none")} body={t("run.activity.none.body")} />
      </>
    );
  }
  return (
    <div>
      {comment}
      <ol className={styles.list}>
        {entries.map(({ number, time, actor, actorName, action, detail, address }) => {
          const done = kind === "jobs" ? DONE[action] : DONE_SCHEDULED[action];
          return (
            <li key={number} className={styles.entry}>
              <span className={styles.muted}>
                <TimeText time={time} />
              </span>
              <span className={styles.what}>
                <Text>
                  <strong>{actorName ?? (actor === "system" ? t("run.actor.system") : actor)}</strong>{" "}
                  {done ? t(done) : action}
                </Text>
                {detail && <Text className={action === "comment" ? styles.comment : ""}>{detail}</Text>}
                {address && (
                  <Text size={200} className={styles.muted}>
                    {t("run.activity.from", { address })}
                  </Text>
                )}
              </span>
            </li>
          );
        })}
      </ol>
      {hasNextPage && (
        <Button disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {t("run.more")}
        </Button>
      )}
    </div>
  );
}
