import { keepPreviousData, queryOptions } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery, readAll } from "../../../api/pages";
import { parseExact } from "../../../dtdl/exactJson";
import { pagedSource } from "../../../grid/paged";
import { EVERYTHING } from "../../../grid/selection";
import { deviceSource, idsOf } from "../run/devices";
import type { JobParts, Rerun } from "./form";
import { IDS_MAX } from "./ids";

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

/** To untick some of a group all its ids are read; of larger groups one makes another group. */
export const TICKED_MAX = 10_000;

/** A group has more devices than can be ticked one by one. */
export class TooManyDevices extends Error {
  override readonly name = "TooManyDevices";
}

/** The devices that failed in a job, for a grid. */
export function failedSource(jobId: string) {
  return deviceSource(jobId, { status: "failed" }, "", 0);
}

/**
 * The ids of a group's devices.
 *
 * @throws TooManyDevices rather than leaving some out
 */
export async function memberIds(group: string, signal: AbortSignal): Promise<string[]> {
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
    TICKED_MAX + 1,
  );
  if (devices.length > TICKED_MAX) throw new TooManyDevices();
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
  readonly copyOf?: Copied;
  /** The job whose failed devices it is on. */
  readonly rerun?: Omit<Rerun, "devices">;
}

/** A job that is copied. */
export interface Copied {
  readonly name: string;
  /** Of a job whose devices were named one by one: how many it had, and how many of them can be named again. */
  readonly devices?: { readonly total: number; readonly taken: number };
}

/** What a wizard is opened on; one of them, or nothing. */
export type Opened = {
  readonly [name in "draft" | "copy" | "copyScheduled" | "scheduled" | "rerun"]?: string | undefined;
};

/** Reads what is opened; numbers keep their digits. */
export async function readSource(opened: Opened, signal: AbortSignal): Promise<Source> {
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
  const scheduled = opened.scheduled ?? opened.copyScheduled;
  if (scheduled !== undefined) {
    const text = await answer(
      api.GET("/scheduledJobs/{scheduledJobId}", {
        params: { path: { scheduledJobId: scheduled } },
        parseAs: "text",
        signal,
      }),
    );
    const job = parseExact(text) as Schemas["ScheduledJob"];
    if (opened.scheduled === undefined) return { job, copyOf: { name: job.displayName ?? scheduled } };
    return {
      job,
      scheduled: { id: scheduled, etag: job.etag ?? undefined, enabled: job.enabled ?? true },
    };
  }
  const jobId = opened.rerun ?? opened.copy;
  if (jobId === undefined) return { job: {} };
  const text = await answer(
    api.GET("/jobs/{jobId}", { params: { path: { jobId } }, parseAs: "text", signal }),
  );
  const job = parseExact(text) as Schemas["Job"];
  const name = job.displayName ?? job.id;
  if (opened.rerun !== undefined)
    return {
      job: { ...job, group: "" },
      rerun: { job: job.id, name, failed: job.counters.failed, hub: job.hub ? job.type : undefined },
    };
  if (job.target === "group") return { job, copyOf: { name } };
  // The group that such a job may have in its definition is not what it ran on.
  const { total } = job.counters;
  const ids = total > IDS_MAX ? [] : await idsOf(job.id, {}, EVERYTHING, IDS_MAX, signal);
  return {
    job: { ...job, group: "", devices: ids },
    copyOf: { name, devices: { total, taken: ids.length } },
  };
}
