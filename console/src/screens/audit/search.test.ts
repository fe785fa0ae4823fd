import { expect, test } from "vitest";
import { auditQuery, changed, fromLocal, isNarrowed, readAuditSearch, toLocal } from "./search";
import { thingOf } from "./thing";

const now = new Date("2026-03-01T12:00:00Z");

test("an address is read, and what makes no sense is as if it were not there", () => {
  const whole = { actor: "user:ada", kind: "job", id: "a", since: "2026-02-01T00:00:00Z" };
  expect(readAuditSearch(whole)).toEqual(whole);
  expect(readAuditSearch({ kind: "", last: "9y", since: "yesterday", until: 5, x: "y" })).toEqual({});
  // A span stands before times.
  expect(readAuditSearch({ last: "24h", since: "2026-02-01T00:00:00Z" })).toEqual({ last: "24h" });
  expect(changed(whole, { kind: undefined, last: "1h" })).toEqual({ actor: "user:ada", id: "a", last: "1h" });
  expect(isNarrowed({})).toBe(false);
  expect(isNarrowed({ last: "1h" })).toBe(true);
});

test("a span ends when one looks", () => {
  expect(auditQuery({ kind: "job", last: "24h" }, now)).toEqual({
    kind: "job",
    since: "2026-02-28T12:00:00.000Z",
  });
  expect(auditQuery({ until: "2026-02-01T00:00:00Z" }, now)).toEqual({ until: "2026-02-01T00:00:00Z" });
});

test("times of the control and of the API are the same minute", () => {
  const local = toLocal(now.toISOString());
  expect(local).toMatch(/^2026-0[23]-\d\dT\d\d:\d\d$/u);
  expect(fromLocal(local)).toBe(now.toISOString());
  expect(toLocal(undefined)).toBe("");
  expect(fromLocal("")).toBeUndefined();
});

test("a thing is opened where it is shown", () => {
  expect(thingOf("job", "a", "create")).toEqual({ to: "/jobs/instances/$jobId", params: { jobId: "a" } });
  expect(thingOf("user", "u", "update")).toEqual({
    to: "/permissions/$section",
    params: { section: "users" },
    search: { q: "u" },
  });
  // What is gone, has no id or no page is not opened.
  expect(thingOf("device", "d", "delete")).toBeUndefined();
  expect(thingOf("device", undefined, "import")).toBeUndefined();
  expect(thingOf("enrollmentGroup", "e", "update")).toBeUndefined();
});
