// A run's page against the real server and devices that answer: what is on disk is on the page, also over a server that
// dies meanwhile; what the filter, the link and the results log show is the same.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const server = await startServer({ args: ["--reconnect-grace", "10", "--jobs-at-once", "1"] });
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;
// Chromium itself complains of answers that refuse, and of a server that is gone.
const refused = /Failed to load resource|net::ERR_/u;

const TEMPLATE = "dtmi:acme:pump;1";
const DEVICES = 120;

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Pump",
    capabilityModel: {
      "@id": "dtmi:acme:pump:model;1",
      "@type": "Interface",
      contents: [
        { "@type": "Property", name: "interval", schema: "integer", writable: true },
        { "@type": ["Property", "Cloud"], name: "customer", schema: "string" },
        {
          "@type": "Command",
          name: "selfTest",
          request: { "@type": "CommandPayload", name: "level", schema: "integer" },
        },
      ],
    },
  });
  // A tenth answers with an error, a tenth is never there.
  await server.simulate(DEVICES, {
    prefix: "pump-",
    flags: ["--failure-rate", "0.1", "--offline", "0.1", "--latency", "60"],
  });
  for (let n = 0; n < DEVICES; n++) {
    await server.api("PATCH", `/devices/pump-${String(n).padStart(4, "0")}`, { template: TEMPLATE });
  }
  await server.api("PUT", "/deviceGroups/pumps", {
    displayName: "All pumps",
    filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
  });
});

const command = (more = {}) => ({
  displayName: "Self test of all pumps",
  description: "Before the season begins",
  group: "pumps",
  data: [{ type: "command", target: TEMPLATE, path: "selfTest", value: 3 }],
  ...more,
});
const make = (id, body) => server.api("PUT", `/jobs/${id}`, body);
const job = (id) => server.api("GET", `/jobs/${id}`);
const ended = (id) =>
  eventually(
    `${id} has ended`,
    async () => {
      const { end, counters } = await job(id);
      return end && counters.running === 0;
    },
    { within: 90_000 },
  );

/** What the page says of itself. */
const state = async (page) => ({
  ...(await page.getByTestId("run").evaluate(({ dataset }) => ({ ...dataset }))),
});

/** The page shows what the server has, to the last event. */
async function caughtUp(page, id) {
  return eventually("the page shows the last event", async () => {
    const { event, status } = await job(id);
    const shown = await state(page);
    return Number(shown.eventNumber) === event && shown.status === status;
  });
}

/** Every count of the legend is the server's. */
async function countsOf(page, id) {
  const { counters } = await job(id);
  const shown = {
    succeeded: await legend(page, "Completed"),
    failed: await legend(page, "Failed"),
    running: await legend(page, "Running"),
    pending: await legend(page, "Pending"),
  };
  const { succeeded, failed, running, pending, total, cancelled } = counters;
  assert.deepEqual(shown, { succeeded, failed, running, pending });
  assert.equal(succeeded + failed + running + pending + cancelled, total);
}

/** Notes every stream that the page opens, after which event, and the numbers that each told. */
function noteStreams(page) {
  return page.addInitScript(() => {
    window.streams = [];
    const Original = window.EventSource;
    window.EventSource = class extends Original {
      constructor(address) {
        super(address);
        const told = [];
        window.streams.push({
          after: Number(new URL(address, document.baseURI).searchParams.get("after")),
          told,
        });
        super.addEventListener("job", ({ data }) => {
          const { first, last } = JSON.parse(data);
          told.push([first, last]);
        });
      }
    };
  });
}

/** Of all streams together no number lacks and none was told twice. */
async function contiguous(page, least) {
  const streams = await page.evaluate(() => window.streams);
  assert.ok(streams.length >= least, JSON.stringify(streams));
  let known = 0;
  for (const { after, told } of streams) {
    // What was read meanwhile may be ahead of what was told, never behind it.
    assert.ok(after >= known, JSON.stringify(streams));
    known = after;
    for (const [first, last] of told) {
      assert.equal(first, known + 1, JSON.stringify(streams));
      known = last;
    }
  }
  return known;
}

/** From the first step of the wizard to its last, and through. */
async function finishWizard(page, verb) {
  for (let step = 0; step < 3; step++) await page.getByRole("button", { name: "Next" }).click();
  await page
    .locator("button:not([disabled]):not([aria-disabled=true])")
    .getByText(verb, { exact: true })
    .click();
}

const FAMILY = "This job and its reruns";

/** What a link or button of the results log gives. */
async function downloaded(page, group, format) {
  await page.getByRole("button", { name: "Results log" }).click();
  const download = page.waitForEvent("download");
  await page.getByRole("group", { name: group }).getByText(format).click();
  return readFile(await (await download).path(), "utf8");
}

/** A count of the legend, as it is shown. */
async function legend(page, label) {
  const text = await page.getByRole("button", { name: new RegExp(`^${label}: `, "u") }).textContent();
  return Number(/: ([\d,]+)/u.exec(text)[1].replaceAll(",", ""));
}

browserTest("a job is followed from its beginning to its end", { session }, async (page) => {
  await make("followed", command({ batch: { type: "percentage", value: 10 } }));
  await page.goto(at("/jobs/instances/followed"));
  await heading(page).getByText("Self test of all pumps").waitFor();
  // Every state that is shown adds up, and none goes back.
  const seen = [];
  await page.exposeFunction("seen", (number, counts) => seen.push([Number(number), counts]));
  await page.evaluate(() => {
    const run = document.querySelector("[data-testid=run]");
    new MutationObserver(() => {
      const counts = [...document.querySelectorAll("[aria-pressed]")].map(({ textContent }) => textContent);
      window.seen(run.dataset.eventNumber, counts);
    }).observe(run, { attributes: true });
  });
  await ended("followed");
  await caughtUp(page, "followed");
  await eventually("all was told", async () => (await state(page)).connection === "ended");
  const numbers = seen.map(([number]) => number);
  assert.deepEqual(
    numbers,
    [...numbers].sort((a, b) => a - b),
  );
  const { counters } = await job("followed");
  await countsOf(page, "followed");
  assert.equal(counters.total, DEVICES);
  assert.equal(counters.pending + counters.running, 0);
  await page.getByText("10 of 10").waitFor();
  await grid(page).getByRole("link", { name: /pump-/ }).first().waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("run") });
});

for (const [name, viewport, colorScheme] of [
  ["dark", { width: 1280, height: 800 }, "dark"],
  ["360", { width: 360, height: 740 }, "light"],
  ["4k", { width: 3840, height: 2160 }, "light"],
]) {
  browserTest(`a run looks well, ${name}`, { session, viewport, colorScheme }, async (page) => {
    await page.goto(at("/jobs/instances/followed"));
    await grid(page).getByRole("link", { name: /pump-/ }).first().waitFor();
    assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= viewport.width);
    await page.waitForTimeout(300);
    await accessible(page);
    await page.screenshot({ path: picture(`run-${name}`) });
  });
}

browserTest("the filter is the link and the results log", { session }, async (page) => {
  await page.goto(at("/jobs/instances/followed"));
  const { counters } = await job("followed");
  await page.getByRole("button", { name: /^Failed: / }).click();
  await page.waitForURL("**?status=failed");
  await page.getByRole("region", { name: "Reasons of failure" }).getByRole("button").first().click();
  await page.waitForURL(/class=/u);
  await grid(page).getByRole("row").nth(1).waitFor();
  await page.screenshot({ path: picture("run-filtered") });

  const query = new URL(page.url()).searchParams;
  query.set("maxpagesize", "1000");
  const listed = await server.api("GET", `/jobs/followed/devices?${query}`);
  assert.ok(listed.value.length > 0 && listed.value.length < counters.failed);
  await page.getByRole("checkbox", { name: /of the whole list/ }).waitFor();
  assert.equal(
    await page.getByRole("checkbox", { name: /of the whole list/ }).getAttribute("aria-label"),
    null,
  );
  await page.getByText(new RegExp(`Select all ${listed.value.length} of`, "u")).waitFor();

  await page.getByRole("button", { name: "Results log" }).click();
  await page.waitForTimeout(300);
  await page.screenshot({ path: picture("run-log") });
  const download = page.waitForEvent("download");
  await page.getByRole("group", { name: "Devices of the filter" }).getByText("CSV").click();
  const file = await download;
  const lines = (await readFile(await file.path(), "utf8")).trim().split(/\r?\n/u);
  assert.equal(lines.length - 1, listed.value.length);
  assert.match(lines[0], /deviceId/iu);

  await page.reload();
  await page.getByText(new RegExp(`Select all ${listed.value.length} of`, "u")).waitFor();
  await page.goBack();
  await page.goBack();
  await page.waitForURL((url) => url.search === "");
});

browserTest("a device in full: the call, its answer, why it failed", { session }, async (page) => {
  const failed = await server.api("GET", "/jobs/followed/devices?status=failed&class=rejected&maxpagesize=1");
  const { id } = failed.value[0];
  await page.goto(at("/jobs/instances/followed?status=failed"));
  await grid(page).getByRole("row").filter({ hasText: id }).getByText("Failed").click();
  const drawer = page.getByRole("dialog");
  await drawer.getByText("selfTest", { exact: true }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("device"), id);
  await drawer.getByText("Rejected by the device").waitFor();
  assert.equal((await drawer.getByLabel("Request", { exact: true }).textContent()).trim(), "3");
  await drawer.getByLabel("Response", { exact: true }).waitFor();
  await page.waitForTimeout(500);
  await accessible(page);
  await page.screenshot({ path: picture("run-drawer") });
  await page.keyboard.press("Escape");
  await drawer.waitFor({ state: "detached" });
  await page.reload();
  assert.equal(new URL(page.url()).searchParams.get("device"), null);
});

browserTest("what a property job wrote: before, after, and now", { session }, async (page) => {
  const write = (value) => ({
    group: "pumps",
    data: [{ type: "property", target: TEMPLATE, path: "interval", value }],
  });
  for (const [id, value] of [
    ["write-1", 10],
    ["write-2", 20],
    ["write-3", 30],
  ]) {
    await make(id, write(value));
    await ended(id);
  }
  await page.goto(at("/jobs/instances/write-2?device=pump-0001"));
  const row = page.getByRole("dialog").getByRole("row", { name: /interval/ });
  await row.waitFor();
  assert.deepEqual(await row.getByRole("cell").allTextContents(), ["10", "20", "30"]);
  await page.getByRole("dialog").getByRole("link", { name: "write-3" }).waitFor();
  await page.getByRole("dialog").getByRole("link", { name: "Open the device" }).hover();
  await page.waitForTimeout(500);
  await accessible(page);
  await page.screenshot({ path: picture("run-drawer-twin") });
});

browserTest(
  "stop, continue, cancel: each says what becomes of the devices in flight",
  { session },
  async (page) => {
    await make("stopped", command({ batch: { type: "number", value: 2 } }));
    await page.goto(at("/jobs/instances/stopped"));
    await page.getByRole("button", { name: "Stop", exact: true }).click();
    const dialog = page.getByRole("alertdialog");
    await dialog.getByText(/still waited for and recorded/).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("run-stop") });
    await dialog.getByRole("button", { name: "Stop", exact: true }).click();
    await page.getByTestId("run").and(page.locator("[data-status=stopped]")).waitFor({ state: "attached" });
    assert.equal((await job("stopped")).status, "stopped");
    await page.screenshot({ path: picture("run-stopped") });
    await page.getByRole("button", { name: "Continue" }).click();
    await page.locator("[data-testid=run][data-status=running]").waitFor({ state: "attached" });
    await page.getByRole("button", { name: "Cancel job" }).click();
    await dialog.getByText(/cannot be continued/).waitFor();
    await dialog.getByRole("button", { name: "Cancel job" }).click();
    await page.locator("[data-testid=run][data-status=cancelled]").waitFor({ state: "attached" });
    await caughtUp(page, "stopped");
    const { counters } = await job("stopped");
    assert.ok(counters.cancelled > 0);
    assert.equal(await legend(page, "Canceled"), counters.cancelled);

    await page.getByRole("tab", { name: "Activity" }).click();
    await page.getByText("canceled the job").waitFor();
    await page.getByText("continued the job").waitFor();
    await page.getByText("stopped the job").waitFor();
    await page.getByText(server.email).first().waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("run-activity") });
    await page.getByRole("tab", { name: "Definition" }).click();
    await page.getByText("selfTest = 3").waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("run-definition") });
  },
);

browserTest("the threshold cancels, and the failed ones are run again", { session }, async (page) => {
  await make("fragile", command({ cancellationThreshold: { type: "number", value: 3, batch: false } }));
  await page.goto(at("/jobs/instances/fragile"));
  await ended("fragile");
  await caughtUp(page, "fragile");
  await page
    .getByText(/more than the 3 that were borne/)
    .first()
    .waitFor();
  await page.screenshot({ path: picture("run-threshold") });
  const { counters } = await job("fragile");
  await page.getByRole("button", { name: "Rerun on failed" }).click();
  await page.waitForURL(/rerun=fragile/u);
  await page.getByRole("textbox", { name: "Name" }).fill("Once more");
  await finishWizard(page, "Rerun");
  await heading(page).getByText("Once more").waitFor();
  await page.getByText("Rerun of").first().waitFor();
  const id = new URL(page.url()).pathname.split("/").at(-1);
  await ended(id);
  assert.equal((await job(id)).counters.total, counters.failed);
  await caughtUp(page, id);
  await page.getByRole("link", { name: "Self test of all pumps" }).first().click();
  await page.waitForURL(/instances\/fragile/u);
  const reruns = page.getByRole("region", { name: FAMILY });
  await reruns
    .getByText(/\d+ failed/u)
    .first()
    .waitFor();
  await page.screenshot({ path: picture("run-lineage") });
  await reruns.getByRole("link", { name: "Once more" }).click();
  await heading(page).getByText("Once more").waitFor();
  await page.getByRole("tab", { name: "Definition" }).click();
  await page.getByLabel("As a command", { exact: true }).getByText(`/api/jobs/fragile/rerun/${id}`).waitFor();
});

browserTest(
  "a job and its reruns are one family: each device counts once, and the rest is run again",
  { session },
  async (page) => {
    await make("kin", command({ displayName: "Self test" }));
    await ended("kin");
    await server.api("PUT", "/jobs/kin/rerun/kin-2", { displayName: "Once more" });
    await ended("kin-2");
    // What a family is, by plain bookkeeping: by device over all of its jobs.
    const union = async (...jobs) => {
      const all = new Map();
      for (const id of jobs) {
        const { value } = await server.api("GET", `/jobs/${id}/devices?maxpagesize=1000`);
        for (const { id, status } of value) all.set(id, [...(all.get(id) ?? []), status]);
      }
      const done = [...all.values()].filter((states) => states.includes("completed")).length;
      return { all: all.size, done, left: all.size - done };
    };
    const two = await union("kin", "kin-2");
    assert.equal(two.all, DEVICES);
    assert.ok(two.left > 0, "devices that are never there are left");
    const card = page.getByRole("region", { name: FAMILY });
    const says = ({ all, done, left }, runs) =>
      card.getByText(`${done} of ${all} devices done in ${runs} runs, ${left} left`).waitFor();
    await page.goto(at("/jobs/instances/kin"));
    await says(two, 2);
    await card.getByRole("link", { name: "Once more" }).waitFor();
    assert.equal(await card.getByRole("link", { name: "Self test", exact: true }).count(), 0);
    await accessible(page);
    await card.scrollIntoViewIfNeeded();
    await page.screenshot({ path: picture("run-family") });
    await page.emulateMedia({ colorScheme: "dark" });
    await page.reload();
    await says(two, 2);
    await accessible(page);
    await card.scrollIntoViewIfNeeded();
    await page.screenshot({ path: picture("run-family-dark") });
    await page.setViewportSize({ width: 360, height: 740 });
    await card.scrollIntoViewIfNeeded();
    await page.screenshot({ path: picture("run-family-phone") });
    await page.setViewportSize({ width: 1280, height: 800 });
    await page.emulateMedia({ colorScheme: "light" });

    // The rest is what failed last: the wizard opens for that, not for what failed in the job that is shown.
    await card.getByRole("button", { name: "Run the rest again" }).click();
    await page.waitForURL(/rerun=kin-2/u);
    await page.getByRole("textbox", { name: "Name" }).fill("The rest");
    await finishWizard(page, "Rerun");
    await heading(page).getByText("The rest").waitFor();
    const last = new URL(page.url()).pathname.split("/").at(-1);
    await ended(last);
    assert.equal((await job(last)).counters.total, two.left);
    await says(await union("kin", "kin-2", last), 3);
    await card.getByRole("link", { name: "Self test", exact: true }).click();
    await page.waitForURL(/instances\/kin$/u);
    await card.getByRole("link", { name: "The rest" }).waitFor();

    // One that had succeeded and is run again does not count twice, nor does it become one that is left.
    const { value } = await server.api("GET", "/jobs/kin/devices?maxpagesize=1000&status=completed");
    await server.api("PUT", "/jobs/kin/rerun/kin-again", {
      displayName: "Chosen ones",
      devices: value.slice(0, 5).map(({ id }) => id),
    });
    await ended("kin-again");
    const four = await union("kin", "kin-2", last, "kin-again");
    await page.reload();
    await says(four, 4);
    assert.equal(four.all, DEVICES);
    // Those that are left are not those that failed last.
    await card.getByRole("link", { name: "Chosen ones" }).waitFor();
    assert.equal(await card.getByRole("button", { name: "Run the rest again" }).count(), 0);
  },
);

browserTest("what people say about a job stands in its activity", { session }, async (page) => {
  await make("said", command({ displayName: "Talked about" }));
  await ended("said");
  await page.goto(at("/jobs/instances/said?tab=activity"));
  const add = page.getByRole("button", { name: "Add comment" });
  await page.getByText("completed the job").waitFor();
  assert.equal(await add.getAttribute("aria-disabled"), "true");
  await page.getByRole("textbox", { name: "Comment" }).fill("Valve 3 was open.\nClosed it.");
  await accessible(page);
  await add.click();
  const entry = page.getByRole("listitem").filter({ hasText: "commented" });
  await entry.getByText("Closed it.").waitFor();
  await entry.getByText(server.email).waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Comment" }).inputValue(), "");
  assert.equal(await entry.getByText("Closed it.").innerText(), "Valve 3 was open.\nClosed it.");
  await accessible(page);
  await page.screenshot({ path: picture("run-comment") });
  await page.emulateMedia({ colorScheme: "dark" });
  await page.setViewportSize({ width: 360, height: 740 });
  await accessible(page);
  await page.screenshot({ path: picture("run-comment-phone") });
  // Everybody who sees the job reads it, also after a while; who may not run jobs says nothing.
  const { value: roles } = await server.api("GET", "/roles");
  const { id: role } = roles.find(({ displayName }) => displayName === "Org Viewer");
  await server.api("PUT", "/organizations/west", { displayName: "West" });
  await server.api("PUT", "/deviceGroups/western", {
    displayName: "Western pumps",
    filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
    organizations: ["west"],
  });
  await make("western", command({ group: "western", organizations: ["west"] }));
  await server.api("POST", "/jobs/western/comments", { text: "Nobody is there yet" });
  const viewer = await server.person("reader", [{ role, organization: "west" }]);
  await page.context().clearCookies();
  await page.context().addCookies([viewer.cookie]);
  await page.goto(at("/jobs/instances/western?tab=activity"));
  await page.getByText("Nobody is there yet").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Comment" }).count(), 0);
});

browserTest(
  "chosen devices are run again; a deleted one is shown and cannot be chosen",
  { session },
  async (page) => {
    await make("partly", command());
    await ended("partly");
    await page.goto(at("/jobs/instances/partly"));
    await page.getByRole("button", { name: "Acknowledge" }).click();
    await page.getByRole("button", { name: "Acknowledge" }).waitFor({ state: "detached" });
    assert.equal((await job("partly")).attention ?? null, null);
    await page.getByRole("button", { name: /^Never reached: /u }).click();
    await page.waitForURL(/class=neverReached/u);
    await page.getByText(`Select all ${(await job("partly")).counters.neverReached} of`).waitFor();
    await server.api("DELETE", "/devices/pump-0003");
    await page.goto(at("/jobs/instances/partly?search=pump-000"));
    const deleted = grid(page).getByRole("row").filter({ hasText: "pump-0003 (deleted)" });
    await deleted.waitFor();
    assert.equal(await deleted.getByRole("link").count(), 0);
    assert.equal(await deleted.getByRole("checkbox").isDisabled(), true);
    for (const id of ["pump-0001", "pump-0005"]) {
      await grid(page)
        .getByRole("checkbox", { name: `Select ${id}` })
        .check();
    }
    await page.getByText("2 selected").waitFor();
    await page.screenshot({ path: picture("run-selected") });
    const download = page.waitForEvent("download");
    await page.getByRole("button", { name: "Selected devices" }).click();
    const log = await readFile(await (await download).path(), "utf8");
    assert.equal(log.trim().split(/\r?\n/u).length, 3);
    assert.match(log, /pump-0001[^]*pump-0005|pump-0005[^]*pump-0001/u);
    await page.getByRole("button", { name: "Rerun selected" }).click();
    await page.waitForURL(/rerun=partly/u);
    await finishWizard(page, "Rerun");
    await heading(page).getByText("Self test of all pumps – rerun").waitFor();
    await page.waitForURL(/instances/u);
    const id = new URL(page.url()).pathname.split("/").at(-1);
    await ended(id);
    const { value } = await server.api("GET", `/jobs/${id}/devices`);
    assert.deepEqual(value.map(({ id }) => id).sort(), ["pump-0001", "pump-0005"]);
  },
);

browserTest("values of the twins stand beside the results, and are remembered", { session }, async (page) => {
  await page.goto(at("/jobs/instances/write-3"));
  await page.getByRole("button", { name: "Twin columns" }).click();
  await page.getByRole("textbox", { name: "Path of the value" }).fill("desired.interval");
  await page.keyboard.press("Enter");
  await page.keyboard.press("Escape");
  await grid(page).getByRole("columnheader", { name: "desired.interval" }).waitFor();
  await grid(page).getByRole("gridcell", { name: "30", exact: true }).first().waitFor();
  await page.reload();
  await grid(page).getByRole("gridcell", { name: "30", exact: true }).first().waitFor();
});

browserTest(
  "the server dies and comes back: no gap, nothing twice",
  { session, expected: refused },
  async (page) => {
    await noteStreams(page);
    await make("durable", command({ batch: { type: "number", value: 4 } }));
    await page.goto(at("/jobs/instances/durable"));
    await page.locator("[data-testid=run][data-connection=live]").waitFor({ state: "attached" });
    await grid(page).getByRole("link", { name: /pump-/ }).first().waitFor();
    await eventually("it runs", async () => (await job("durable")).counters.succeeded > 5);
    await server.kill();
    await page.getByText("The connection to the server is interrupted.").waitFor();
    await page.screenshot({ path: picture("run-lost") });
    await server.start();
    await server.signIn(server.password);
    await ended("durable");
    await eventually("the page is connected again", async () =>
      ["live", "ended"].includes((await state(page)).connection),
    );
    await caughtUp(page, "durable");
    await countsOf(page, "durable");
    assert.equal(await contiguous(page, 2), (await job("durable")).event);
  },
);

browserTest("a laptop that was away goes on without a gap", { session, expected: refused }, async (page) => {
  await noteStreams(page);
  await make("away", command({ batch: { type: "number", value: 4 } }));
  await page.goto(at("/jobs/instances/away"));
  await page.locator("[data-testid=run][data-connection=live]").waitFor({ state: "attached" });
  await eventually("it runs", async () => (await job("away")).counters.succeeded > 5);
  await page.context().setOffline(true);
  const before = (await job("away")).counters.succeeded;
  await eventually("it goes on meanwhile", async () => (await job("away")).counters.succeeded > before + 10);
  await page.context().setOffline(false);
  await ended("away");
  await caughtUp(page, "away");
  await countsOf(page, "away");
  // Nothing tells a page that it was away but the browser: it connects anew, from where it was.
  await contiguous(page, 2);
});

browserTest(
  "a job waits for its turn and says so; another fails because its group is gone",
  { session },
  async (page) => {
    await server.api("PUT", "/deviceGroups/doomed", {
      displayName: "Doomed",
      filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
    });
    await make("busy", command({ batch: { type: "number", value: 2 } }));
    await make("doomed", command({ group: "doomed" }));
    await page.goto(at("/jobs/instances/doomed"));
    await page.getByText("Pending", { exact: true }).first().waitFor();
    await page.getByText("as many jobs are running as may run at once").waitFor();
    await page.screenshot({ path: picture("run-pending") });
    await server.api("DELETE", "/deviceGroups/doomed");
    await page.goto(at("/jobs/instances/busy"));
    await page.getByText("Running", { exact: true }).first().waitFor();

    // The log of a job that runs has who has ended so far, and who has not.
    const lines = (await downloaded(page, "All devices", "NDJSON")).trim().split("\n");
    const rows = lines.map((line) => JSON.parse(line));
    assert.equal(rows.length, (await job("busy")).counters.total);
    assert.ok(rows.every(({ status }) => typeof status === "string"));
    assert.ok(rows.some(({ status }) => status === "pending"));

    // Batches are filters, also with the keyboard.
    const batch = page.getByRole("button", { name: /^Batch 1 ·/u });
    await batch.focus();
    await page.keyboard.press("Enter");
    await page.waitForURL(/batch=1/u);
    await page.getByRole("button", { name: "Remove Batch 1 from the filter" }).waitFor();
    const inBatch = await server.api("GET", "/jobs/busy/devices?batch=1");
    assert.equal(inBatch.value.length, 2);
    await grid(page)
      .getByRole("row", { name: new RegExp(inBatch.value[1].id, "u") })
      .waitFor();
    await page.getByText(/devices have ended\. The next batch begins after the last one/u).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("run-batch") });

    await page.getByRole("button", { name: "Cancel job" }).click();
    await page.getByRole("alertdialog").getByRole("button", { name: "Cancel job" }).click();
    await page.getByText(`${server.email} canceled it at`).waitFor();
    await ended("doomed");
    await page.goto(at("/jobs/instances/doomed"));
    await page.getByText("Failed", { exact: true }).first().waitFor();
    assert.equal((await job("doomed")).status, "failed");
  },
);

browserTest(
  "the bar is a filter for the mouse; the whole filtered list is run again by number",
  { session },
  async (page) => {
    await page.goto(at("/jobs/instances/write-2"));
    await page
      .getByRole("group", { name: /^Results of/u })
      .getByTitle("Completed")
      .click();
    await page.waitForURL("**?status=completed");
    await page.goto(at("/jobs/instances/write-2?search=pump-"));
    await grid(page).getByRole("row").nth(1).waitFor();
    const listed = await server.api("GET", "/jobs/write-2/devices?search=pump-&maxpagesize=1000");
    const there = listed.value.filter(({ deleted }) => !deleted).length;
    await page.getByRole("checkbox", { name: /whole list/u }).check();
    await page.getByRole("button", { name: "Rerun selected" }).click();
    await page.waitForURL(/rerun=write-2/u);
    await page
      .getByText(new RegExp(`The ${there} devices chosen of`, "u"))
      .first()
      .waitFor();
  },
);

browserTest("who may only look sees the run and is told why not", { session }, async (page) => {
  await server.api("PUT", "/organizations/south", { displayName: "South" });
  await server.api("PATCH", "/devices/pump-0100", { organizations: ["south"] });
  await server.api("PUT", "/deviceGroups/southern", {
    displayName: "Southern pumps",
    filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
    organizations: ["south"],
  });
  await make("southern", command({ group: "southern", organizations: ["south"] }));
  await ended("southern");
  const { value: roles } = await server.api("GET", "/roles");
  const { id: role } = roles.find(({ displayName }) => displayName === "Org Viewer");
  const viewer = await server.person("looker", [{ role, organization: "south" }]);
  await page.context().clearCookies();
  await page.context().addCookies([viewer.cookie]);
  await page.goto(at("/jobs/instances/southern"));
  await grid(page).getByRole("row").nth(1).waitFor();
  const copy = page.getByRole("button", { name: "Copy", exact: true });
  assert.equal(await copy.getAttribute("aria-disabled"), "true");
  await copy.hover();
  await eventually("it says why not", () =>
    copy.evaluate((button) =>
      document
        .getElementById(button.getAttribute("aria-describedby"))
        ?.textContent.includes("Your role does not allow you to run jobs."),
    ),
  );
});

browserTest("a scheduled job: when it runs, what it does, and its end", { session }, async (page) => {
  await server.api("PUT", "/scheduledJobs/nightly", {
    displayName: "Nightly self test",
    group: "pumps",
    data: [{ type: "command", target: TEMPLATE, path: "selfTest", value: 1 }],
    schedule: {
      start: new Date(Date.now() + 3_000).toISOString(),
      recurrence: "daily",
      zone: "Europe/Berlin",
      end: { type: "occurrences", occurrences: 5 },
    },
  });
  await page.goto(at("/jobs/scheduled/nightly"));
  await heading(page).getByText("Nightly self test").waitFor();
  await page.getByText("Europe/Berlin", { exact: true }).waitFor();
  await grid(page)
    .getByRole("link", { name: /Nightly self test/ })
    .waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("scheduled") });
  await eventually(
    "the run has ended",
    async () => {
      const { value } = await server.api("GET", "/scheduledJobs/nightly/jobs");
      return value[0]?.end;
    },
    { within: 90_000 },
  );
  await page.locator("button:not([aria-disabled])").filter({ hasText: "Suspend" }).click();
  await page.getByText("The schedule is suspended.").waitFor();
  await page.getByRole("button", { name: "Resume schedule" }).click();
  await page.getByText("The schedule is suspended.").waitFor({ state: "detached" });
  await page.getByRole("button", { name: "Unschedule" }).click();
  await page
    .getByRole("alertdialog")
    .getByText(/their results stay/)
    .waitFor();
  await page.getByRole("alertdialog").getByRole("button", { name: "Unschedule" }).click();
  await heading(page).getByText("Jobs", { exact: true }).waitFor();
});

browserTest("a job that is not there", { session, expected: refused }, async (page) => {
  await page.goto(at("/jobs/instances/none-such"));
  await page.getByText(/It may have been deleted/).waitFor();
  await accessible(page);
});

browserTest("of many batches one turns to others", { session }, async (page) => {
  const devices = Array.from({ length: 203 }, (_, n) => `shelf-${n}`);
  for (const id of devices) await server.api("PUT", `/devices/${id}`, { template: TEMPLATE });
  await make("many", {
    displayName: "Customers of all on the shelf",
    devices,
    data: [{ type: "cloudProperty", target: TEMPLATE, path: "customer", value: "Acme" }],
    batch: { type: "number", value: 1 },
  });
  await ended("many");
  await page.goto(at("/jobs/instances/many"));
  await page.getByText("Batches 4 to 203 of 203").waitFor();
  assert.equal(await page.getByRole("button", { name: "Later batches" }).isDisabled(), true);
  await page.getByRole("button", { name: "Earlier batches" }).click();
  await page.getByText("Batches 1 to 200 of 203").waitFor();
  await accessible(page);
  await page.getByRole("button", { name: /^Batch 1 ·/u }).click();
  await page.waitForURL(/batch=1$/u);
  await page.getByRole("button", { name: "Later batches" }).click();
  await page.getByText("Batches 201 to 203 of 203").waitFor();
  await page.getByRole("button", { name: "Open batch" }).click();
  await page.getByText("Batches 4 to 203 of 203").waitFor();
});
