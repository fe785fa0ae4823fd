// The jobs page and the wizard against the real server: what is typed is what runs, is saved and is scheduled.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const server = await startServer();
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;
const WIZARD = "/jobs/definitions/create/configure";

const TEMPLATE = "dtmi:acme:cooler;1";
const DEVICES = 12;

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Cooler",
    capabilityModel: {
      "@id": "dtmi:acme:cooler:model;1",
      "@type": "Interface",
      contents: [
        {
          "@type": ["Property", "NumberValue"],
          name: "target",
          displayName: "Target temperature",
          writable: true,
          schema: "double",
          minValue: -30,
          maxValue: 20,
          displayUnit: "°C",
        },
        { "@type": "Property", name: "serial", displayName: "Serial number", writable: true, schema: "long" },
        { "@type": ["Property", "Cloud"], name: "customer", displayName: "Customer", schema: "string" },
        {
          "@type": "Command",
          name: "defrost",
          displayName: "Defrost",
          request: {
            "@type": "CommandPayload",
            name: "how",
            schema: {
              "@type": "Object",
              fields: [
                { name: "minutes", displayName: "Minutes", schema: "integer" },
                {
                  name: "mode",
                  displayName: "Mode",
                  schema: {
                    "@type": "Enum",
                    valueSchema: "string",
                    enumValues: [
                      { name: "soft", displayName: "Soft", enumValue: "soft" },
                      { name: "hard", displayName: "Hard", enumValue: "hard" },
                    ],
                  },
                },
              ],
            },
          },
        },
      ],
    },
  });
  for (let n = 0; n < DEVICES; n++) {
    const id = `cooler-${String(n).padStart(2, "0")}`;
    await server.api("PUT", `/devices/${id}`, { displayName: `Cooler ${n}`, template: TEMPLATE });
  }
  // One that is no cooler: a job on all coolers is not one on all devices.
  await server.stranger("spare");
  await server.api("PUT", "/deviceGroups/coolers", {
    displayName: "All coolers",
    filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
  });
  await server.api("PUT", "/deviceGroups/everything", {
    displayName: "Everything",
    filter: "SELECT * FROM devices",
  });
});

const choose = async (page, label, option) => {
  await page.getByRole("combobox", { name: label }).click();
  await page.getByRole("option", { name: option }).first().click();
};
const next = (page) => page.getByRole("button", { name: "Next" }).click();
const jobs = async () => (await server.api("GET", "/jobs?maxpagesize=100")).value;
const named = async (name) => (await jobs()).find(({ displayName }) => displayName === name);

/** A job on all coolers that sets one property, up to the step of its delivery. */
async function simple(page, name) {
  await page.goto(at(WIZARD));
  await page.getByRole("textbox", { name: "Name" }).fill(name);
  await choose(page, "Device group", "All coolers");
  await choose(page, "Property", "Target temperature");
  await page.getByRole("textbox", { name: "Value" }).fill("-4");
}

browserTest("no jobs yet: the page says what a job is and how to begin", { session }, async (page) => {
  await page.goto(at("/jobs"));
  await page.getByRole("heading", { name: "No jobs yet" }).waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("jobs-empty") });
  await page.getByRole("button", { name: "New job" }).first().click();
  await heading(page).getByText("New job").waitFor();
});

for (const colorScheme of ["light", "dark"]) {
  const name = `Night ${colorScheme}`;
  browserTest(
    `a property job from its name to its run, ${colorScheme}`,
    { session, colorScheme },
    async (page) => {
      await page.goto(at(WIZARD));
      await next(page);
      await page.getByText("Give the job a name.").waitFor();
      await page.getByText("Choose a device group.").waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`wizard-missing-${colorScheme}`), fullPage: true });

      await page.getByRole("textbox", { name: "Name" }).fill(name);
      await choose(page, "Device group", "All coolers");
      await page.getByTestId("group-count").getByText(`${DEVICES} devices in this group`).waitFor();
      await grid(page).getByText("Cooler 3").waitFor();
      // Typing looks for another group; until one is chosen this one stays.
      await page.getByRole("combobox", { name: "Device group" }).pressSequentially("zzz");
      await page.getByText("Nothing with this name").waitFor();
      await page.keyboard.press("Escape");
      assert.equal(await page.getByRole("combobox", { name: "Device group" }).inputValue(), "All coolers");
      // The group says which template it is about.
      assert.equal(await page.getByRole("combobox", { name: "Device template" }).inputValue(), "Cooler");

      await choose(page, "Property", "Target temperature");
      const value = page.getByRole("textbox", { name: "Value" });
      await value.fill("21");
      await page.getByText("This must be at most 20.").waitFor();
      await value.fill("cold");
      await page.getByText("This must be a number.").waitFor();
      await value.fill("-4.5");
      await page.getByRole("button", { name: "Add a property" }).click();
      await page.getByRole("combobox", { name: "Property" }).nth(1).click();
      await page.getByRole("option", { name: "Serial number" }).click();
      await page.getByRole("textbox", { name: "Value" }).nth(1).fill("9007199254740993");
      await page.getByText("an integer must lie from").waitFor();
      await page.getByRole("textbox", { name: "Value" }).nth(1).fill("4503599627370495");
      await page.getByText("an integer must lie from").waitFor({ state: "detached" });
      await accessible(page);
      await page.screenshot({ path: picture(`wizard-configure-${colorScheme}`) });

      await next(page);
      await page.getByRole("switch", { name: "Use batches" }).check();
      await page.getByRole("radio", { name: "Devices" }).check();
      await page.getByRole("spinbutton", { name: "Size of a batch" }).fill("5");
      await page.getByRole("switch", { name: "Use a threshold" }).check();
      await page.getByRole("spinbutton", { name: "Failures borne" }).fill("25");
      await page.getByTestId("sentence").getByText("2 batches of 5 and a last one of 2.").waitFor();
      await page.getByTestId("sentence").getByText("Stops when more than 3 have failed.").waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`wizard-delivery-${colorScheme}`) });

      await next(page);
      await page.getByText("It runs now, once.").waitFor();
      await next(page);
      await page.getByTestId("matched").getByText(`${DEVICES} devices matched`).waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`wizard-review-${colorScheme}`), fullPage: true });
      const call = await page.locator("pre").textContent();
      await page.getByRole("button", { name: "Run" }).click();
      await page.waitForURL("**/jobs/instances/*");

      const job = await named(name);
      assert.ok(page.url().endsWith(job.id));
      assert.ok(call.includes(`/api/jobs/${job.id}?api-version=bellwether-1`), call);
      const sent = JSON.parse(/-d '(.*)'$/su.exec(call)[1]);
      assert.deepEqual(job.data, [
        { type: "property", target: TEMPLATE, path: "target", value: -4.5 },
        { type: "property", target: TEMPLATE, path: "serial", value: 4503599627370495 },
      ]);
      assert.deepEqual(sent.data, job.data);
      assert.deepEqual(job.batch, { type: "number", value: 5 });
      assert.deepEqual(job.cancellationThreshold, { type: "percentage", value: 25, batch: false });
      assert.equal(job.group, "coolers");
    },
  );
}

browserTest("save and exit, open again, delete", { session }, async (page) => {
  await simple(page, "For later");
  await page.getByRole("button", { name: "Save and exit" }).click();
  await page.waitForURL("**/jobs?view=saved");
  await grid(page).getByRole("link", { name: "For later" }).click();
  await heading(page).getByText("For later").waitFor();
  assert.equal(await page.getByRole("textbox", { name: "Value" }).inputValue(), "-4");
  assert.equal(await page.getByRole("combobox", { name: "Device group" }).inputValue(), "All coolers");
  await page.getByRole("textbox", { name: "Name" }).fill("For never");
  await page.getByRole("button", { name: "Save and exit" }).click();
  await grid(page).getByRole("link", { name: "For never" }).waitFor();
  assert.equal((await server.api("GET", "/jobDrafts")).value.length, 1);
  await page.screenshot({ path: picture("jobs-saved") });
  await page.getByRole("button", { name: "Delete For never" }).click();
  await page.getByRole("alertdialog").getByRole("button", { name: "Delete" }).click();
  await page.getByText("No saved jobs").waitFor();
  assert.equal(await named("For later"), undefined);
});

browserTest("a command: its form and the JSON beside it are one value", { session }, async (page) => {
  await page.goto(at(WIZARD));
  await page.getByRole("textbox", { name: "Name" }).fill("Thaw");
  await choose(page, "Device group", "All coolers");
  await page.getByRole("radio", { name: /^Command/u }).check();
  await choose(page, "Command", "Defrost");
  await page.getByRole("switch", { name: "Send a request with it" }).check();
  await page.getByRole("textbox", { name: "Minutes" }).fill("5");
  await page.getByRole("combobox", { name: "Mode" }).selectOption("Hard");
  await page.getByRole("tab", { name: "JSON" }).click();
  const json = page.getByRole("textbox", { name: "Request" });
  assert.deepEqual(JSON.parse(await json.inputValue()), { minutes: 5, mode: "hard" });
  await json.fill('{"minutes": 7, ');
  await page.getByText("This is not JSON.").waitFor();
  await json.fill('{"minutes": "soon"}');
  await page.getByText("minutes: This must be a whole number.").waitFor();
  await json.fill('{"minutes": 7}');
  await page.getByRole("tab", { name: "Form" }).click();
  assert.equal(await page.getByRole("textbox", { name: "Minutes" }).inputValue(), "7");
  await accessible(page);
  await page.screenshot({ path: picture("wizard-command") });
  for (let n = 0; n < 3; n++) await next(page);
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL("**/jobs/instances/*");
  assert.deepEqual((await named("Thaw")).data[0].value, { minutes: 7 });
});

browserTest(
  "a schedule: the next five runs in its zone, then the scheduled job",
  { session, timezoneId: "Europe/Paris" },
  async (page) => {
    await simple(page, "Each week");
    await next(page);
    await next(page);
    await page.getByRole("switch", { name: "Run by a schedule" }).check();
    await page.getByRole("radio", { name: "Weekly" }).check();
    await page.locator("input[type=date]").fill("2030-01-07");
    await page.locator("input[type=time]").fill("22:30");
    await page.getByRole("combobox", { name: "Time zone" }).click();
    await page.getByRole("combobox", { name: "Time zone" }).fill("seoul");
    await page.getByRole("option", { name: "Asia/Seoul" }).click();
    const runs = page.getByTestId("next-runs").getByRole("listitem");
    await runs.nth(4).waitFor();
    await runs.first().getByText("(your time: 7 Jan 2030, 14:30:00)").waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("wizard-schedule") });
    await next(page);
    await page.getByRole("button", { name: "Schedule" }).click();
    await page.waitForURL("**/jobs/scheduled/*");
    const [scheduled] = (await server.api("GET", "/scheduledJobs")).value;
    assert.equal(scheduled.schedule.recurrence, "weekly");
    assert.equal(scheduled.schedule.zone, "Asia/Seoul");
    assert.equal(new Date(scheduled.schedule.start).toISOString(), "2030-01-07T13:30:00.000Z");

    await page.goto(at(`${WIZARD}?scheduled=${scheduled.id}`));
    await heading(page).getByText("Edit Each week").waitFor();
    for (let n = 0; n < 3; n++) await next(page);
    await page.getByRole("button", { name: "Save changes" }).click();
    await page.waitForURL("**/jobs/scheduled/*");
    await page.goto(at("/jobs?view=scheduled"));
    await grid(page).getByRole("link", { name: "Each week" }).waitFor();
    await page.screenshot({ path: picture("jobs-scheduled") });
  },
);

browserTest(
  "devices by hand: all but one of a group; the job is on the others",
  { session },
  async (page) => {
    await simple(page, "All but one");
    await page.getByRole("checkbox", { name: "Select Cooler 3", exact: true }).click();
    await page
      .getByTestId("group-count")
      .getByText(`${DEVICES - 1} of ${DEVICES} devices ticked`)
      .waitFor();
    await page.screenshot({ path: picture("wizard-ticked") });
    for (let n = 0; n < 3; n++) await next(page);
    await page
      .getByTestId("matched")
      .getByText(`${DEVICES - 1} devices matched`)
      .waitFor();
    await page.getByRole("button", { name: "Run" }).click();
    await page.waitForURL("**/jobs/instances/*");
    const job = await named("All but one");
    assert.equal(job.chosenDevices, DEVICES - 1);
    const { value } = await server.api("GET", `/jobs/${job.id}/devices`);
    assert.ok(!value.some(({ id }) => id === "cooler-03"));
  },
);

browserTest("a list of ids; one that is not there is named at its field", { session }, async (page) => {
  await page.goto(at(WIZARD));
  await page.getByRole("textbox", { name: "Name" }).fill("Of a list");
  await page.getByRole("radio", { name: "A list of device IDs" }).check();
  await page.locator("input[type=file]").setInputFiles({
    name: "devices.csv",
    mimeType: "text/csv",
    buffer: Buffer.from(
      "IOTC_DEVICEID,IOTC_DEVICENAME\r\ncooler-00,A\r\ncooler-01,B\r\ncooler-01,B\r\nghost,C\r\n",
    ),
  });
  await page.getByText("3 devices").waitFor();
  await page.getByText("1 stood there more than once").waitFor();
  await page.getByText(/ghost/u).last().waitFor();
  await page.getByRole("textbox", { name: "Device IDs" }).fill("cooler-00\ncooler-01");
  await choose(page, "Device template", "Cooler");
  await page.getByRole("radio", { name: /^Cloud property/u }).check();
  await choose(page, "Property", "Customer");
  await page.getByRole("textbox", { name: "Value" }).fill("Contoso");
  await page.screenshot({ path: picture("wizard-list") });
  for (let n = 0; n < 3; n++) await next(page);
  await page.getByTestId("matched").getByText("2 devices matched").waitFor();
  await page.getByRole("button", { name: "Run" }).click();
  await page.waitForURL("**/jobs/instances/*");
  const job = await named("Of a list");
  assert.deepEqual([job.group, job.chosenDevices], ["", 2]);
});

browserTest("all devices: their number is to be typed", { session }, async (page) => {
  await server.api("DELETE", "/devices/spare");
  await simple(page, "On everything");
  await choose(page, "Device group", "Everything");
  for (let n = 0; n < 3; n++) await next(page);
  await page.getByTestId("matched").getByText(`${DEVICES} devices matched`).waitFor();
  await page.getByRole("button", { name: "Run" }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByText(`This runs on all devices: ${DEVICES}`).waitFor();
  assert.equal(await dialog.getByRole("button", { name: "Run" }).isDisabled(), true);
  assert.equal(await named("On everything"), undefined);
  await accessible(page);
  await page.screenshot({ path: picture("wizard-confirm") });
  await dialog.getByRole("textbox").fill(String(DEVICES));
  await dialog.getByRole("button", { name: "Run" }).click();
  await page.waitForURL("**/jobs/instances/*");
  assert.ok(await named("On everything"));
});

browserTest(
  "the jobs page: urgent ones first, search and order in the address, copy",
  { session },
  async (page) => {
    await eventually("jobs have ended", async () =>
      (await jobs()).every(({ status }) => status === "complete"),
    );
    await page.goto(at("/jobs"));
    await page.locator("[data-section=history]").getByRole("link", { name: "Night light" }).waitFor();
    const order = await page
      .locator("[data-section]")
      .evaluateAll((all) => all.map((one) => one.dataset.section));
    assert.deepEqual(order, ["attention", "scheduled", "history"]);
    await page.locator("[data-section=attention]").getByRole("link", { name: "Thaw" }).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("jobs-overview") });

    await page.getByRole("searchbox").fill("night");
    await page.waitForURL("**/jobs?view=history&search=night");
    await grid(page).getByRole("link", { name: "Night dark" }).waitFor();
    await grid(page).getByRole("link", { name: "Thaw" }).waitFor({ state: "detached" });
    await grid(page).getByRole("button", { name: "Name" }).click();
    await page.waitForURL("**sort=displayName*");
    await page.reload();
    assert.equal(await page.getByRole("searchbox").inputValue(), "night");
    await grid(page).getByRole("link", { name: "Night dark" }).waitFor();
    const names = await grid(page).getByRole("link", { name: /Night/u }).allTextContents();
    assert.deepEqual(names.toSorted(), ["Night dark", "Night light"]);
    await accessible(page);
    await page.screenshot({ path: picture("jobs-history") });

    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Save this view" }).click();
    await page.getByRole("textbox", { name: "Name of the view" }).fill("Nights");
    await page.getByRole("button", { name: "Save" }).click();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await grid(page).getByRole("link", { name: "Thaw" }).waitFor();
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByRole("menuitem", { name: "Nights" }).click();
    await page.waitForURL("**search=night*");

    await page.getByRole("button", { name: "Actions for Night dark" }).click();
    await page.getByRole("menuitem", { name: "Copy" }).click();
    await heading(page).getByText("New job").waitFor();
    assert.equal(await page.getByRole("textbox", { name: "Name" }).inputValue(), "Night dark Copy");
    assert.equal(await page.getByRole("textbox", { name: "Value" }).nth(1).inputValue(), "4503599627370495");
  },
);

browserTest(
  "organization, change of template, a threshold for each batch, an end after runs",
  { session },
  async (page) => {
    await server.api("PUT", "/organizations/north", { displayName: "North" });
    for (const id of ["north-0", "north-1", "north-2", "north-3"])
      await server.api("PUT", `/devices/${id}`, { template: TEMPLATE, organizations: ["north"] });
    await page.goto(at(`${WIZARD}?group=coolers`));
    await page.getByRole("textbox", { name: "Name" }).fill("Upgrade");
    await choose(page, "Organization", "North");
    // Of the group the job meets those of its organization.
    await page.getByTestId("group-count").getByText("16 devices in this group").waitFor();
    await page.getByTestId("group-count").getByText("The job meets 4 of them.").waitFor();
    await page.getByRole("radio", { name: /^Change device template/u }).check();
    await choose(page, "New device template", "Cooler");
    await next(page);
    await page.getByRole("switch", { name: "Use batches" }).check();
    await page.getByRole("spinbutton", { name: "Size of a batch" }).fill("50");
    await page.getByRole("switch", { name: "Use a threshold" }).check();
    await page.getByRole("spinbutton", { name: "Failures borne" }).fill("50");
    await page.getByRole("radio", { name: "Each batch" }).check();
    await page.getByTestId("sentence").getByText("2 batches of 2.").waitFor();
    await page.getByTestId("sentence").getByText("more than 1 of one batch").waitFor();
    await next(page);
    await page.getByRole("switch", { name: "Run by a schedule" }).check();
    await page.getByRole("radio", { name: "Daily" }).check();
    await page.getByRole("radio", { name: "On this day" }).check();
    await next(page);
    await page.getByText("Choose the last day.").waitFor();
    await page.getByRole("radio", { name: "After a number of runs" }).check();
    await page.getByRole("spinbutton", { name: "Runs" }).fill("3");
    await eventually("three runs lie ahead", async () => {
      return (await page.getByTestId("next-runs").getByRole("listitem").count()) === 3;
    });
    await next(page);
    const call = await page.locator("pre").textContent();
    const sent = JSON.parse(/-d '(.*)'$/su.exec(call)[1]);
    assert.deepEqual(sent.organizations, ["north"]);
    assert.deepEqual(sent.data, [{ type: "deviceTemplateMigration", template: TEMPLATE }]);
    assert.equal(sent.cancellationThreshold.batch, true);
    assert.deepEqual(sent.schedule.end, { type: "occurrences", occurrences: 3 });
  },
);

browserTest("leaving with something entered asks first", { session }, async (page) => {
  await simple(page, "Lost");
  page.once("dialog", (dialog) => void dialog.dismiss());
  await page.getByRole("link", { name: "Devices", exact: true }).click();
  await page.waitForTimeout(300);
  assert.ok(page.url().includes(WIZARD));
  page.once("dialog", (dialog) => void dialog.accept());
  await page.getByRole("link", { name: "Devices", exact: true }).click();
  await heading(page).getByText("Devices", { exact: true }).waitFor();
});

browserTest(
  "360 px and in Korean: nothing is cut off",
  { session, viewport: { width: 360, height: 740 }, locale: "ko-KR" },
  async (page) => {
    for (const [path, title] of [
      ["/jobs", "작업"],
      [`${WIZARD}?group=coolers`, "새 작업"],
    ]) {
      await page.goto(at(path));
      await heading(page).getByText(title).waitFor();
      await page.waitForTimeout(1_000);
      assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= 360, path);
      await accessible(page);
      await page.screenshot({ path: picture(`jobs-360-${title.length}`), fullPage: true });
    }
  },
);

for (const locale of ["zh-CN", "fr-FR"]) {
  browserTest(
    `the wizard in ${locale}`,
    { session, locale, viewport: { width: 1600, height: 1000 } },
    async (page) => {
      await page.goto(at(`${WIZARD}?group=coolers`));
      await grid(page).getByText("Cooler 3").waitFor();
      await page.screenshot({ path: picture(`wizard-${locale}`) });
    },
  );
}
