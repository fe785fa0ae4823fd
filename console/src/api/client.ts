import createClient from "openapi-fetch";
import { RequestFailed } from "./failure";
import type { components, paths } from "./schema";

/** The version of the server's API that this console speaks. */
export const API_VERSION = "bellwether-1";

/** The types of the API by name: `Schemas["Job"]`. */
export type Schemas = components["schemas"];

/** The operations without the parameter that the client adds by itself. */
type Operations = {
  [Path in keyof paths]: {
    [Method in keyof paths[Path]]: paths[Path][Method] extends { parameters: infer Given }
      ? Omit<paths[Path][Method], "parameters"> & { parameters: WithoutVersion<Given> }
      : paths[Path][Method];
  };
};

type WithoutVersion<Given> = Given extends { query: infer Query }
  ? Omit<Given, "query"> & { query?: Omit<Query, "api-version"> }
  : Given;

/**
 * Calls the server: `await answer(api.GET("/jobs/{jobId}", { params: { path: { jobId } }, signal }))`. Adds the version
 * of the API and, where something is changed, the session's token; an answer that is not a success is thrown.
 */
export const api = createClient<Operations>({
  baseUrl: `${location.origin}/api`,
  // Looked up at each call, so that a test may put another in its place.
  fetch: (request) => fetch(request),
});

let csrfToken: string | undefined;

/** Sets the token that goes with every call that changes something. */
export function setCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

let onSignedOut: () => void = () => undefined;

/** Sets what is done when the server no longer knows who is signed in. */
export function whenSignedOut(act: () => void): void {
  onSignedOut = act;
}

api.use({
  onRequest: ({ request }) => {
    const address = new URL(request.url);
    address.searchParams.set("api-version", API_VERSION);
    const versioned = new Request(address, request);
    if (request.method !== "GET" && csrfToken !== undefined) versioned.headers.set("x-csrf-token", csrfToken);
    return versioned;
  },
  onResponse: async ({ response, schemaPath }) => {
    if (response.ok) return;
    // Of a session itself its own screens say what 401 means.
    if (response.status === 401 && !schemaPath.startsWith("/session")) onSignedOut();
    throw await failureOf(response);
  },
});

/** What the server answered; throws `RequestFailed` when it refused, and what `fetch` throws when there was no answer. */
export async function answer<Answer extends { readonly data?: unknown }>(
  call: Promise<Answer>,
): Promise<Exclude<Answer["data"], undefined>> {
  const { data } = await call;
  return data as Exclude<Answer["data"], undefined>;
}

/** The address of something that the browser loads by itself: a download, a stream of events. */
export function addressOf(path: string, query: Readonly<Record<string, string | undefined>> = {}): string {
  const given = Object.entries(query).filter((entry): entry is [string, string] => Boolean(entry[1]));
  return `/api${path}?${new URLSearchParams([...given, ["api-version", API_VERSION]]).toString()}`;
}

async function failureOf(response: Response): Promise<RequestFailed> {
  const after = Number(response.headers.get("retry-after") ?? undefined);
  const retryAfter = Number.isFinite(after) ? after : undefined;
  try {
    const { error } = (await response.json()) as Schemas["Error"];
    return new RequestFailed(response.status, error.code, error.message, retryAfter);
  } catch {
    // Not the server's own form: a proxy before it spoke.
    const message = response.statusText || `HTTP ${response.status}`;
    return new RequestFailed(response.status, undefined, message, retryAfter);
  }
}
