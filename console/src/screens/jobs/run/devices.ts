import type { QueryClient } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../../api/client";
import { pagedSource } from "../../../grid/paged";
import type { Selection } from "../../../grid/selection";
import { WINDOW, type RowSource } from "../../../grid/windows";
import { readExact } from "../../../json/exact";
import { isFiltered, type DeviceFilter } from "./filter";
import type { Touched } from "./follower";

export type DeviceRow = Schemas["DeviceJobRow"];

/** Devices in one answer at most. */
const PAGE_MAX = 1_000;

function read(jobId: string, filter: DeviceFilter, columns: string, signal: AbortSignal) {
  return async (from: number, limit: number) =>
    readExact(
      await answer(
        api.GET("/jobs/{jobId}/devices", {
          params: {
            path: { jobId },
            query: {
              from: String(from),
              maxpagesize: String(limit),
              ...filter,
              ...(columns && { columns }),
            },
          },
          parseAs: "text",
          signal,
        }),
      ),
    ) as Schemas["DeviceJobPage"];
}

function keyOf(jobId: string) {
  return ["job", jobId, "devices"];
}

/**
 * A job's devices for a grid. Without a filter a row's place in the grid is its place in the frozen list, so that any
 * place can be gone to; with one the list is read on from what is known.
 *
 * @param columns values of the twins, comma-separated
 * @param total how many devices the job has now
 */
export function deviceSource(
  jobId: string,
  filter: DeviceFilter,
  columns: string,
  total: number,
): RowSource<DeviceRow> {
  const key = [...keyOf(jobId), filter, columns];
  if (isFiltered(filter)) {
    const source = pagedSource(key, async (token, limit, signal) => {
      const { value, next } = await read(jobId, filter, columns, signal)(Number(token ?? 0), limit);
      return { rows: value, next: next == null ? undefined : String(next) };
    });
    return { ...source, moves: true };
  }
  return {
    key,
    getRange: async (offset, limit, signal) => {
      const { value } = await read(jobId, filter, columns, signal)(offset, limit);
      return { rows: value, total: Math.max(total, offset + value.length) };
    },
  };
}

/**
 * Makes a grid read again what was touched: of an unfiltered list the windows with these places, else what is in view.
 * Ends when that was read.
 */
export function refreshDevices(queries: QueryClient, jobId: string, touched: Touched): Promise<void> {
  const windows = touched && windowsOf(touched);
  return queries.invalidateQueries({
    queryKey: keyOf(jobId),
    predicate: ({ queryKey }) => {
      const [, , , filter, , , window] = queryKey;
      return !windows || isFiltered(filter as DeviceFilter) || windows(window as number);
    },
  });
}

/** Says whether a window has a place in these ranges. */
export function windowsOf(touched: NonNullable<Touched>): (window: number) => boolean {
  return (window) =>
    touched.some(([from = 0, to = 0]) => to >= window * WINDOW && from < (window + 1) * WINDOW);
}

/**
 * The ids that are chosen of a job's devices under a filter, without those that were deleted since: more than `most` where
 * there are more, but not all of them then.
 */
export async function idsOf(
  jobId: string,
  filter: DeviceFilter,
  selection: Selection,
  most: number,
  signal: AbortSignal,
): Promise<readonly string[]> {
  if (selection.kind === "some") return [...selection.ids];
  const ids: string[] = [];
  let from: number | null | undefined = 0;
  while (from != null && ids.length <= most) {
    const page: Schemas["DeviceJobPage"] = await read(jobId, filter, "", signal)(from, PAGE_MAX);
    for (const { id, deleted } of page.value) if (!deleted && !selection.ids.has(id)) ids.push(id);
    from = page.next;
  }
  return ids;
}
