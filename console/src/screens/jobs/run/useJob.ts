import { queryOptions, useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useMemo, useState } from "react";
import { addressOf, answer, api } from "../../../api/client";
import { readExact } from "../../../json/exact";
import { refreshDevices } from "./devices";
import { Follower, type Connection, type Job, type JobEvent } from "./follower";
import { gathered } from "./gathered";
import { addSample, type Sample } from "./rate";

/** The clock is looked at this often, in ms; when it stood still for longer than `SLEPT`, the computer slept. */
const TICK = 5_000;
const SLEPT = 20_000;

/** A page that nobody looks at gives its connection back after so long, in ms. */
const HIDDEN = 60_000;

/** A stream that is silent for so long, in ms, is compared with a reading: the way to the server may be dead. */
const SILENT = 60_000;

/** Rows are read again so long after the last answer, in ms. */
const READ_AGAIN = 500;

export interface LiveJob {
  readonly job: Job | undefined;
  readonly connection: Connection;
  readonly samples: readonly Sample[];
  readonly error: unknown;
  /** Reads the job again, after something was done with it. */
  readonly reload: () => Promise<void>;
}

export function jobQuery(jobId: string) {
  return queryOptions({
    queryKey: ["job", jobId, "snapshot"],
    queryFn: async ({ signal }) =>
      readExact(
        await answer(api.GET("/jobs/{jobId}", { params: { path: { jobId } }, parseAs: "text", signal })),
      ) as Job,
    staleTime: Infinity,
  });
}

/** A job as it stands, kept up to date as long as it is looked at. */
export function useJob(jobId: string): LiveJob {
  const queries = useQueryClient();
  const { data, dataUpdatedAt, error, refetch } = useQuery(jobQuery(jobId));
  const [live, setLive] = useState<{ job: Job; connection: Connection; samples: readonly Sample[] }>();

  const follower = useMemo(() => {
    const touch = gathered((touched) => refreshDevices(queries, jobId, touched), READ_AGAIN);
    return new Follower({
      open: (after, listener) => {
        const path = `/jobs/${encodeURIComponent(jobId)}/events`;
        const source = new EventSource(addressOf(path, { after: String(after) }));
        source.onopen = listener.onOpen;
        source.onerror = listener.onError;
        source.addEventListener("job", ({ data }: MessageEvent<string>) => {
          listener.onJob(JSON.parse(data) as JobEvent);
        });
        source.addEventListener("reset", listener.onReset);
        source.addEventListener("end", listener.onEnd);
        return source;
      },
      reload: () => queries.invalidateQueries({ queryKey: jobQuery(jobId).queryKey }),
      onChange: (job, connection) => {
        const done = job.counters.succeeded + job.counters.failed;
        setLive((before) => {
          const known = before?.job.id === job.id ? before.samples : [];
          const samples =
            known.at(-1)?.done === done && before?.job.event === job.event
              ? known
              : addSample(known, { at: Date.now(), done });
          return { job, connection, samples };
        });
      },
      onTouched: touch,
    });
  }, [queries, jobId]);

  useEffect(() => {
    if (data) follower.snapshot(data);
    // A reading that says the same as the one before is a reading nevertheless.
  }, [follower, data, dataUpdatedAt]);

  useEffect(() => {
    let lastTick = Date.now();
    let hiddenAt: number | undefined;
    const again = () => {
      lastTick = Date.now();
      if (follower.connection !== "ended") follower.connect();
    };
    const onVisibility = () => {
      if (document.visibilityState === "hidden") {
        hiddenAt = Date.now();
        return;
      }
      if (hiddenAt !== undefined && Date.now() - hiddenAt > SLEPT) again();
      hiddenAt = undefined;
    };
    const tick = setInterval(() => {
      const slept = Date.now() - lastTick > SLEPT;
      lastTick = Date.now();
      if (document.visibilityState === "hidden") {
        if (hiddenAt !== undefined && Date.now() - hiddenAt > HIDDEN) follower.pause();
      } else if (slept) {
        again();
      } else if (follower.connection === "live" && Date.now() - follower.heardAt > SILENT) {
        follower.heardAt = Date.now();
        const { event } = follower;
        void refetch().then(({ data }) => {
          if (data && data.event > event) follower.connect();
        });
      }
    }, TICK);
    window.addEventListener("online", again);
    window.addEventListener("pageshow", again);
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      clearInterval(tick);
      window.removeEventListener("online", again);
      window.removeEventListener("pageshow", again);
      document.removeEventListener("visibilitychange", onVisibility);
      follower.pause();
    };
  }, [follower, refetch]);

  const shown = live?.job.id === jobId ? live : undefined;
  return {
    job: shown?.job ?? data,
    connection: shown?.connection ?? "connecting",
    samples: shown?.samples ?? [],
    error,
    reload: async () => {
      await refetch();
    },
  };
}
