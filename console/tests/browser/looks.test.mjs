// Every screen, with data, in light and dark, from a phone to 4K: nothing is cut off, axe finds nothing, and a picture is taken.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const TEMPLATE = "dtmi:acme:chiller;1";
const server = await startServer();
after(() => server.stop());
const encoded = encodeURIComponent(TEMPLATE);

const COLOUR = { "@type": "Property", name: "colour", schema: "string" };
const template = (...more) => ({
  "@type": ["ModelDefinition", "DeviceModel"],
  displayName: "Chiller",
  capabilityModel: {
    "@id": "dtmi:acme:chiller:model;1",
    "@type": "Interface",
    contents: [
      { "@type": "Property", name: "target", displayName: "Target", schema: "double", writable: true },
      { "@type": ["Property", "Cloud"], name: "site", displayName: "Site", schema: "string" },
      { "@type": "Command", name: "restart", displayName: "Restart" },
      ...more,
    ],
  },
});

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encoded}`, template(COLOUR));
  await server.api("PUT", "/organizations/north", { displayName: "North" });
  await server.simulate(24, { prefix: "chiller-", flags: ["--failure-rate", "0.2", "--offline", "0.2"] });
  for (let n = 0; n < 24; n++) {
    const id = `chiller-${String(n).padStart(4, "0")}`;
    await server.api("PATCH", `/devices/${id}`, { template: TEMPLATE, displayName: `Chiller ${n}` });
  }
  await server.api("PATCH", "/devices/chiller-0001/properties", { site: "Lyon", target: 4.5 });
  for (const [id, displayName, filter] of [
    ["all", "All chillers", ""],
    ["lyon", "Chillers in Lyon", ' AND site = "Lyon"'],
    ["broken", "Chillers by colour", ' AND colour = "red"'],
  ])
    await server.api("PUT", `/deviceGroups/${id}`, {
      displayName,
      description: "For the season",
      filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"${filter}`,
    });
  // The group by colour is broken from here on.
  await server.api("PUT", `/deviceTemplates/${encoded}`, template());
  const set = [{ type: "property", target: TEMPLATE, path: "target", value: 5 }];
  const restart = [{ type: "command", target: TEMPLATE, path: "restart" }];
  await server.api("PUT", "/jobs/set", { displayName: "Five degrees", group: "all", data: set });
  await server.api("PUT", "/jobs/restart", {
    displayName: "Restart everything",
    group: "all",
    data: restart,
    batch: { type: "number", value: 4 },
    cancellationThreshold: { type: "percentage", value: 80, batch: false },
  });
  await server.api("PUT", "/jobDrafts/later", {
    displayName: "For the winter",
    job: { displayName: "For the winter", group: "all", data: set },
  });
  await server.api("PUT", "/scheduledJobs/nightly", {
    displayName: "Nightly restart",
    group: "all",
    data: restart,
    schedule: { start: "2030-01-01T01:00:00Z", recurrence: "daily", zone: "Asia/Seoul" },
  });
  await eventually("the jobs have ended", async () =>
    (await server.api("GET", "/jobs")).value.every(({ end }) => end),
  );
  // What runs is shown too.
  await server.api("PUT", "/jobs/running", {
    displayName: "Restart, one by one",
    group: "all",
    data: restart,
    batch: { type: "number", value: 1 },
  });
});

/** Which rows are the first is nobody's choice: the simulated devices come as they come. */
const firstRows = (page) => page.getByRole("grid").getByRole("row").nth(2);

/** Screens: a name for the picture, the address, and what is there when it is whole. */
const SCREENS = [
  ["jobs", "/jobs", (page) => page.getByRole("link", { name: "Restart everything" }).first()],
  ["history", "/jobs?view=history", (page) => page.getByRole("link", { name: "Restart everything" })],
  ["saved", "/jobs?view=saved", (page) => page.getByRole("link", { name: "For the winter" })],
  ["scheduled-jobs", "/jobs?view=scheduled", (page) => page.getByRole("link", { name: "Nightly restart" })],
  ["wizard", "/jobs/definitions/create/configure?group=all", firstRows],
  ["run", "/jobs/instances/restart", firstRows],
  ["run-drawer", "/jobs/instances/restart?device=chiller-0001", (page) => page.getByRole("dialog")],
  ["scheduled-job", "/jobs/scheduled/nightly", (page) => page.getByText("Asia/Seoul").first()],
  ["devices", "/devices", firstRows],
  ["device", "/devices/chiller-0001", (page) => page.getByText('"Lyon"')],
  [
    "device-connect",
    "/devices/chiller-0001?view=connect",
    (page) => page.getByRole("region", { name: /program for/u }),
  ],
  ["groups", "/device-groups", (page) => page.getByText("Broken: no property colour")],
  ["group", "/device-groups/lyon", (page) => page.getByRole("link", { name: /^Chiller \d+$/u }).first()],
  ["templates", "/device-templates", (page) => page.getByRole("link", { name: "Chiller" })],
  ["template", `/device-templates/${encoded}`, (page) => page.getByRole("cell", { name: "Target" }).first()],
  ["users", "/permissions/users", (page) => page.getByText(server.email).first()],
  ["organizations", "/permissions/organizations", (page) => page.getByText("North").first()],
  ["audit", "/audit", (page) => page.getByRole("grid").getByRole("row").nth(3)],
];

for (const colorScheme of ["light", "dark"]) {
  for (const [width, height] of [
    [360, 740],
    [1280, 800],
    [3840, 2160],
  ]) {
    const options = { session: server, colorScheme, viewport: { width, height } };
    browserTest(`every screen, ${colorScheme}, ${width} px wide`, options, async (page) => {
      for (const [name, path, whole] of SCREENS) {
        await page.goto(`${server.origin}/console${path}`);
        await whole(page).waitFor({ state: "attached" });
        // A grid measures itself after it is there.
        await page.waitForTimeout(300);
        const wide = await page.evaluate(() => document.querySelector("main").scrollWidth);
        assert.ok(wide <= width, `${name} is ${wide} px wide`);
        await accessible(page).catch((error) => {
          throw new Error(`${name}: ${error.message}`, { cause: error });
        });
        await page.screenshot({ path: picture(`looks-${name}-${colorScheme}-${width}`) });
      }
    });
  }
}

for (const colorScheme of ["light", "dark"]) {
  for (const width of [360, 3840]) {
    const options = { colorScheme, viewport: { width, height: 800 }, expected: /Failed to load resource/u };
    browserTest(`the sign-in page, ${colorScheme}, ${width} px wide`, options, async (page) => {
      await page.goto(`${server.origin}/console/jobs`);
      await page.getByLabel("Mail address").waitFor();
      assert.ok((await page.evaluate(() => document.documentElement.scrollWidth)) <= width);
      await accessible(page);
      await page.screenshot({ path: picture(`looks-sign-in-${colorScheme}-${width}`) });
    });
  }
}
