import { queryOptions } from "@tanstack/react-query";
import { answer, api } from "../../../api/client";
import { pageOf, pageQuery } from "../../../api/pages";
import { pagedSource, type ReadPage } from "../../../grid/paged";
import type { Schemas } from "../../../api/client";
import { jobsQuery, savedQuery, type JobsSearch } from "./search";

/** How often lists are read again, in ms: while something runs, and else. */
const LIVELY = 2_000;
const CALM = 15_000;

type JobView = "attention" | "running" | "history";

export type Job = Schemas["Job"];
export type Draft = Schemas["JobDraft"];
export type ScheduledJob = Schemas["ScheduledJob"];

function readJobs(view: JobView, search: JobsSearch): ReadPage<Job> {
  return async (token, limit, signal) =>
    pageOf(
      await answer(
        api.GET("/jobs", {
          params: { query: { ...jobsQuery(view, search), ...pageQuery(token, limit) } },
          signal,
        }),
      ),
    );
}

function readDrafts(search: JobsSearch): ReadPage<Draft> {
  return async (token, limit, signal) =>
    pageOf(
      await answer(
        api.GET("/jobDrafts", {
          params: { query: { ...savedQuery(search), ...pageQuery(token, limit) } },
          signal,
        }),
      ),
    );
}

function readScheduled(search: JobsSearch): ReadPage<ScheduledJob> {
  return async (token, limit, signal) =>
    pageOf(
      await answer(
        api.GET("/scheduledJobs", {
          params: { query: { ...savedQuery(search), ...pageQuery(token, limit) } },
          signal,
        }),
      ),
    );
}

/** The first jobs of a view. */
export function someJobs(view: JobView, limit: number) {
  return queryOptions({
    queryKey: ["jobs", "some", view, limit],
    refetchInterval: view === "running" ? LIVELY : CALM,
    queryFn: ({ signal }) => readJobs(view, {})(undefined, limit, signal),
  });
}

export function someDrafts(limit: number) {
  return queryOptions({
    queryKey: ["jobDrafts", "some", limit],
    refetchInterval: CALM,
    queryFn: ({ signal }) => readDrafts({})(undefined, limit, signal),
  });
}

export function someScheduled(limit: number) {
  return queryOptions({
    queryKey: ["scheduledJobs", "some", limit],
    refetchInterval: CALM,
    queryFn: ({ signal }) => readScheduled({})(undefined, limit, signal),
  });
}

/** All jobs of a view, for a grid. */
export function jobsSource(view: JobView, search: JobsSearch) {
  const key = ["jobs", "grid", view, jobsQuery(view, search)];
  return pagedSource(key, readJobs(view, search), view === "running" ? LIVELY : CALM);
}

export function draftsSource(search: JobsSearch) {
  return pagedSource(["jobDrafts", "grid", savedQuery(search)], readDrafts(search), CALM);
}

export function scheduledSource(search: JobsSearch) {
  return pagedSource(["scheduledJobs", "grid", savedQuery(search)], readScheduled(search), CALM);
}
