import { expect, test } from "vitest";
import { isFiltered, jobsQuery, readJobsSearch, savedQuery, sortOf, sortText, withSearch } from "./search";

test("an address is read, its nonsense is not", () => {
  const said = { view: "history", search: "fan", status: "failed,stopped", sort: "start desc" };
  expect(readJobsSearch(said)).toEqual(said);
  expect(
    readJobsSearch({
      view: "all",
      status: "failed,lost",
      type: "x",
      sort: "secret desc",
      search: "",
      more: "1",
    }),
  ).toEqual({ status: "failed" });
  expect(readJobsSearch({ sort: "start up" })).toEqual({});
});

test("each view has orders of its own; another view's are left out", () => {
  expect(readJobsSearch({ view: "saved", sort: "saved desc" }).sort).toBe("saved desc");
  expect(readJobsSearch({ view: "scheduled", sort: "nextRun" }).sort).toBe("nextRun");
  expect(withSearch({ view: "saved", sort: "saved" }, { view: "history" })).toEqual({ view: "history" });
  expect(readJobsSearch({ view: "history", sort: "nextRun" })).toEqual({ view: "history" });
  expect(savedQuery({ view: "saved", search: "fan", sort: "saved desc", group: "g" })).toEqual({
    search: "fan",
    orderby: "saved desc",
  });
});

test("what a view asks the server", () => {
  const search = readJobsSearch({ search: "fan", status: "failed", sort: "displayName", group: "g" });
  expect(jobsQuery("history", search)).toEqual({
    search: "fan",
    status: "failed",
    group: "g",
    orderby: "displayName",
  });
  expect(jobsQuery("running", search)).toMatchObject({ status: "running,pending" });
  expect(jobsQuery("attention", {})).toEqual({ attention: "true" });
});

test("a span is asked as a time that is the same for an hour", () => {
  const search = readJobsSearch({ since: "7d" });
  const at = (time: string) => jobsQuery("history", search, Date.parse(time)).since;
  expect(at("2026-03-08T12:59:59Z")).toBe("2026-03-01T12:00:00.000Z");
  expect(at("2026-03-08T12:00:00Z")).toBe("2026-03-01T12:00:00.000Z");
  expect(readJobsSearch({ since: "2026-03-01" })).toEqual({});
  expect(isFiltered(search)).toBe(true);
});

test("orders", () => {
  expect(sortOf({})).toEqual({ by: "created", descending: true });
  expect(sortText({ by: "created", descending: true })).toBeUndefined();
  expect(sortOf({ sort: sortText({ by: "start", descending: true }) ?? "" })).toEqual({
    by: "start",
    descending: true,
  });
});

test("filters are set and taken away", () => {
  expect(isFiltered({ view: "saved", sort: "start" })).toBe(false);
  const filtered = withSearch({ view: "history" }, { owner: "user:a" });
  expect(isFiltered(filtered)).toBe(true);
  expect(withSearch(filtered, { owner: undefined })).toEqual({ view: "history" });
});
