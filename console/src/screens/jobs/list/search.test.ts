import { expect, test } from "vitest";
import { isFiltered, jobsQuery, readJobsSearch, sortOf, sortText, withSearch } from "./search";

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
