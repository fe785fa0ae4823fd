/** From so many days before its end on a token is said to end soon. */
const SOON_DAYS = 30;

const DAY = 86_400_000;

export type TokenState = "valid" | "soon" | "ended";

/** Where a token stands at `now`; `expiry` as the server says it. */
export function stateOf(expiry: string | null | undefined, now: Date): TokenState {
  const left = new Date(expiry ?? NaN).getTime() - now.getTime();
  // One whose end cannot be read is valid until the server says otherwise.
  if (Number.isNaN(left) || left > SOON_DAYS * DAY) return "valid";
  return left > 0 ? "soon" : "ended";
}

/** How long a new token is to hold: days, or until a date. */
export type Lifetime = "30" | "90" | "365" | "date";

export const LIFETIMES: readonly Lifetime[] = ["30", "90", "365", "date"];

/**
 * The end to send: so many days from now, or the last second of the date (`2026-11-21`) where one is. Undefined while there
 * is no date, or when that is over.
 */
export function expiryOf(lifetime: Lifetime, date: string, now: Date): string | undefined {
  const end =
    lifetime === "date" ? new Date(`${date}T23:59:59`) : new Date(now.getTime() + Number(lifetime) * DAY);
  return end.getTime() > now.getTime() ? end.toISOString() : undefined;
}

/** The rule for ids of tokens: what needs no escape in an address (model, `ApiTokenId`). */
export function isTokenId(text: string): boolean {
  return /^[A-Za-z0-9_.-]{1,128}$/u.test(text) && text !== "." && text !== "..";
}

/** A call with the token that can be pasted into a shell: the first page of what its role may see. */
export function exampleCall(origin: string, token: string, path: string): string {
  return [
    `curl --cacert ca.pem '${origin}/api/${path}?api-version=2022-07-31'`,
    // A token has no quote in it: it is percent-encoded.
    `  -H 'Authorization: ${token}'`,
  ].join(" \\\n");
}
