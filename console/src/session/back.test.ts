import { expect, test } from "vitest";
import { backOf } from "./back";

test("after signing in one goes to a place of this console only", () => {
  expect(backOf({ back: "/jobs/instances/a?status=failed" })).toEqual({
    back: "/jobs/instances/a?status=failed",
  });
  for (const back of [
    "//evil.example",
    "/\\evil.example",
    "https://evil.example",
    "javascript:0",
    "",
    5,
    undefined,
  ]) {
    expect(backOf({ back })).toEqual({});
  }
});
