import { useEffect, useState, type Dispatch, type SetStateAction } from "react";
import type { JobForm } from "./form";
import { memberIds } from "./queries";

/** How the ids of a group are being read, some of whose devices were unticked. */
export interface Ticking {
  /** Why they could not be read; the choice stays what it is and the job cannot be made. */
  readonly error: unknown;
  readonly retry: () => void;
}

/**
 * While devices of a group are left out and it is not known who the others are, reads those and ticks them. An answer
 * that comes when the choice is another one by then changes nothing.
 */
export function useTicking(form: JobForm, setForm: Dispatch<SetStateAction<JobForm>>): Ticking {
  const [failure, setFailure] = useState<{ readonly error: unknown }>();
  const group = form.leftOut === undefined ? undefined : form.group;
  useEffect(() => {
    // Another try begins by taking the failure away.
    if (group === undefined || failure !== undefined) return;
    const abort = new AbortController();
    const { signal } = abort;
    memberIds(group, signal).then(
      (ids) => {
        if (!signal.aborted) setForm((form) => (form.group === group ? ticked(form, ids) : form));
      },
      (error: unknown) => {
        if (!signal.aborted) setFailure({ error });
      },
    );
    return () => abort.abort();
  }, [group, failure, setForm]);
  // What failed for a choice that is no longer made is forgotten.
  if (group === undefined && failure !== undefined) setFailure(undefined);
  return { error: failure?.error, retry: () => setFailure(undefined) };
}

function ticked(form: JobForm, ids: readonly string[]): JobForm {
  if (form.leftOut === undefined) return form;
  const leftOut = new Set(form.leftOut);
  return { ...form, leftOut: undefined, ticked: ids.filter((id) => !leftOut.has(id)) };
}
