import { Button, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery } from "../../../api/pages";
import { AppLink } from "../../../components/AppLink";
import { Card } from "../../../components/Card";
import { ErrorState } from "../../../components/ErrorState";
import { JobStatusBadge } from "../../../components/StatusBadge";
import { useTexts } from "../../../texts/texts";
import type { Job } from "./follower";
import { jobQuery } from "./useJob";

/** They are read again this often, in ms: somebody may make another one. */
const REFRESH = 10_000;

const useStyles = makeStyles({
  list: {
    margin: 0,
    padding: 0,
    listStyleType: "none",
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalS,
  },
  rerun: { display: "flex", flexWrap: "wrap", alignItems: "center", columnGap: tokens.spacingHorizontalM },
  counts: { color: tokens.colorNeutralForeground2 },
});

/** The jobs that were made on devices of this one, newest first; nothing where there are none. */
export function Reruns({ job }: { job: Job }) {
  const styles = useStyles();
  const { t } = useTexts();
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery({
    queryKey: ["job", job.id, "reruns"],
    queryFn: async ({ pageParam, signal }) =>
      pageOf<Schemas["Job"]>(
        await answer(
          api.GET("/jobs/{jobId}/reruns", {
            params: { path: { jobId: job.id }, query: pageQuery(pageParam, 5) },
            signal,
          }),
        ),
      ),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: ({ next }) => next,
    // A job that has not ended has none.
    enabled: job.end != null,
    refetchInterval: REFRESH,
  });
  const reruns = data?.pages.flatMap(({ rows }) => rows) ?? [];
  if (!error && reruns.length === 0) return null;
  return (
    <Card title={t("run.lineage")}>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      <ul className={styles.list}>
        {reruns.map(({ id, displayName, status, counters: { succeeded, failed } }) => (
          <li key={id} className={styles.rerun}>
            <AppLink inline to="/jobs/instances/$jobId" params={{ jobId: id }}>
              {displayName || id}
            </AppLink>
            <JobStatusBadge status={status} />
            <Text size={200} className={styles.counts}>
              {t("jobs.succeeded", { count: succeeded })} · {t("jobs.failed", { count: failed })}
            </Text>
          </li>
        ))}
      </ul>
      {hasNextPage && (
        <div>
          <Button size="small" disabled={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            {t("run.more")}
          </Button>
        </div>
      )}
    </Card>
  );
}

/** The job that another one is a rerun of, by its name where it is still there. */
export function SourceLink({ jobId }: { jobId: string }) {
  const { data } = useQuery({ ...jobQuery(jobId), retry: false });
  return (
    <AppLink inline to="/jobs/instances/$jobId" params={{ jobId }}>
      {data?.displayName || jobId}
    </AppLink>
  );
}
