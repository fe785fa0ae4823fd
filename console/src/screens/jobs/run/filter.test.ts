import { expect, test } from "vitest";
import { filterOf, isFiltered, readPaths, readRunSearch } from "./filter";

test("an address says what is shown, and nothing else", () => {
  const search = readRunSearch({
    status: "failed",
    class: "timedOut",
    code: "DeviceTimeout",
    responseStatus: "404",
    search: "0012",
    device: "d1",
    tab: "activity",
    other: "x",
  });
  expect(search).toEqual({
    status: "failed",
    class: "timedOut",
    code: "DeviceTimeout",
    responseStatus: "404",
    search: "0012",
    device: "d1",
    tab: "activity",
  });
  expect(filterOf(search)).not.toHaveProperty("device");
  expect(filterOf(search)).not.toHaveProperty("tab");
});

test("what cannot be meant is left out", () => {
  expect(readRunSearch({ status: "sideways", tab: "devices", class: "", search: 5 })).toEqual({});
  expect(isFiltered({})).toBe(false);
  expect(isFiltered({ code: "x" })).toBe(true);
});

test("a link names values of twins, and is no filter by that", () => {
  const search = readRunSearch({ batch: "3", columns: "tags.site,reported.firmware.version" });
  expect(filterOf(search)).toEqual({ batch: "3" });
  expect(readPaths(search.columns ?? "")).toEqual(["tags.site", "reported.firmware.version"]);
  for (const columns of ["", "tags", "other.a", "tags.a,,tags.b", Array(11).fill("tags.a").join(",")]) {
    expect(readRunSearch({ columns }), columns).toEqual({});
  }
});
