import { expect, test } from "vitest";
import { filterOf, isFiltered, readRunSearch } from "./filter";

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
