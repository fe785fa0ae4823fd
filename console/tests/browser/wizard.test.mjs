// More of the wizard against the real server: whom a job means, what is edited, copied and run again.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const server = await startServer();
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;
const WIZARD = "/jobs/definitions/create/configure";
const REVIEW = "/jobs/definitions/create/review";

const PUMP = "dtmi:acme:pump;1";
const DEVICES = 60;
const setSpeed = (value) => [{ type: "property", target: PUMP, path: "speed", value }];

const template = (id, name) => ({
  "@type": ["ModelDefinition", "DeviceModel"],
  displayName: name,
  capabilityModel: {
    "@id": id.replace(";", ":model;"),
    "@type": "Interface",
    contents: [
      { "@type": "Property", name: "speed", displayName: "Speed", writable: true, schema: "double" },
      {
        "@type": "Command",
        name: "flush",
        displayName: "Flush",
        request: { "@type": "CommandPayload", name: "seconds", displayName: "Seconds", schema: "integer" },
      },
    ],
  },
});

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(PUMP)}`, template(PUMP, "Pump"));
  for (let n = 0; n < DEVICES; n++) {
    const id = `pump-${String(n).padStart(2, "0")}`;
    await server.api("PUT", `/devices/${id}`, { displayName: `Pump ${n}`, template: PUMP });
  }
  // One that is no pump: a job on all pumps is not one on all devices.
  await server.stranger("spare");
  await server.api("PUT", "/deviceGroups/pumps", {
    displayName: "All pumps",
    filter: `SELECT * FROM devices WHERE $template = "${PUMP}"`,
  });
});

const choose = async (page, label, option) => {
  await page.getByRole("combobox", { name: label }).click();
  await page.getByRole("option", { name: option }).first().click();
};
const button = (page, name) => page.getByRole("button", { name, exact: true });
const next = (page) => button(page, "Next").click();
const step = (page, name) => page.getByRole("navigation", { name: "Steps" }).getByRole("link", { name });
const job = async (name) =>
  (await server.api("GET", "/jobs?maxpagesize=100")).value.find(({ displayName }) => displayName === name);
const ended = (id) =>
  eventually("the job has ended", async () => {
    const job = await server.api("GET", `/jobs/${id}`);
    return job.end && job;
  });
/** What the shown call sends. */
const shown = async (page) => {
  const call = await page.locator("pre").textContent();
  return { call, body: JSON.parse(/-d '(.*)'$/su.exec(call)[1]) };
};

/** A job on all pumps that sets their speed. */
async function simple(page, name) {
  await page.goto(at(`${WIZARD}?group=pumps`));
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await choose(page, "Device template", "Pump");
  await choose(page, "Property", "Speed");
  await page.getByRole("textbox", { name: "Value" }).fill("4");
}

browserTest(
  "the top box is the whole group, the one beside Name what is on screen",
  { session },
  async (page) => {
    await simple(page, "Of a screen");
    const count = page.getByTestId("group-count");
    await count.getByText(`${DEVICES} devices in this group`).waitFor();
    const top = page.getByRole("checkbox", { name: /Select (all|the whole list)/u });
    assert.equal(await top.isChecked(), true);
    await top.click();
    await count.getByText(`0 of ${DEVICES} devices ticked`).waitFor();
    await next(page);
    await page.getByText("Tick at least one device.").first().waitFor();
    await page.getByRole("checkbox", { name: "Select the rows on screen" }).click();
    await eventually("some are ticked", async () => !(await count.textContent()).startsWith("0 of"));
    const ticked = Number(/^\d+/u.exec(await count.textContent())[0]);
    assert.ok(ticked > 3 && ticked < DEVICES, `${ticked} of ${DEVICES} are on screen`);
    await page.screenshot({ path: picture("wizard-page-ticked") });
    await step(page, "Review").click();
    await page.getByTestId("matched").getByText(`${ticked} devices matched`).waitFor();
    await button(page, "Run").click();
    await page.waitForURL("**/jobs/instances/*");
    assert.equal((await job("Of a screen")).chosenDevices, ticked);

    // And ticked again the whole of it is the group, whoever is in it then.
    await simple(page, "Of the group");
    await count.getByText(`${DEVICES} devices in this group`).waitFor();
    await top.click();
    await count.getByText(`0 of ${DEVICES} devices ticked`).waitFor();
    await top.click();
    await count.getByText(`${DEVICES} devices in this group`).waitFor();
    await step(page, "Review").click();
    await page.getByTestId("matched").getByText(`${DEVICES} devices matched`).waitFor();
    assert.equal((await shown(page)).body.group, "pumps");
  },
);

browserTest(
  "a broken group shows no devices and says so, and no job can be made on it",
  { session, expected: /status of 422/u },
  async (page) => {
    const id = "dtmi:acme:valve;1";
    const path = `/deviceTemplates/${encodeURIComponent(id)}`;
    await server.api("PUT", path, template(id, "Valve"));
    await server.api("PUT", "/deviceGroups/valves", {
      displayName: "Fast valves",
      filter: `SELECT * FROM devices WHERE $template = "${id}" AND speed > 3`,
    });
    const changed = template(id, "Valve");
    changed.capabilityModel.contents.shift();
    await server.api("PUT", path, changed);
    await simple(page, "On a broken group");
    await choose(page, "Device group", "Fast valves");
    await page.getByText("No devices can be shown").waitFor();
    await page.getByText("The filter of this group is broken").first().waitFor();
    assert.equal(await grid(page).count(), 0);
    await accessible(page);
    await page.screenshot({ path: picture("wizard-broken-group") });
    await step(page, "Review").click();
    await page.getByText(/keeps? the job from running/u).waitFor();
    assert.equal(await button(page, "Run").isDisabled(), true);
  },
);

browserTest("one-time, monthly, and an end on a day", { session, timezoneId: "UTC" }, async (page) => {
  await simple(page, "Monthly");
  await step(page, "Schedule").click();
  await page.getByRole("switch", { name: "Run by a schedule" }).check();
  await page.locator("input[type=date]").fill("2030-01-31");
  await page.locator("input[type=time]").fill("06:00");
  const runs = page.getByTestId("next-runs").getByRole("listitem");
  await eventually("one run, once", async () => (await runs.count()) === 1);
  await page.getByRole("radio", { name: "Monthly" }).check();
  await eventually("five of many", async () => (await runs.count()) === 5);
  // Months without a 31st have the run on their last day.
  assert.match(await runs.nth(1).textContent(), /28 Feb 2030/u);
  await page.getByRole("radio", { name: "On this day" }).check();
  await page.getByLabel("Last day").fill("2030-03-30");
  await eventually("two lie before that day", async () => (await runs.count()) === 2);
  await accessible(page);
  await page.screenshot({ path: picture("wizard-monthly") });
  await next(page);
  assert.deepEqual((await shown(page)).body.schedule.end, { type: "date", date: "2030-03-30" });
  await button(page, "Schedule").click();
  await page.waitForURL("**/jobs/scheduled/*");
  const [made] = (await server.api("GET", "/scheduledJobs")).value;
  assert.deepEqual([made.schedule.recurrence, made.schedule.end.date], ["monthly", "2030-03-30"]);

  // Edit, pressed on its page: it stays a scheduled job, and what is sent says so.
  await button(page, "Edit").click();
  await heading(page).getByText("Edit Monthly").waitFor();
  await page.getByRole("textbox", { name: "Name" }).fill("Each month");
  await step(page, "Schedule").click();
  const by = page.getByRole("switch", { name: "Run by a schedule" });
  assert.deepEqual([await by.isChecked(), await by.isDisabled()], [true, true]);
  await page.screenshot({ path: picture("wizard-edit-schedule") });
  await next(page);
  const { call, body } = await shown(page);
  assert.match(call, /\/api\/scheduledJobs\/.*If-Match: /su);
  assert.equal(body.enabled, true);
  assert.equal(body.schedule.start, made.schedule.start);
  await button(page, "Save changes").click();
  await page.waitForURL("**/jobs/scheduled/*");
  const [changed] = (await server.api("GET", "/scheduledJobs")).value;
  assert.deepEqual([changed.id, changed.displayName], [made.id, "Each month"]);
  assert.equal(await job("Each month"), undefined);
});

browserTest(
  "Back, the links of the steps, and a saved job run from its review",
  { session },
  async (page) => {
    await simple(page, "Saved once");
    await next(page);
    await page.getByRole("switch", { name: "Use batches" }).check();
    await button(page, "Back").click();
    assert.equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "Saved once");
    await step(page, "Review").click();
    await page.getByTestId("matched").getByText(`${DEVICES} devices matched`).waitFor();
    assert.equal((await shown(page)).body.batch.type, "percentage");
    await step(page, "Delivery options").click();
    assert.equal(await page.getByRole("switch", { name: "Use batches" }).isChecked(), true);
    await button(page, "Save and exit").click();
    await page.waitForURL("**/jobs?view=saved");
    const [draft] = (await server.api("GET", "/jobDrafts")).value;

    await page.goto(at(`${REVIEW}?draft=${draft.id}`));
    await heading(page).getByText("Saved once").waitFor();
    await page.getByTestId("matched").getByText(`${DEVICES} devices matched`).waitFor();
    // Whom it meets is there to its last row.
    await grid(page).focus();
    await page.keyboard.press("Control+End");
    await grid(page)
      .getByText(`pump-${DEVICES - 1}`)
      .waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("wizard-review-draft") });
    await button(page, "Run").click();
    await page.waitForURL("**/jobs/instances/*");
    assert.equal((await job("Saved once")).group, "pumps");
    assert.equal((await server.api("GET", "/jobDrafts")).value.length, 0);
  },
);

browserTest("a value that is no JSON is not saved as what stood there before", { session }, async (page) => {
  await simple(page, "Half a request");
  await page.getByRole("radio", { name: /^Command/u }).check();
  await choose(page, "Command", "Flush");
  await page.getByRole("switch", { name: "Send a request with it" }).check();
  await page.getByRole("tab", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "Request" });
  await json.fill("7");
  await json.fill("7,");
  await page.getByText("This is not JSON.").waitFor();
  assert.equal(await button(page, "Save and exit").getAttribute("aria-disabled"), "true");
  await step(page, "Review").click();
  assert.equal(await button(page, "Run").isDisabled(), true);
  assert.ok(!("value" in (await shown(page)).body.data[0]));
});

browserTest("the organization decides which groups are on offer", { session }, async (page) => {
  await server.api("PUT", "/organizations/east", { displayName: "East" });
  await server.api("PUT", "/organizations/west", { displayName: "West" });
  for (const [id, name] of [
    ["east", "East pumps"],
    ["west", "West pumps"],
  ]) {
    await server.api("PUT", `/deviceGroups/${id}-pumps`, {
      displayName: name,
      filter: `SELECT * FROM devices WHERE $template = "${PUMP}"`,
      organizations: [id],
    });
  }
  await page.goto(at(WIZARD));
  await choose(page, "Device group", "West pumps");
  await choose(page, "Organization", "East");
  const group = page.getByRole("combobox", { name: "Device group" });
  assert.equal(await group.inputValue(), "");
  await group.click();
  await page.getByRole("option", { name: "East pumps" }).waitFor();
  await page.getByRole("option", { name: "All pumps" }).waitFor();
  assert.equal(await page.getByRole("option", { name: "West pumps" }).count(), 0);
});

browserTest(
  "a rerun in the wizard: the failed devices, another payload, other batches",
  { session },
  async (page) => {
    const devices = ["pump-01", "pump-02", "pump-03"];
    await server.api("PUT", "/jobs/first", {
      displayName: "First",
      devices,
      data: [{ type: "command", target: PUMP, path: "flush", value: 5 }],
    });
    // Nobody is connected.
    assert.equal((await ended("first")).counters.failed, 3);
    await page.goto(at(`${WIZARD}?rerun=first`));
    await heading(page).getByText("Rerun First").waitFor();
    await page.getByText("The 3 devices that failed in").waitFor();
    assert.equal(await page.getByRole("combobox", { name: "Device group" }).count(), 0);
    assert.equal(await button(page, "Save and exit").count(), 0);
    await grid(page).getByText("pump-03").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "First – rerun");
    await page.getByRole("textbox", { name: "Request" }).fill("9");
    await accessible(page);
    await page.screenshot({ path: picture("wizard-rerun") });
    await next(page);
    await page.getByRole("switch", { name: "Use batches" }).check();
    await page.getByRole("radio", { name: "Devices" }).check();
    await page.getByRole("spinbutton", { name: "Size of a batch" }).fill("2");
    await page.getByTestId("sentence").getByText("1 batch of 2 and a last one of 1.").waitFor();
    await next(page);
    await page.getByText("A rerun begins at once.").waitFor();
    assert.equal(await page.getByRole("switch", { name: "Run by a schedule" }).isDisabled(), true);
    await next(page);
    await page.getByTestId("matched").getByText("3 devices matched").waitFor();
    await grid(page).getByText("pump-02").waitFor();
    const { call, body } = await shown(page);
    assert.match(call, /\/api\/jobs\/first\/rerun\//u);
    await page.screenshot({ path: picture("wizard-rerun-review") });
    await button(page, "Rerun").click();
    await page.waitForURL("**/jobs/instances/*");
    const made = await job("First – rerun");
    assert.deepEqual([made.rerunOf, made.target, made.group], ["first", "failedOf", ""]);
    assert.deepEqual(made.data, [{ type: "command", target: PUMP, path: "flush", value: 9 }]);
    assert.deepEqual(made.data, body.data);
    assert.deepEqual(made.batch, { type: "number", value: 2 });
    assert.equal((await ended(made.id)).counters.total, 3);

    // A copy of it is on its devices, not on a group.
    await page.goto(at(`${WIZARD}?copy=${made.id}`));
    await page.getByText("3 devices", { exact: true }).first().waitFor();
    const ids = await page.getByRole("textbox", { name: "Device IDs" }).inputValue();
    assert.deepEqual(ids.split("\n").toSorted(), devices);

    // Chosen ones; what was chosen elsewhere and is lost is nobody, never all that failed.
    await page.evaluate(
      `sessionStorage.setItem("bellwether.chosenDevices", '[{"id":"ticked","devices":["pump-02"]}]')`,
    );
    await page.goto(at(`${WIZARD}?rerun=first&devices=ticked`));
    await page.getByText("The 1 device chosen of").waitFor();
    await step(page, "Review").click();
    await page.getByTestId("matched").getByText("1 device matched").waitFor();
    assert.deepEqual((await shown(page)).body.devices, ["pump-02"]);
    await page.evaluate("sessionStorage.clear()");
    await page.reload();
    await page.getByText(/keeps? the job from running/u).waitFor();
    assert.equal(await button(page, "Rerun").isDisabled(), true);
  },
);

browserTest("ids keep their commas when a list is edited", { session }, async (page) => {
  await server.api("PUT", "/devices/odd,1", { displayName: "Odd", template: PUMP });
  await server.api("PUT", "/jobs/odd", {
    displayName: "Odd one",
    devices: ["odd,1", "pump-00"],
    data: setSpeed(1),
  });
  await ended("odd");
  await page.goto(at(`${WIZARD}?copy=odd`));
  const list = page.getByRole("textbox", { name: "Device IDs" });
  await eventually("the ids", async () => (await list.inputValue()).includes("odd"));
  await list.press("Control+End");
  await list.pressSequentially("\npump-01");
  await step(page, "Review").click();
  await page.getByTestId("matched").getByText("3 devices matched").waitFor();
  assert.deepEqual((await shown(page)).body.devices.toSorted(), ["odd,1", "pump-00", "pump-01"]);
});
