import { expect, test } from "vitest";
import { RequestFailed } from "../api/failure";
import { translator } from "../texts/catalogue";
import { en } from "../texts/en";
import { explain } from "./explain";

const t = translator(en, "en");

test("a refusal keeps the server's words and code, and needs no advice of ours", () => {
  const error = new RequestFailed(422, "InvalidBody", "batch.value must be at least 1");
  expect(explain(error, t)).toEqual({
    reason: "batch.value must be at least 1.",
    advice: "",
    code: "Code InvalidBody.",
  });
});

test("who may not is told whom to ask, who is throttled to wait", () => {
  expect(explain(new RequestFailed(403, undefined, "no"), t).advice).toContain("administrator");
  expect(explain(new RequestFailed(429, undefined, "no"), t).advice).toContain("Wait");
  expect(explain(new RequestFailed(500, undefined, "no"), t).advice).toContain("log");
});

test("no answer at all is told apart from an error", () => {
  expect(explain(new TypeError("Failed to fetch"), t).reason).toContain("did not answer");
  expect(explain("odd", t).reason).toBe("odd.");
});
