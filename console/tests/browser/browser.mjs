// Chromium for the tests: every page fails its test when the browser complains of anything, and pictures go to `out`.
// CHROMIUM names the browser (default /usr/bin/chromium).
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";

const OUT = fileURLToPath(new URL("out/", import.meta.url));
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
mkdirSync(OUT, { recursive: true });

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox", "--disable-gpu"],
});
after(() => browser.close());

/** Where a picture of this name goes. */
export function picture(name) {
  return `${OUT}${name}.png`;
}

/** What the browser says is wrong on this page from now on: errors, warnings, breaches of the policy. */
export function watch(page) {
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

/**
 * A test with a page of its own. `options` are those of a browser context, and `session`, a server (server.mjs) whose
 * administrator is signed in; `expected` matches complaints that belong to the test (a refused call is one to Chromium).
 */
export function browserTest(name, { session, expected, ...options }, body) {
  return test(name, async () => {
    const server = typeof session === "function" ? session() : session;
    const context = await browser.newContext({
      viewport: { width: 1280, height: 800 },
      locale: "en-GB",
      ignoreHTTPSErrors: true,
      ...options,
    });
    try {
      if (server) await context.addCookies([server.cookie]);
      const page = await context.newPage();
      const complaints = watch(page);
      try {
        await body(page, server);
        assert.deepEqual(
          complaints.filter((text) => !expected?.test(text)),
          [],
        );
      } catch (error) {
        await page.screenshot({ path: picture(`failed ${name.replaceAll(/\W+/gu, " ")}`) });
        throw error;
      }
    } finally {
      await context.close();
    }
  });
}

/** A page without a test around it. */
export function newPage() {
  return browser.newPage({ ignoreHTTPSErrors: true });
}

/** Fails with what axe finds. */
export async function accessible(page) {
  // What fades in has the contrast of a moment.
  await page.evaluate(() => {
    const ending = document
      .getAnimations()
      .filter((one) => one.effect?.getComputedTiming().endTime < Infinity);
    return Promise.allSettled(ending.map((one) => one.finished));
  });
  // Fluent's focus traps hold hidden elements that pass the focus on at once; axe cannot know that. Its tooltips stand
  // outside all landmarks, and are read with the element that they belong to.
  const findings = await page.evaluate(`${AXE};
    axe.run({ exclude: ["[data-tabster-dummy]", "[role=tooltip]"] }).then(({ violations }) => violations.map(
      ({ id, nodes }) => id + ": " + nodes.map(({ html, target }) => target + " " + html.slice(0, 200)).join(" | ")))`);
  assert.deepEqual(findings, []);
}

/** The title of the screen that is shown. */
export function heading(page) {
  return page.getByRole("heading", { level: 1 });
}

/** The grid of the screen. */
export function grid(page) {
  return page.getByRole("grid");
}
