import { API_VERSION, type Schemas } from "../../../api/client";

/** The call that the wizard makes, to be made by a script. */
export interface ApiCall {
  readonly method: "PUT";
  /** From the host on. */
  readonly address: string;
  readonly body: object;
}

export function callOf(id: string, body: Schemas["NewJob"], schedule?: Schemas["JobSchedule"]): ApiCall {
  const path = schedule ? "scheduledJobs" : "jobs";
  return {
    method: "PUT",
    address: `/api/${path}/${encodeURIComponent(id)}?api-version=${API_VERSION}`,
    body: schedule ? { ...body, schedule } : body,
  };
}

/** The call for a shell; the token stands in a variable, so that it is not copied with it. */
export function curlOf({ method, address, body }: ApiCall, origin: string): string {
  return [
    `curl -X ${method} '${origin}${address}'`,
    `  -H "Authorization: $BELLWETHER_TOKEN"`,
    "  -H 'Content-Type: application/json'",
    `  -d '${JSON.stringify(body, null, 2).replaceAll("'", `'\\''`)}'`,
  ].join(" \\\n");
}

/** Most ids that are shown of a long list; all are copied. */
const SHOWN = 10;

/** The same call with a long list of devices cut, to look at. */
export function shortened(call: ApiCall): ApiCall {
  const { devices } = call.body as { devices?: readonly string[] };
  if (devices === undefined || devices.length <= SHOWN) return call;
  return { ...call, body: { ...call.body, devices: [...devices.slice(0, SHOWN), "…"] } };
}
