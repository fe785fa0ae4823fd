// @vitest-environment node
import { readdirSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";

const rows = readFileSync("../docs/console.md", "utf8")
  .split("\n")
  .filter((line) => /^\| (UI|RUN)-/u.test(line))
  .map((line) => line.split("|").map((cell) => cell.trim()));
const files = new Map(
  readdirSync("tests/browser")
    .filter((name) => name.endsWith(".test.mjs"))
    .map((name) => [name, readFileSync(`tests/browser/${name}`, "utf8")]),
);

test("the tables have every element of IoT Central's and of a run's page once, in order", () => {
  const numbered = (name: string, length: number) => Array.from({ length }, (_, at) => `${name}-${at + 1}`);
  expect(rows.map(([, id]) => id)).toEqual([...numbered("UI", 94), ...numbered("RUN", 14)]);
});

test("every row says where it is, and is shown by tests that exist, or the element is not there and it says why", () => {
  for (const [, id, where, shown, ...rest] of rows) {
    expect(where, id).toBeTruthy();
    expect(shown, id).toBeTruthy();
    // A `|` in a cell would end it.
    expect(rest, id).toEqual([""]);
    const tests = [...(shown ?? "").matchAll(/`([a-z-]+\.test\.mjs): ([^`]+)`/gu)];
    for (const [, file = "", name = ""] of tests) {
      // As a test's name begins: after it a parameter may follow.
      const begins = ['"', "`"].map((quote) => quote + name);
      expect(
        begins.some((text) => files.get(file)?.includes(text)),
        `${id}: ${file}: ${name}`,
      ).toBe(true);
    }
    // What has no page of its own is shown by a test of the program.
    const programs = [...(shown ?? "").matchAll(/`(crates\/[\w/-]+\.rs): (\w+)`/gu)];
    for (const [, file = "", name = ""] of programs) {
      expect(readFileSync(`../${file}`, "utf8"), `${id}: ${file}`).toContain(`fn ${name}(`);
    }
    // What is there is shown; a promise of a test is none.
    if (where !== "not there")
      expect(tests.length + programs.length, `${id} is shown by no test`).toBeGreaterThan(0);
    expect(shown, id).not.toContain("no browser test");
  }
});
