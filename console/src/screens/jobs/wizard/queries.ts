import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery, readAll } from "../../../api/pages";
import { parseExact } from "../../../dtdl/exactJson";
import { pagedSource } from "../../../grid/paged";
import type { JobParts } from "./form";

/** How many devices are in a group now, read again while one looks. */
export function membersQuery(group: string) {
  return queryOptions({
    queryKey: ["deviceGroups", group, "members"],
    enabled: group !== "",
    refetchInterval: 15_000,
    queryFn: ({ signal }) =>
      answer(
        api.GET("/deviceGroups/{deviceGroupId}/members", {
          params: { path: { deviceGroupId: group } },
          signal,
        }),
      ),
  });
}

/** The devices of a group for a grid. */
export function membersSource(group: string) {
  return pagedSource(["deviceGroups", group, "devices"], async (token, limit, signal) =>
    pageOf(
      await answer(
        api.GET("/deviceGroups/{deviceGroupId}/devices", {
          params: { path: { deviceGroupId: group }, query: pageQuery(token, limit) },
          signal,
        }),
      ),
    ),
  );
}

/** The ids of a group's devices, at most about `most`. */
export async function memberIds(group: string, most: number, signal: AbortSignal): Promise<string[]> {
  const devices = await readAll(
    async (token, limit) =>
      pageOf(
        await answer(
          api.GET("/deviceGroups/{deviceGroupId}/devices", {
            params: { path: { deviceGroupId: group }, query: pageQuery(token, limit) },
            signal,
          }),
        ),
      ),
    signal,
    most,
  );
  return devices.map(({ id }) => id);
}

/** What the job would do; the body as text is the question, and what it changed little from stays until the answer. */
export function previewQuery(text: string, enabled: boolean) {
  return queryOptions({
    queryKey: ["jobPreview", text],
    enabled,
    placeholderData: keepPreviousData,
    // Fleets move: what was said to the same question some time ago is no answer.
    gcTime: 0,
    refetchInterval: 30_000,
    queryFn: ({ signal }) =>
      answer(api.POST("/jobPreview", { body: JSON.parse(text) as Schemas["PreviewJob"], signal })),
  });
}

/** What a wizard begins with. */
export interface Source {
  readonly job: JobParts;
  /** The draft that it is, with the version that was read. */
  readonly draft?: { readonly id: string; readonly etag: string | undefined };
  /** The scheduled job that is edited. */
  readonly scheduled?: { readonly id: string; readonly etag: string | undefined; readonly enabled: boolean };
  /** The name of the job that it is a copy of. */
  readonly copyOf?: string;
}

/** Reads what is opened; numbers keep their digits. */
export async function readSource(
  opened: { draft?: string | undefined; copy?: string | undefined; scheduled?: string | undefined },
  signal: AbortSignal,
): Promise<Source> {
  if (opened.draft !== undefined) {
    const text = await answer(
      api.GET("/jobDrafts/{draftId}", {
        params: { path: { draftId: opened.draft } },
        parseAs: "text",
        signal,
      }),
    );
    const { id, etag, job } = parseExact(text) as Schemas["JobDraft"];
    return { job: job as JobParts, draft: { id: id ?? opened.draft, etag: etag ?? undefined } };
  }
  if (opened.scheduled !== undefined) {
    const text = await answer(
      api.GET("/scheduledJobs/{scheduledJobId}", {
        params: { path: { scheduledJobId: opened.scheduled } },
        parseAs: "text",
        signal,
      }),
    );
    const job = parseExact(text) as Schemas["ScheduledJob"];
    return {
      job,
      scheduled: { id: opened.scheduled, etag: job.etag ?? undefined, enabled: job.enabled ?? true },
    };
  }
  if (opened.copy === undefined) return { job: {} };
  const text = await answer(
    api.GET("/jobs/{jobId}", { params: { path: { jobId: opened.copy } }, parseAs: "text", signal }),
  );
  const job = parseExact(text) as Schemas["Job"];
  return { job, copyOf: job.displayName ?? job.id };
}
