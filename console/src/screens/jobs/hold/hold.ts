import { queryOptions, useQuery, useQueryClient, type QueryClient } from "@tanstack/react-query";
import { useEffect, useRef } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { useMay, useSession } from "../../../session/session";

export type JobHold = Schemas["JobHold"];

/** It is asked this often, in ms, whether all jobs are held: somebody else may pull the brake. */
const REFRESH = 5_000;

const holdQuery = queryOptions({
  queryKey: ["jobHold"],
  queryFn: async ({ signal }) => answer(api.GET("/jobHold", { signal })),
  refetchInterval: REFRESH,
});

/** What the hold changes: every list of jobs, and the job that is looked at. */
async function reloadJobs(queries: QueryClient): Promise<void> {
  await queries.invalidateQueries({
    predicate: ({ queryKey: [first, , part] }) =>
      first === "jobs" || (first === "job" && part === "snapshot"),
  });
}

/** Whether all jobs are held; undefined until that is known. */
export function useHold(): JobHold | undefined {
  const enabled = useMay()("viewJobs");
  return useQuery({ ...holdQuery, enabled }).data;
}

/** Reads jobs again when they are held, or held no longer: it may have been somebody else. */
export function useJobsUnderHold(hold: JobHold | undefined): void {
  const queries = useQueryClient();
  const now = hold && (hold.since ?? "");
  const before = useRef(now);
  useEffect(() => {
    if (before.current !== undefined && now !== undefined && before.current !== now) void reloadJobs(queries);
    before.current = now;
  }, [queries, now]);
}

/** Reads the hold again after it was set or lifted, and what it changed. */
export function useReloadHold(): () => Promise<void> {
  const queries = useQueryClient();
  return async () => {
    await queries.invalidateQueries({ queryKey: holdQuery.queryKey });
    await reloadJobs(queries);
  };
}

/** Whether one may hold all jobs: with a role for the whole application that runs jobs. */
export function useMayHold(): boolean {
  const { roles } = useSession();
  const may = useMay();
  return may("runJobs") && roles.some(({ organization }) => organization == null);
}
