import { answer, api, API_VERSION, type Schemas } from "../../../api/client";
import { quoted } from "../../../app/shell";
import { writeExact } from "../../../json/exact";
import type { JobForm } from "./form";
import type { Source } from "./queries";

/** The call that the wizard makes: what is shown, what a script may make, and what is sent are this. */
export type ApiCall =
  | { readonly kind: "job"; readonly id: string; readonly body: Schemas["NewJob"] }
  | {
      readonly kind: "scheduledJob";
      readonly id: string;
      readonly body: Schemas["ScheduledJob"];
      /** The version that is changed. */
      readonly etag?: string;
    }
  /** A job on devices of another one, `of`. */
  | { readonly kind: "rerun"; readonly of: string; readonly id: string; readonly body: Schemas["RerunJob"] };

/** What is asked before a job is made: what it would do. A rerun has no batches and no threshold only when that is said. */
export function questionOf(
  form: JobForm,
  body: Schemas["NewJob"],
  schedule: Schemas["JobSchedule"] | undefined,
  scheduled: Source["scheduled"],
): Question {
  if (form.rerun) {
    const { job, devices, hub } = form.rerun;
    const rerunOf = { job, ...(devices && { devices: [...devices] }) };
    return hub === undefined ? { ...body, ...deliveryOf(body), rerunOf } : { rerunOf };
  }
  return {
    ...body,
    ...(schedule && { schedule }),
    ...(scheduled && { scheduledJob: scheduled.id }),
  };
}

/** A rerun of the hub face may not even say what it does. */
type Question = Schemas["PreviewJob"] | Pick<Schemas["PreviewJob"], "rerunOf">;

function deliveryOf({ batch, cancellationThreshold }: Schemas["NewJob"]) {
  return { batch: batch ?? null, cancellationThreshold: cancellationThreshold ?? null };
}

/**
 * The call for what stands in the form. A schedule whose start is no time yet makes a call that the server refuses,
 * never one that runs at once.
 */
export function callOf(
  form: JobForm,
  body: Schemas["NewJob"],
  schedule: Schemas["JobSchedule"] | undefined,
  { id, scheduled }: { readonly id: string; readonly scheduled?: Source["scheduled"] },
): ApiCall {
  if (form.rerun) {
    const { job, devices, hub } = form.rerun;
    if (hub !== undefined)
      return { kind: "rerun", of: job, id, body: devices ? { devices: [...devices] } : {} };
    const { displayName, data } = body;
    return {
      kind: "rerun",
      of: job,
      id,
      body: {
        ...(displayName != null && { displayName }),
        // Without it the rerun would have its source's.
        description: form.description.trim(),
        ...(devices && { devices: [...devices] }),
        data,
        ...deliveryOf(body),
      },
    };
  }
  if (scheduled === undefined && !form.schedule.on) return { kind: "job", id, body };
  return {
    kind: "scheduledJob",
    id,
    body: {
      ...body,
      group: form.group,
      schedule: schedule ?? { start: "" },
      ...(scheduled && { enabled: scheduled.enabled }),
    },
    ...(scheduled?.etag !== undefined && { etag: scheduled.etag }),
  };
}

/** Makes the call; a refusal is thrown. */
export async function send(call: ApiCall): Promise<void> {
  if (call.kind === "job") {
    await answer(api.PUT("/jobs/{jobId}", { params: { path: { jobId: call.id } }, body: call.body }));
  } else if (call.kind === "rerun") {
    const path = { jobId: call.of, rerunId: call.id };
    await answer(api.PUT("/jobs/{jobId}/rerun/{rerunId}", { params: { path }, body: call.body }));
  } else {
    await answer(
      api.PUT("/scheduledJobs/{scheduledJobId}", {
        params: {
          path: { scheduledJobId: call.id },
          ...(call.etag !== undefined && { header: { "If-Match": call.etag } }),
        },
        body: call.body,
      }),
    );
  }
}

/** From the host on. */
export function addressOf(call: ApiCall): string {
  const path =
    call.kind === "job"
      ? ["jobs", call.id]
      : call.kind === "rerun"
        ? ["jobs", call.of, "rerun", call.id]
        : ["scheduledJobs", call.id];
  return `/api/${path.map(encodeURIComponent).join("/")}?api-version=${API_VERSION}`;
}

/** The call for a shell; the token stands in a variable, so that it is not copied with it. */
export function curlOf(call: ApiCall, origin: string): string {
  const etag = call.kind === "scheduledJob" ? call.etag : undefined;
  return [
    `curl -X PUT '${origin}${addressOf(call)}'`,
    `  -H "Authorization: $BELLWETHER_TOKEN"`,
    "  -H 'Content-Type: application/json'",
    ...(etag === undefined ? [] : [`  -H ${quoted(`If-Match: ${etag}`)}`]),
    `  -d ${quoted(writeExact(call.body))}`,
  ].join(" \\\n");
}

/** Most ids that are shown of a long list; all are copied. */
const SHOWN = 10;

/** The same call with a long list of devices cut, to look at. */
export function shortened(call: ApiCall): ApiCall {
  if (call.kind === "scheduledJob") return call;
  const { devices } = call.body;
  if (devices == null || devices.length <= SHOWN) return call;
  const cut = [...devices.slice(0, SHOWN), "…"];
  return call.kind === "job"
    ? { ...call, body: { ...call.body, devices: cut } }
    : { ...call, body: { ...call.body, devices: cut } };
}
