// The hold on all jobs: set, seen on every screen of jobs, survived, and lifted.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const ORG_VIEWER = "84cc62c1-dabe-49d3-b16e-8b291232b285";
const TEMPLATE = "dtmi:acme:pump;1";

const server = await startServer();
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;
let viewer;

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Pump",
    capabilityModel: {
      "@id": "dtmi:acme:pump:model;1",
      "@type": "Interface",
      contents: [
        { "@type": "Property", name: "speed", schema: "integer", writable: true },
        { "@type": "Command", name: "spin" },
      ],
    },
  });
  await server.api("PUT", "/organizations/north", { displayName: "North" });
  await server.simulate(12, { prefix: "pump-", flags: ["--latency", "700"] });
  for (let n = 0; n < 12; n++)
    await server.api("PATCH", `/devices/pump-${String(n).padStart(4, "0")}`, { template: TEMPLATE });
  await server.stranger("lamp");
  await server.api("PUT", "/deviceGroups/pumps", {
    displayName: "All pumps",
    filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
  });
  viewer = await server.person("vera", [{ role: ORG_VIEWER, organization: "north" }]);
});

const make = (id, data, more = {}) =>
  server.api("PUT", `/jobs/${id}`, { displayName: id, group: "pumps", data: [data], ...more });
const spin = { type: "command", target: TEMPLATE, path: "spin" };
const set = { type: "property", target: TEMPLATE, path: "speed", value: 3 };
const is = (id, status) =>
  eventually(`${id} is ${status}`, async () => (await server.api("GET", `/jobs/${id}`)).status === status);
const banner = (page) => page.getByTestId("hold");

browserTest("all jobs are held with one button, and let go", { session }, async (page) => {
  await make("spinning", spin, { batch: { type: "number", value: 1 } });
  await is("spinning", "running");
  await page.goto(at("/jobs"));
  await page.getByRole("button", { name: "All jobs" }).click();
  await page.getByRole("menuitem", { name: "Hold all jobs" }).click();
  const asks = page.getByRole("alertdialog", { name: "Hold all jobs?" });
  await asks.getByText(/^1 job is running and is stopped\. Devices that are in flight finish/u).waitFor();
  await asks.getByText(/^0 jobs that have not begun wait/u).waitFor();
  await asks.getByLabel("Reason").fill("Pumps run dry");
  assert.equal(await asks.getByRole("button", { name: "Hold all jobs" }).isDisabled(), true);
  await asks.getByRole("textbox", { name: "Type 1 to confirm" }).fill("1");
  await accessible(page);
  await page.screenshot({ path: picture("hold-dialog") });
  await asks.getByRole("button", { name: "Hold all jobs" }).click();
  await banner(page).getByText("All jobs are held").waitFor();
  await banner(page)
    .getByText(/ has held them since .*: Pumps run dry\./u)
    .waitFor();
  await is("spinning", "stopped");
  await page.getByText("Stopped; continue or cancel it").waitFor();
  await page.getByRole("button", { name: "All jobs" }).click();
  assert.equal(
    await page.getByRole("menuitem", { name: "Hold all jobs" }).getAttribute("aria-disabled"),
    "true",
  );
  await page.keyboard.press("Escape");
  await accessible(page);
  await page.screenshot({ path: picture("hold-jobs") });

  // What was in flight is recorded, and nothing follows it, also after a restart.
  await eventually("nothing is in flight", async () => {
    const { counters } = await server.api("GET", "/jobs/spinning");
    return counters.running === 0;
  });
  const { counters } = await server.api("GET", "/jobs/spinning");
  await page.goto("about:blank");
  await server.restart();
  await make("new", set);
  await page.goto(at("/jobs/instances/new"));
  await page.getByText(/^It waits: .* has held all jobs since/u).waitFor();
  await banner(page).waitFor();
  await page.goto(at("/jobs/instances/spinning"));
  await page.getByText(/ held all jobs at .*, which stopped it\.$/u).waitFor();
  const resume = page.getByRole("button", { name: "Continue" });
  assert.equal(await resume.getAttribute("aria-disabled"), "true");
  await resume.hover();
  await page.getByRole("tooltip", { name: /^All jobs are held/u }).waitFor();
  await page.getByRole("tab", { name: "Activity" }).click();
  await page.getByText("held all jobs, which stopped this one").waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("hold-run") });
  await page.goto(at("/jobs/definitions/create/configure"));
  await banner(page).waitFor();
  assert.deepEqual((await server.api("GET", "/jobs/spinning")).counters, counters);

  // One may leave stopped what the hold stopped; here it goes on.
  await banner(page).getByRole("button", { name: "Lift the hold" }).click();
  const lifts = page.getByRole("alertdialog", { name: "Lift the hold?" });
  await lifts.getByText("1 job that waits may begin when its time has come.").waitFor();
  assert.equal(await lifts.getByRole("radio", { name: /^Leave stopped/u }).isChecked(), true);
  await lifts.getByRole("radio", { name: "Continue", exact: true }).check();
  await accessible(page);
  await page.screenshot({ path: picture("hold-lift") });
  await lifts.getByRole("button", { name: "Lift the hold" }).click();
  await banner(page).waitFor({ state: "detached" });
  await is("new", "complete");
  await is("spinning", "complete");
  await page.goto(at("/audit"));
  await page.getByText("Lifted the hold").first().waitFor();
  await page.getByText("Held all jobs").first().waitFor();
});

browserTest("a job pauses after a batch, and goes on with the next", { session }, async (page) => {
  // Of so many in a batch one takes long.
  const devices = Array.from({ length: 36 }, (_, n) => `slow-${String(n).padStart(4, "0")}`);
  await server.simulate(devices.length, { prefix: "slow-", flags: ["--latency", "1500"] });
  for (const device of devices) await server.api("PATCH", `/devices/${device}`, { template: TEMPLATE });
  await make("looked-at", spin, { group: undefined, devices, batch: { type: "number", value: 12 } });
  await page.goto(at("/jobs/instances/looked-at"));
  await page.getByRole("button", { name: "Pause after batch 1" }).click();
  await page.getByText("Pauses when batch 1 ends").waitFor();
  await page.screenshot({ path: picture("pause-asked") });
  await page.getByText(/^It stopped after batch 1, as .* had asked for\.$/u).waitFor();
  const { counters, openBatch } = await server.api("GET", "/jobs/looked-at");
  assert.deepEqual([counters.pending, counters.running, openBatch.number], [24, 0, 1]);
  await accessible(page);
  await page.screenshot({ path: picture("pause-run") });
  await page.getByRole("button", { name: "Continue" }).click();
  await page.getByRole("button", { name: "Pause after batch 2" }).click();
  await page.getByRole("button", { name: "Do not pause" }).click();
  await is("looked-at", "complete");
});

for (const [name, options] of [
  ["on a phone", { viewport: { width: 360, height: 740 } }],
  ["in the dark", { colorScheme: "dark" }],
]) {
  browserTest(`the hold ${name}`, { session, ...options }, async (page) => {
    await server.api("PUT", "/jobHold", { reason: "A release that went wrong is taken back first" });
    await page.goto(at("/jobs"));
    await banner(page).waitFor();
    const { width, scroll } = await page.evaluate(() => ({
      width: document.documentElement.clientWidth,
      scroll: document.documentElement.scrollWidth,
    }));
    assert.ok(scroll <= width, `${scroll} > ${width}`);
    await accessible(page);
    await page.screenshot({ path: picture(`hold ${name}`) });
    await banner(page).getByRole("button", { name: "Lift the hold" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Lift the hold" }).click();
    await banner(page).waitFor({ state: "detached" });
  });
}

browserTest(
  "who is within an organization sees the hold and cannot lift it",
  { session: () => viewer },
  async (page) => {
    await page.goto(at("/jobs"));
    await page.getByRole("heading", { level: 1 }).waitFor();
    assert.equal(await page.getByRole("button", { name: "All jobs" }).count(), 0);
    // Somebody else holds them: the page hears of it.
    await server.api("PUT", "/jobHold", {});
    await banner(page).waitFor();
    assert.equal(await banner(page).getByRole("button").count(), 0);
    await accessible(page);
    await server.api("DELETE", "/jobHold");
    await banner(page).waitFor({ state: "detached" });
  },
);
