// What screens are made of, without a server: the gallery under the same policy as the program's. No breach of it, no error
// in the browser's log, no finding of axe, and a grid that shows the first, the last and any row of a million.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { accessible, browserTest, grid, newPage, picture, watch } from "./browser.mjs";
import { serve } from "./static.mjs";

const root = fileURLToPath(new URL("../../dist-gallery", import.meta.url));
const site = await serve(root);
after(() => site.close());
// Links lead to screens, and they ask a server that is not here.
const noServer = /Failed to load resource/u;

for (const colorScheme of ["light", "dark"]) {
  browserTest(`everything at once, ${colorScheme}`, { colorScheme }, async (page) => {
    await page.goto(`${site.url}/gallery`);
    await grid(page).getByText("device-0000000").waitFor();
    await accessible(page);
    await page.screenshot({ path: picture(`gallery-${colorScheme}`), fullPage: true });
  });
}

browserTest("what floats: menu, tooltip, combobox, popover, toast, dialog", {}, async (page) => {
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
  await page.screenshot({ path: picture(`floating`) });
  await page.keyboard.press("Escape");
  await page.getByRole("button", { name: "Toast" }).click();
  await page.getByText("Saved").last().waitFor();
});

browserTest("a dialog wants the count typed, and stays when it fails", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await page.getByRole("button", { name: "Stop job" }).click();
  const dialog = page.getByRole("alertdialog");
  const stop = dialog.getByRole("button", { name: "Stop job" });
  assert.equal(await stop.isDisabled(), true);
  await dialog.getByRole("textbox").fill("1 234");
  await stop.click();
  await dialog.getByText("the job has already ended").waitFor();
  await accessible(page);
  await page.screenshot({ path: picture(`dialog`) });
});

browserTest(
  "360 px: the navigation is a drawer and nothing is cut off",
  { viewport: { width: 360, height: 740 }, colorScheme: "dark", expected: noServer },
  async (page) => {
    await page.goto(`${site.url}/gallery`);
    await grid(page).getByText("device-0000000").waitFor();
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360);
    assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= 360);
    await accessible(page);
    await page.screenshot({ path: picture(`gallery-360`) });
    await page.getByRole("button", { name: "Open navigation" }).click();
    await page.getByRole("dialog").getByRole("link", { name: "Audit log" }).waitFor();
    await page.waitForTimeout(500);
    await page.screenshot({ path: picture(`drawer-360`) });
    await page.getByRole("link", { name: "Device groups" }).click();
    await page.waitForURL("**/device-groups*");
    await page.getByRole("dialog").waitFor({ state: "detached" });
  },
);

browserTest("a million rows: the last, any, and the first", { expected: noServer }, async (page) => {
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
  await page.screenshot({ path: picture(`grid-end`) });

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
  await page.waitForURL("**/devices/device-0999969*");
});

browserTest("choosing: rows on screen, the whole list but one, columns", {}, async (page) => {
  await page.goto(`${site.url}/gallery`);
  await grid(page).getByText("device-0000000").waitFor();
  await page.getByRole("checkbox", { name: "Select the rows on screen" }).check();
  await page.getByText("10 selected").waitFor();
  await page.getByRole("checkbox", { name: "Select all 1,000,000 of the whole list" }).check();
  await grid(page).focus();
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Space");
  await page.getByText("999,999 selected").waitFor();
  await page.screenshot({ path: picture(`grid-selected`) });
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("checkbox", { name: "Hidden at first" }).check();
  await page.screenshot({ path: picture(`columns`) });
  await page.getByRole("button", { name: "OK" }).click();
  await page.reload();
  await grid(page).getByRole("columnheader", { name: "Hidden at first" }).waitFor();
});

browserTest("columns are moved and made wider, and stay so", {}, async (page) => {
  const heads = async () =>
    (await grid(page).getByRole("columnheader").allTextContents()).filter((text) => text !== "");
  const width = async () =>
    (await grid(page).getByRole("columnheader", { name: "Status" }).boundingBox()).width;
  await page.goto(`${site.url}/gallery`);
  await grid(page).getByText("device-0000000").waitFor();
  assert.deepEqual(await heads(), ["Name", "Status", "Site", "Attempts"]);
  await page.getByRole("button", { name: "Columns" }).click();
  await page.getByRole("button", { name: "Move Site to the left" }).click();
  await page.getByRole("button", { name: "OK" }).click();
  await page.getByRole("dialog").waitFor({ state: "detached" });
  assert.deepEqual(await heads(), ["Name", "Site", "Status", "Attempts"]);

  const before = await width();
  const handle = grid(page).getByRole("separator", { name: "Width of Status" });
  const box = await handle.boundingBox();
  await page.mouse.move(box.x + box.width / 2, box.y + box.height / 2);
  await page.mouse.down();
  await page.mouse.move(box.x + box.width / 2 + 80, box.y + 5, { steps: 4 });
  await page.mouse.up();
  assert.ok(Math.abs((await width()) - before - 80) < 2, `${before} became ${await width()}`);
  await handle.press("ArrowRight");
  assert.ok(Math.abs((await width()) - before - 96) < 2);
  await accessible(page);
  await page.reload();
  await grid(page).getByText("device-0000000").waitFor();
  assert.deepEqual(await heads(), ["Name", "Site", "Status", "Attempts"]);
  assert.ok(Math.abs((await width()) - before - 96) < 2);
  await handle.dblclick();
  assert.ok(Math.abs((await width()) - before) < 2);
  // Rows are as wide as the head, whatever stands in them.
  const widths = await grid(page)
    .getByRole("row")
    .evaluateAll((rows) => new Set(rows.map((row) => row.getBoundingClientRect().width)).size);
  assert.equal(widths, 1);
});

browserTest("another list begins at its top", {}, async (page) => {
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

browserTest("a list without rows says why", {}, async (page) => {
  await page.goto(`${site.url}/gallery?rows=0`);
  await page.getByText("No device is in this job yet.").waitFor();
});

test("the check of the policy can fail: a nonce that is not the header's", async () => {
  const broken = await serve(root, { wrongNonce: true });
  const page = await newPage();
  try {
    const complaints = watch(page);
    await page.goto(`${broken.url}/gallery`);
    await page.waitForTimeout(1000);
    assert.ok(complaints.some((text) => text.includes("Content Security Policy")));
  } finally {
    await page.close();
    broken.close();
  }
});
