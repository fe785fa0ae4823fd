import { RequestFailed } from "../api/failure";
import type { Translate } from "../texts/catalogue";

export interface Explanation {
  readonly reason: string;
  readonly advice: string;
  readonly code: string;
}

/** An error as sentences for a person: what happened, what to do, and the code to look it up by. */
export function explain(error: unknown, t: Translate): Explanation {
  if (error instanceof RequestFailed) {
    return {
      reason: sentence(error.message),
      advice: advice(error.status, t),
      code: error.code ? sentence(t("error.reference", { code: error.code })) : "",
    };
  }
  // `fetch` says with a TypeError, and with nothing else, that there was no answer.
  if (error instanceof TypeError) return { reason: t("error.network"), advice: "", code: "" };
  return {
    reason: sentence(error instanceof Error ? error.message : String(error)),
    advice: t("error.advice.retry"),
    code: "",
  };
}

function advice(status: number, t: Translate): string {
  if (status === 401) return t("error.advice.signIn");
  if (status === 403) return t("error.advice.forbidden");
  if (status === 404) return t("error.advice.notFound");
  if (status === 429 || status === 503) return t("error.advice.wait");
  // Other refusals name the field and the rule themselves.
  return status >= 500 ? t("error.advice.retry") : "";
}

/** What the server says, which begins small and has no full stop, as a sentence that stands by itself. */
export function sentence(text: string): string {
  const [first = ""] = text;
  // A name of a member or a device stays as it is: only a plain word is made to begin a sentence.
  const begins = /^[a-z]+[ ,]/u.test(text) ? first.toUpperCase() + text.slice(1) : text;
  return /[.!?。]$/u.test(begins) ? begins : `${begins}.`;
}
