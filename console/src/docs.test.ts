// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const rows = readFileSync("../docs/console.md", "utf8")
  .split("\n")
  .filter((line) => line.startsWith("| UI-"))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const files = new Map(
  readdirSync("tests/browser")
    .filter((name) => name.endsWith(".test.mjs"))
    .map((name) => [name, readFileSync(`tests/browser/${name}`, "utf8")]),
);

test("the table of the screens has every element of IoT Central's once, in order", () => {
  expect(rows.map(([, id]) => id)).toEqual(Array.from({ length: 94 }, (_, index) => `UI-${index + 1}`));
});

test("every row says where it is, and is shown by tests that exist or says why by none", () => {
  for (const [, id, where, shown, ...rest] of rows) {
    expect(where, id).toBeTruthy();
    expect(shown, id).toBeTruthy();
    // A `|` in a cell would end it.
    expect(rest, id).toEqual([""]);
    for (const [, file = "", name = ""] of (shown ?? "").matchAll(/`([a-z-]+\.test\.mjs): ([^`]+)`/gu)) {
      // As a test's name begins: after it a parameter may follow.
      const begins = ['"', "`"].map((quote) => quote + name);
      expect(
        begins.some((text) => files.get(file)?.includes(text)),
        `${id}: ${file}: ${name}`,
      ).toBe(true);
    }
  }
});
