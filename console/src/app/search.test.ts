import { expect, test } from "vitest";
import { readSearch, writeSearch } from "./search";

test("an address keeps text as it is, whatever it looks like", () => {
  for (const q of ["0012", "true", "null", "{}", "a&b=c", "größe 10 %", '"quoted"']) {
    expect(readSearch(writeSearch({ q }))).toEqual({ q });
  }
});

test("members without a value leave no trace", () => {
  expect(writeSearch({ q: "", status: undefined })).toBe("");
  expect(writeSearch({ page: 2, all: false })).toBe("?page=2&all=false");
});
