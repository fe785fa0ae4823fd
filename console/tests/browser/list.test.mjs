// The jobs page against the real server while jobs run: their states, what is done with them from the list, rows that stay
// under the pointer, and filters.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const server = await startServer({ args: ["--jobs-at-once", "1"] });
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;

const TEMPLATE = "dtmi:acme:fan;1";
const DEVICES = 60;

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Fan",
    capabilityModel: {
      "@id": "dtmi:acme:fan:model;1",
      "@type": "Interface",
      contents: [
        { "@type": "Property", name: "speed", schema: "integer", writable: true },
        { "@type": "Command", name: "spin" },
      ],
    },
  });
  await server.api("PUT", "/organizations/north", { displayName: "North" });
  await server.simulate(DEVICES, { prefix: "fan-", flags: ["--latency", "700"] });
  for (let n = 0; n < DEVICES; n++)
    await server.api("PATCH", `/devices/fan-${String(n).padStart(4, "0")}`, { template: TEMPLATE });
  await server.api("PUT", "/devices/north-fan", { template: TEMPLATE, organizations: ["north"] });
  for (const [id, displayName] of [
    ["fans", "All fans"],
    ["brief", "Fans for a while"],
  ])
    await server.api("PUT", `/deviceGroups/${id}`, {
      displayName,
      filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
    });
});

const idOf = (name) => name.replaceAll(" ", "-");
const make = (name, more = {}) =>
  server.api("PUT", `/jobs/${idOf(name)}`, {
    displayName: name,
    group: "fans",
    data: [{ type: "command", target: TEMPLATE, path: "spin" }],
    batch: { type: "number", value: 1 },
    ...more,
  });
const quick = { data: [{ type: "property", target: TEMPLATE, path: "speed", value: 3 }], batch: undefined };
const is = (name, status) =>
  eventually(
    `${name} is ${status}`,
    async () => (await server.api("GET", `/jobs/${idOf(name)}`)).status === status,
  );
const row = (page, name) => grid(page).getByRole("row").filter({ hasText: name });

browserTest("a job's states, from its beginning to each end", { session }, async (page) => {
  await page.goto(at("/jobs?view=history"));
  await make("Done", quick);
  await is("Done", "complete");
  await make("Spinning");
  await is("Spinning", "running");
  await make("Waiting", { ...quick, group: "brief" });
  await page.reload();
  await row(page, "Done").getByText("Completed", { exact: true }).waitFor();
  await row(page, "Done")
    .getByRole("img", { name: `${DEVICES + 1} of ${DEVICES + 1} devices done` })
    .waitFor();
  await row(page, "Spinning").getByText("Running", { exact: true }).waitFor();
  await row(page, "Waiting").getByText("Pending", { exact: true }).waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("list-states") });
  // Nothing to run on any more: it fails as a whole when its turn comes.
  await server.api("DELETE", "/deviceGroups/brief");
  await server.api("POST", "/jobs/Spinning/stop");
  await is("Waiting", "failed");
  await make("Dropped");
  await server.api("POST", "/jobs/Dropped/cancel");
  await page.reload();
  await row(page, "Waiting").getByText("Failed", { exact: true }).waitFor();
  await row(page, "Spinning").getByText("Stopped", { exact: true }).waitFor();
  await row(page, "Dropped").getByText("Canceled", { exact: true }).waitFor();
  await page.screenshot({ path: picture("list-ends") });
});

browserTest("stopped and continued from the overview, with the keyboard alone", { session }, async (page) => {
  await make("By key");
  await is("By key", "running");
  await page.goto(at("/jobs"));
  const menu = page.locator("[data-section=running]").getByRole("button", { name: "Actions for By key" });
  const act = async (name, button) => {
    await button.waitFor();
    for (let presses = 0; presses < 80; presses++) {
      await page.keyboard.press("Tab");
      if (await button.evaluate((one) => one === document.activeElement)) break;
    }
    await page.keyboard.press("Enter");
    const item = page.getByRole("menuitem", { name, exact: true });
    await item.waitFor();
    for (let presses = 0; presses < 8; presses++) {
      if (await item.evaluate((one) => one === document.activeElement)) break;
      await page.keyboard.press("ArrowDown");
    }
    await page.keyboard.press("Enter");
  };
  await act("Stop", menu);
  const dialog = page.getByRole("alertdialog", { name: "Stop By key?" });
  // The numbers are those of the run page.
  await dialog
    .getByText(/\d+ device/u)
    .first()
    .waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("list-stop") });
  for (let presses = 0; presses < 6; presses++) {
    await page.keyboard.press("Tab");
    const at = await page.evaluate(() => document.activeElement.textContent);
    if (at === "Stop") break;
  }
  await page.keyboard.press("Enter");
  await is("By key", "stopped");
  await dialog.waitFor({ state: "detached" });
  const stopped = page
    .locator("[data-section=attention]")
    .getByRole("button", { name: "Actions for By key" });
  await stopped.waitFor();
  await page.reload();
  await stopped.waitFor();
  await act("Continue", stopped);
  await is("By key", "running");
  await server.api("POST", "/jobs/By-key/cancel");
});

browserTest(
  "rows stay under the pointer, and a question stays about its job while the list moves",
  { session },
  async (page) => {
    await make("First");
    await is("First", "running");
    await page.goto(at("/jobs?view=running"));
    const first = grid(page).getByRole("button", { name: "Actions for First" });
    await first.click();
    await make("Second", quick);
    await make("Third", quick);
    const news = page.getByRole("button", { name: "Show 2 new rows" });
    await news.waitFor();
    await page.screenshot({ path: picture("list-held") });
    assert.equal(await grid(page).getByRole("row").count(), 2);
    await page.getByRole("menuitem", { name: "Cancel job" }).click();
    const dialog = page.getByRole("alertdialog", { name: "Cancel First?" });
    await dialog.waitFor();
    // Its row is another's by now; the question is not.
    await dialog.getByRole("button", { name: "Cancel job" }).click();
    await is("First", "cancelled");
    for (const name of ["Second", "Third"]) await is(name, "complete");
  },
);

browserTest("filters stand in the address; the last thirty days are one click", { session }, async (page) => {
  await make("Of the north", { ...quick, organizations: ["north"] });
  await is("Of the north", "complete");
  await page.goto(at("/jobs"));
  await page.getByRole("tab", { name: "History" }).click();
  await page.waitForURL("**view=history&since=30d");
  await row(page, "Of the north").waitFor();
  await page.getByRole("combobox", { name: "Organization" }).click();
  await page.getByRole("option", { name: "North" }).click();
  await page.waitForURL("**organization=north*");
  await row(page, "Done").waitFor({ state: "detached" });
  await row(page, "Of the north").waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("list-filters") });
  await page.getByRole("button", { name: "Clear filters" }).click();
  await page.getByRole("combobox", { name: "Device group" }).click();
  await page.getByRole("option", { name: "All fans" }).click();
  await page.waitForURL("**group=fans*");
  await row(page, "Done").waitFor();
  await row(page, "Waiting").waitFor({ state: "detached" });
  await page.getByRole("combobox", { name: "Owner" }).click();
  await page.getByRole("option", { name: "Mine" }).click();
  await page.waitForURL("**owner=user*");
  await row(page, "Done").waitFor();
  await page.getByRole("button", { name: "Made: Any time" }).click();
  await page.getByRole("menuitemradio", { name: "Last 24 hours" }).click();
  await page.waitForURL("**since=24h*");
  await row(page, "Done").waitFor();
  await page.getByRole("button", { name: "Show jobs of any time" }).click();
  await page.waitForURL((url) => !url.searchParams.has("since"));
});

browserTest("a saved job is run from its row, by way of what it would do", { session }, async (page) => {
  await server.api("PUT", "/jobDrafts/later", {
    displayName: "Later",
    job: {
      displayName: "Later",
      group: "fans",
      data: [{ type: "property", target: TEMPLATE, path: "speed", value: 5 }],
    },
  });
  await page.goto(at("/jobs?view=saved"));
  await grid(page).getByRole("button", { name: "Run Later" }).click();
  await page.waitForURL("**/create/review?draft=later");
  await heading(page).getByText("Later").waitFor();
  await page.getByRole("button", { name: "Run", exact: true }).click();
  await page.waitForURL("**/jobs/instances/*");
  await eventually("it ran", async () =>
    (await server.api("GET", "/jobs")).value.some(
      ({ displayName, status }) => displayName === "Later" && status === "complete",
    ),
  );
});
