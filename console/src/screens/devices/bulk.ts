import { answer, api } from "../../api/client";
import { RequestFailed } from "../../api/failure";
import { pageOf, pageQuery } from "../../api/pages";
import type { Selection } from "../../grid/selection";
import { devicesQuery, type DevicesSearch } from "./search";

/** Most devices that are taken one by one from this page; a larger crowd is a device group and a job. */
export const BULK_MAX = 10_000;

/** Requests that are out at once. */
const AT_ONCE = 4;

/** A refused request is tried so many times more where the server says when. */
const RETRIES = 5;

/** The ids that are chosen, at most `BULK_MAX`; `more` when there are others. */
export async function chosenIds(
  selection: Selection,
  search: DevicesSearch,
  signal: AbortSignal,
): Promise<{ readonly ids: readonly string[]; readonly more: boolean }> {
  if (selection.kind === "some") {
    const ids = [...selection.ids];
    return { ids: ids.slice(0, BULK_MAX), more: ids.length > BULK_MAX };
  }
  const ids: string[] = [];
  let token: string | undefined;
  do {
    const query = { ...devicesQuery(search), ...pageQuery(token, 100) };
    const page = pageOf(await answer(api.GET("/devices", { params: { query }, signal })));
    ids.push(...page.rows.map(({ id }) => id).filter((id) => !selection.ids.has(id)));
    token = page.next;
  } while (token !== undefined && ids.length <= BULK_MAX);
  return { ids: ids.slice(0, BULK_MAX), more: token !== undefined || ids.length > BULK_MAX };
}

export interface BulkFailure {
  readonly id: string;
  readonly error: unknown;
}

/**
 * Does `act` on every device, a few at once, until `signal` ends it: then those not begun are left as they are. A server
 * that says it is busy is asked again when it said. One that fails does not keep the others from their turn.
 */
export async function onEach(
  ids: readonly string[],
  act: (id: string, signal: AbortSignal) => Promise<unknown>,
  signal: AbortSignal,
  onProgress: (done: number) => void,
): Promise<readonly BulkFailure[]> {
  const failures: BulkFailure[] = [];
  let next = 0;
  let done = 0;
  const worker = async () => {
    for (let id = ids[next++]; id !== undefined && !signal.aborted; id = ids[next++]) {
      try {
        await patiently(act, id, signal);
      } catch (error) {
        // What was under way when the person stopped is not a device's failure.
        if (isOver(signal)) return;
        failures.push({ id, error });
      }
      onProgress(++done);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return failures;
}

/** Asked again after every wait, which the compiler does not expect. */
function isOver(signal: AbortSignal): boolean {
  return signal.aborted;
}

async function patiently(
  act: (id: string, signal: AbortSignal) => Promise<unknown>,
  id: string,
  signal: AbortSignal,
): Promise<void> {
  for (let failures = 0; ; failures++) {
    try {
      await act(id, signal);
      return;
    } catch (error) {
      const busy = error instanceof RequestFailed && error.status === 429;
      if (!busy || failures >= RETRIES || signal.aborted) throw error;
      await new Promise((resolve) => setTimeout(resolve, 1_000 * (error.retryAfter ?? 1)));
    }
  }
}
