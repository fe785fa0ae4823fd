// The console in a real browser: no breach of the content security policy, no error in the browser's log, no finding of
// axe, and a grid that shows the first, the last and any row of a million. Pictures go to tests/browser/out.
// CHROMIUM names the browser (default /usr/bin/chromium).
import assert from "node:assert/strict";
import { mkdirSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { serve } from "./server.mjs";

const root = fileURLToPath(new URL("../../dist-gallery", import.meta.url));
const out = fileURLToPath(new URL("out/", import.meta.url));
mkdirSync(out, { recursive: true });
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

const browser = await chromium.launch({
  executablePath: process.env.CHROMIUM ?? "/usr/bin/chromium",
  args: ["--no-sandbox"],
});
const site = await serve(root);

let passed = 0;
let failed = 0;

/** Runs `body` with a fresh page; whatever the browser complained about meanwhile is a failure too. */
async function test(name, options, body) {
  const context = await browser.newContext({
    viewport: { width: 1280, height: 800 },
    locale: "en-GB",
    ...options,
  });
  const page = await context.newPage();
  const complaints = watch(page);
  try {
    await body(page);
    assert.deepEqual(complaints, []);
    passed++;
    console.log(`ok      ${name}`);
  } catch (error) {
    failed++;
    console.log(`FAILED  ${name}\n${error.stack}`);
    await page.screenshot({ path: `${out}failed.png` });
  } finally {
    await context.close();
  }
}

function watch(page) {
  const complaints = [];
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  return complaints;
}

// Fluent's focus traps hold hidden elements that pass the focus on at once; axe cannot know that.
async function accessible(page) {
  const findings =
    await page.evaluate(`${axe}; axe.run({ exclude: ["[data-tabster-dummy]"] }).then(({ violations }) => violations.map(
    ({ id, nodes }) => id + ": " + nodes.map(({ html }) => html).slice(0, 3).join(" | ")))`);
  assert.deepEqual(findings, []);
}

const grid = (page) => page.getByRole("grid");
const heading = (page) => page.getByRole("heading", { level: 1 });

for (const [path, title] of [
  ["", "Jobs"],
  ["/jobs", "Jobs"],
  ["/jobs/instances/abc%2F1", "abc/1"],
  ["/jobs/definitions/create/configure", "New job"],
  ["/jobs/scheduled/s1", "s1"],
  ["/devices", "Devices"],
  ["/devices/d1", "d1"],
  ["/device-groups", "Device groups"],
  ["/device-groups/g1", "g1"],
  ["/device-templates", "Device templates"],
  ["/device-templates/t1", "t1"],
  ["/permissions", "Permissions"],
  ["/permissions/tokens", "Permissions"],
  ["/permissions/nonsense", "Page not found"],
  ["/audit", "Audit log"],
  ["/sign-in", "Sign in"],
  ["/no/such/page", "Page not found"],
]) {
  await test(`${path || "/"} opens`, {}, async (page) => {
    await page.goto(site.url + path);
    await heading(page).getByText(title, { exact: true }).waitFor();
    assert.equal(await page.title(), `${title} · Bellwether`);
    await accessible(page);
  });
}

for (const colorScheme of ["light", "dark"]) {
  await test(`the shell, ${colorScheme}`, { colorScheme }, async (page) => {
    await page.goto(site.url);
    await heading(page).waitFor();
    await accessible(page);
    await page.screenshot({ path: `${out}shell-${colorScheme}.png` });
    await page.goto(`${site.url}/gallery`);
    await grid(page).getByText("device-0000000").waitFor();
    await accessible(page);
    await page.screenshot({ path: `${out}gallery-${colorScheme}.png`, fullPage: true });
  });
}

await test("what floats: menu, tooltip, combobox, popover, toast, dialog", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await page.getByRole("button", { name: "More" }).click();
  await page.getByRole("menuitem", { name: "Rerun on failed" }).waitFor();
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "With a tooltip" }).hover();
  await page.getByRole("tooltip", { name: "Says more" }).waitFor();
  await page.getByRole("combobox").click();
  await page.getByRole("option", { name: "Northern sites" }).click();
  await page.getByRole("button", { name: "Popover" }).click();
  await page.getByText("In a popover").waitFor();
  await page.waitForTimeout(300);
  await page.screenshot({ path: `${out}floating.png` });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Toast" }).click();
  await page.getByText("Saved").last().waitFor();
});

await test("a dialog wants the count typed, and stays when it fails", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await page.getByRole("button", { name: "Stop job" }).click();
  const dialog = page.getByRole("alertdialog");
  const stop = dialog.getByRole("button", { name: "Stop job" });
  assert.equal(await stop.isDisabled(), true);
  await dialog.getByRole("textbox").fill("1 234");
  await stop.click();
  await dialog.getByText("the job has already ended").waitFor();
  await accessible(page);
  await page.screenshot({ path: `${out}dialog.png` });
});

await test("theme and language are remembered", {}, async (page) => {
  await page.goto(`${site.url}/jobs`);
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.getByRole("button", { name: "Account and language" }).click();
  await page.getByRole("menuitemradio", { name: "한국어" }).click();
  await heading(page).getByText("작업").waitFor();
  await page.reload();
  await heading(page).getByText("작업").waitFor();
  assert.deepEqual(
    await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]),
    ["ko", "dark"],
  );
  await page.screenshot({ path: `${out}shell-ko.png` });
});

await test("keyboard: skip link first, then the screen; the drawer and the rail", {}, async (page) => {
  await page.goto(`${site.url}/jobs`);
  await heading(page).waitFor();
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.getByRole("button", { name: "Collapse navigation" }).click();
  await page.getByRole("link", { name: "Devices" }).click();
  await heading(page).getByText("Devices", { exact: true }).waitFor();
  assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
  await page.mouse.move(640, 600);
  await accessible(page);
  await page.screenshot({ path: `${out}shell-rail.png` });
});

await test(
  "360 px: the navigation is a drawer and nothing is cut off",
  { viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  async (page) => {
    await page.goto(`${site.url}/gallery`);
    await grid(page).getByText("device-0000000").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= 360);
    await accessible(page);
    await page.screenshot({ path: `${out}gallery-360.png` });
    await page.getByRole("button", { name: "Open navigation" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Audit log" }).waitFor();
    await page.waitForTimeout(500);
    await page.screenshot({ path: `${out}drawer-360.png` });
    await page.getByRole("link", { name: "Device groups" }).click();
    await heading(page).getByText("Device groups").waitFor();
    await page.getByRole("dialog").waitFor({ state: "detached" });
  },
);

await test("a million rows: the last, any, and the first", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await grid(page).getByText("device-0000000").waitFor();
  const shows = (id) => grid(page).getByRole("link", { name: id }).waitFor();
  const at = (share) =>
    grid(page).evaluate(
      (element, share) => element.scrollTo(0, (element.scrollHeight - element.clientHeight) * share),
      share,
    );
  assert.ok((await grid(page).evaluate((element) => element.scrollHeight)) < 17_000_000);

  await at(1);
  await shows("device-0999999");
  const box = await grid(page).boundingBox();
  const last = await grid(page).getByRole("link", { name: "device-0999999" }).boundingBox();
  assert.ok(last.y + last.height <= box.y + box.height, "the last row is wholly in view");
  await page.screenshot({ path: `${out}grid-end.png` });

  await at(0.5);
  await page.waitForTimeout(300);
  const middle = await grid(page).getByRole("link").allTextContents();
  assert.ok(middle.includes("device-0499999"), middle.join());
  assert.ok((await grid(page).getByRole("row").count()) < 60);

  // The wheel goes on by rows, not by shares of the list.
  await page.mouse.move(box.x + 300, box.y + 200);
  const before = await grid(page).getByRole("link", { name: "device-0499999" }).boundingBox();
  await page.mouse.wheel(0, 120);
  await page.waitForTimeout(400);
  const after = await grid(page).getByRole("link", { name: "device-0499999" }).boundingBox();
  assert.ok(Math.abs(before.y - after.y - 120) < 2, `moved by ${before.y - after.y}`);

  await grid(page).focus();
  await page.keyboard.press("Control+Home");
  await shows("device-0000000");
  await page.keyboard.press("Control+End");
  await shows("device-0999999");
  for (let n = 0; n < 30; n++) await page.keyboard.press("ArrowUp");
  await shows("device-0999969");
  // Control+End went to the last column, "Attempts".
  const active = await grid(page).evaluate(
    (element) => document.getElementById(element.getAttribute("aria-activedescendant"))?.textContent,
  );
  assert.equal(active, "1");
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("Enter");
  await heading(page).getByText("device-0999969").waitFor();
});

await test("choosing: rows on screen, the whole list but one, columns", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await grid(page).getByText("device-0000000").waitFor();
  await page.getByRole("checkbox", { name: "Select the rows on screen" }).check();
  await page.getByText("10 selected").waitFor();
  await page.getByRole("checkbox", { name: "Select all 1,000,000 of the whole list" }).check();
  await grid(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.getByText("999,999 selected").waitFor();
  await page.screenshot({ path: `${out}grid-selected.png` });
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Hidden at first" }).check();
  await page.screenshot({ path: `${out}columns.png` });
  await page.getByRole("button", { name: "OK" }).click();
  await page.reload();
  await grid(page).getByRole("columnheader", { name: "Hidden at first" }).waitFor();
});

await test("another list begins at its top", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await grid(page).getByText("device-0000000").waitFor();
  await grid(page).focus();
  await page.keyboard.press("Control+End");
  await grid(page).getByText("device-0999999").waitFor();
  await grid(page).getByRole("button", { name: "Name" }).click();
  await grid(page).getByText("device-0000000").waitFor();
  assert.equal(await grid(page).evaluate((element) => element.scrollTop), 0);
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), "Name");
});

await test("a list without rows says why", {}, async (page) => {
  await page.goto(`${site.url}/gallery?rows=0`);
  await page.getByText("No device is in this job yet.").waitFor();
});

// The check of the policy can fail: with a nonce that is not the header's the browser must complain.
const broken = await serve(root, { wrongNonce: true });
const page = await browser.newPage();
const complaints = watch(page);
await page.goto(broken.url);
await page.waitForTimeout(1000);
if (complaints.some((text) => text.includes("Content Security Policy"))) passed++;
else {
  failed++;
  console.log("FAILED  a wrong nonce is noticed");
}
broken.close();

await browser.close();
site.close();
console.log(`${passed} passed, ${failed} failed`);
process.exitCode = failed ? 1 : 0;
