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
  // A job on all fans is not one on all devices.
  await server.stranger("lamp");
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
  await row(page, "Done")
    .getByText(`${DEVICES + 1} succeeded`)
    .waitFor();
  await row(page, "Spinning").getByText("Running", { exact: true }).waitFor();
  await row(page, "Waiting").getByText("Pending", { exact: true }).waitFor();
  await accessible(page);
  await page.screenshot({ path: picture("list-states") });
  // As many run as may: the next one waits.
  await row(page, "Waiting").getByText("Pending", { exact: true }).hover();
  await page.getByRole("tooltip").waitFor();
  // What runs stands above what ran.
  await page.goto(at("/jobs"));
  await page.locator("[data-section=running]").getByRole("link", { name: "Waiting" }).waitFor();
  await page.locator("[data-section=history]").getByRole("link", { name: "Done" }).waitFor();
  const sections = await page
    .locator("[data-section]")
    .evaluateAll((all) => all.map((one) => one.dataset.section));
  assert.deepEqual(sections, ["running", "history"]);
  await page.goBack();
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
  // Whoever has seen why it failed takes it off the list of what needs somebody.
  await page.goto(at("/jobs?view=attention"));
  await row(page, "Waiting").getByRole("button", { name: "Actions for Waiting" }).click();
  await page.getByRole("menuitem", { name: "Acknowledge" }).click();
  await row(page, "Waiting").waitFor({ state: "detached" });
  await row(page, "Spinning").waitFor();
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

browserTest("from the navigation to a run; columns are chosen and remembered", { session }, async (page) => {
  await page.goto(at("/devices"));
  await page
    .getByRole("navigation", { name: "Main" })
    .getByRole("link", { name: "Jobs", exact: true })
    .click();
  await heading(page).getByText("Jobs", { exact: true }).waitFor();
  const heads = () => grid(page).getByRole("columnheader").allTextContents();
  /** Ticks or unticks a column, and sees that the browser remembers it. */
  const choose = async (name) => {
    const before = await heads();
    await page.getByRole("button", { name: "Columns", exact: true }).click();
    await page.getByRole("checkbox", { name, exact: true }).click();
    await page.getByRole("button", { name: "OK" }).click();
    await page.getByRole("dialog").waitFor({ state: "detached" });
    await eventually(
      "the columns are others",
      async () => (await heads()).includes(name) !== before.includes(name),
    );
    const after = await heads();
    await page.reload();
    await grid(page).getByRole("link").first().waitFor();
    assert.deepEqual(await heads(), after);
  };
  await page.getByRole("tab", { name: "History" }).click();
  await row(page, "Done").waitFor();
  await choose("Description");
  await choose("Created");
  await page.screenshot({ path: picture("list-columns") });
  await row(page, "Done").getByRole("link", { name: "Done" }).click();
  await page.waitForURL("**/jobs/instances/Done");
  await heading(page).getByText("Done").waitFor();
  await grid(page).getByRole("link", { name: /fan-/u }).first().waitFor();
  await choose("Message");
});

browserTest(
  "runs of a scheduled job meet who is in the group then, and stand in the history with a number",
  { session },
  async (page) => {
    await server.api("PUT", "/scheduledJobs/soon", {
      displayName: "Soon",
      group: "fans",
      data: quick.data,
      schedule: { start: new Date(Date.now() + 3_000).toISOString(), recurrence: "daily" },
    });
    // Who is in the group is found at each run.
    await server.api("PUT", "/devices/late-fan", { template: TEMPLATE });
    const run = await eventually("it ran", async () => {
      const { value } = await server.api("GET", "/scheduledJobs/soon/jobs");
      return value[0]?.end && value[0];
    });
    const { value } = await server.api("GET", `/jobs/${run.id}/devices?search=late-fan`);
    assert.equal(value.length, 1);
    await page.goto(at("/jobs?view=history"));
    await grid(page)
      .getByRole("link", { name: /^Soon.*1/u })
      .waitFor();
    await page.goto(at("/jobs?view=scheduled&search=soo"));
    await grid(page).getByRole("link", { name: "Soon" }).waitFor();
    await grid(page).getByRole("button", { name: "Next run" }).click();
    await page.waitForURL("**sort=nextRun*");
    await page.getByRole("searchbox").fill("never");
    await page.getByText("No job matches").waitFor();
  },
);

browserTest(
  "a run says since when, how fast and how much longer; its drawer leads to the device",
  { session },
  async (page) => {
    await make("Paced");
    await is("Paced", "running");
    await page.goto(at("/jobs/instances/Paced"));
    await page.getByText(/devices per second/u).waitFor();
    await page.getByText(/^about .*, until/u).waitFor();
    await server.api("POST", "/jobs/Paced/cancel");
    await page.goto(at("/jobs/instances/Done?device=fan-0001"));
    await page.getByRole("dialog").getByText("Completed").first().waitFor();
    await page.getByRole("dialog").getByText("Open the device").click();
    await page.waitForURL("**/devices/fan-0001");
    await page.goto(at("/jobs/instances/Done"));
    for (const said of ["Started", "Ended", "Elapsed"])
      await page.getByText(said, { exact: true }).first().waitFor();
  },
);

browserTest(
  "the calendar: what begins on which day, here and where it is reckoned",
  { session, timezoneId: "Europe/Paris" },
  async (page) => {
    for (const { id } of (await server.api("GET", "/scheduledJobs")).value)
      await server.api("DELETE", `/scheduledJobs/${id}`);
    await page.goto(at("/jobs?view=calendar"));
    await page.getByText("Nothing begins in the next 31 days").waitFor();
    await accessible(page);

    const DAY = 86_400_000;
    const tomorrow = new Date(Date.now() + DAY);
    tomorrow.setUTCHours(14, 30, 0, 0);
    const later = (days) => new Date(tomorrow.getTime() + days * DAY);
    const spin = [{ type: "command", target: TEMPLATE, path: "spin" }];
    const schedule = (id, displayName, start, more = {}) =>
      server.api("PUT", `/scheduledJobs/${id}`, {
        displayName,
        group: "fans",
        data: spin,
        schedule: { start: start.toISOString(), ...more },
      });
    await schedule("seoul", "Each day in Seoul", tomorrow, { recurrence: "daily", zone: "Asia/Seoul" });
    await schedule("paris", "Each week here", later(1), { recurrence: "weekly", zone: "Europe/Paris" });
    for (let n = 0; n < 4; n++) await schedule(`once-${n}`, `Once ${n}`, later(2));
    await schedule("far", "Beyond the month", later(40));

    // As the browser writes it.
    const says = (time, options) =>
      page.evaluate(
        ([time, options]) => new Intl.DateTimeFormat("en-GB", options).format(new Date(time)),
        [time.valueOf(), options],
      );
    const dayOf = (time) => says(time, { weekday: "short", month: "short", day: "numeric" });
    const until = await page.evaluate(() => {
      const now = new Date();
      return new Date(now.getFullYear(), now.getMonth(), now.getDate() + 31).toISOString();
    });
    const { value } = await server.api("GET", `/upcomingRuns?until=${until}`);
    const days = new Map();
    for (const { time } of value) {
      const date = await dayOf(Date.parse(time));
      days.set(date, (days.get(date) ?? 0) + 1);
    }
    assert.ok(days.size >= 29, String(days.size));

    await page.reload();
    const day = (date) =>
      page.getByRole("listitem").filter({ has: page.getByRole("heading", { name: date, exact: true }) });
    for (const [date, runs] of days) {
      await day(date)
        .getByText(runs === 1 ? "1 run" : `${runs} runs`, { exact: true })
        .waitFor();
    }
    const first = day(await dayOf(tomorrow));
    await first.getByText(await says(tomorrow, { timeStyle: "short" }), { exact: true }).waitFor();
    const there = { weekday: "short", hour: "numeric", minute: "2-digit", timeZone: "Asia/Seoul" };
    await first.getByText(`${await says(tomorrow, there)} in Asia/Seoul`, { exact: true }).waitFor();
    // What is reckoned where one looks is not said twice.
    const weekly = day(await dayOf(later(1)));
    await weekly.getByRole("link", { name: "Each week here" }).waitFor();
    assert.equal(await weekly.getByText("in Europe/Paris").count(), 0);
    assert.equal(await page.getByRole("link", { name: "Beyond the month" }).count(), 0);
    await accessible(page);
    await page.screenshot({ path: picture("jobs-calendar"), fullPage: true });
    // Of many on one day the first are shown.
    const busy = day(await dayOf(later(2)));
    assert.equal(await busy.getByRole("link").count(), 3);
    await busy.getByRole("button", { name: "2 more" }).click();
    assert.equal(await busy.getByRole("link").count(), 5);
    await page.emulateMedia({ colorScheme: "dark" });
    await accessible(page);
    await page.screenshot({ path: picture("jobs-calendar-dark"), fullPage: true });
    await page.setViewportSize({ width: 360, height: 740 });
    await weekly.getByRole("link", { name: "Each week here" }).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("jobs-calendar-phone") });
    await weekly.getByRole("link", { name: "Each week here" }).click();
    await page.waitForURL(/jobs\/scheduled\/paris/u);
  },
);
