// What a viewer and an operator of one organization see and may do, over jobs, devices and the wizard; and what becomes of
// who guesses passwords. All against the real server.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import { accessible, browserTest, grid, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const ORG_OPERATOR = "b4935647-30e4-4ed3-9074-dcac66c2f8ef";
const ORG_VIEWER = "84cc62c1-dabe-49d3-b16e-8b291232b285";
const TEMPLATE = "dtmi:acme:valve;1";

const server = await startServer();
after(() => server.stop());
const at = (path) => `${server.origin}/console${path}`;
const refused = /Failed to load resource/u;
let viewer;
let operator;

before(async () => {
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Valve",
    capabilityModel: {
      "@id": "dtmi:acme:valve:model;1",
      "@type": "Interface",
      contents: [{ "@type": "Property", name: "opening", schema: "integer", writable: true }],
    },
  });
  for (const id of ["north", "south"]) {
    await server.api("PUT", `/organizations/${id}`, { displayName: id });
    for (const n of [1, 2, 3])
      await server.api("PUT", `/devices/${id}-${n}`, { template: TEMPLATE, organizations: [id] });
    await server.api("PUT", `/deviceGroups/${id}`, {
      displayName: `Valves of the ${id}`,
      filter: `SELECT * FROM devices WHERE $template = "${TEMPLATE}"`,
      organizations: [id],
    });
    await server.api("PUT", `/jobs/${id}`, {
      displayName: `Set the ${id}`,
      group: id,
      organizations: [id],
      data: [{ type: "property", target: TEMPLATE, path: "opening", value: 1 }],
    });
  }
  await eventually("both have run", async () =>
    (await server.api("GET", "/jobs")).value.every(({ status }) => status === "complete"),
  );
  viewer = await server.person("vera", [{ role: ORG_VIEWER, organization: "north" }]);
  operator = await server.person("otto", [{ role: ORG_OPERATOR, organization: "north" }]);
});

for (const [who, person] of [
  ["a viewer", () => viewer],
  ["an operator", () => operator],
]) {
  browserTest(`${who} of an organization sees what is of it`, { session: person }, async (page) => {
    await page.goto(at("/jobs?view=history"));
    await grid(page).getByRole("link", { name: "Set the north" }).waitFor();
    assert.equal(await grid(page).getByRole("link", { name: "Set the south" }).count(), 0);
    await accessible(page);
    await page.goto(at("/devices"));
    await grid(page).getByRole("link", { name: "north-2" }).waitFor();
    assert.equal(await grid(page).getByRole("link", { name: /south/u }).count(), 0);
    await accessible(page);
    await page.goto(at("/device-groups"));
    await grid(page).getByRole("link", { name: "Valves of the north" }).waitFor();
    assert.equal(await grid(page).getByRole("link", { name: "Valves of the south" }).count(), 0);
    assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
  });
}

browserTest(
  "what is another organization's is not there",
  { session: () => viewer, expected: refused },
  async (page) => {
    for (const path of ["/jobs/instances/south", "/devices/south-1", "/device-groups/south"]) {
      await page.goto(at(path));
      await page
        .getByText(/It may have been deleted/u)
        .first()
        .waitFor();
    }
  },
);

browserTest("a viewer changes nothing, and is told why", { session: () => viewer }, async (page) => {
  await page.goto(at("/jobs?view=history"));
  const create = page.getByRole("button", { name: "New job" });
  assert.equal(await create.getAttribute("aria-disabled"), "true");
  await create.hover();
  await page.getByRole("tooltip", { name: "Your roles do not allow this." }).waitFor();
  await page.getByRole("button", { name: "Actions for Set the north" }).click();
  const actions = await page.getByRole("menuitem").allTextContents();
  assert.deepEqual(actions, ["Open"]);
  await page.keyboard.press("Escape");
  await page.goto(at("/devices"));
  for (const name of ["New device", "Import"])
    assert.equal(await page.getByRole("button", { name }).getAttribute("aria-disabled"), "true", name);
  await page.screenshot({ path: picture("rights-viewer-devices") });
  await page.goto(at("/devices/north-1"));
  assert.equal(
    await page.getByRole("button", { name: "Set a property" }).getAttribute("aria-disabled"),
    "true",
  );
  await page.goto(at("/devices/north-1?view=connect"));
  await page.getByText("Only who may manage devices sees their keys.").waitFor();
  // Who has the wizard's address meets the same.
  await page.goto(at("/jobs/definitions/create/configure"));
  await page.getByText("Your role does not allow you to run jobs.").waitFor();
  await page.screenshot({ path: picture("rights-viewer-wizard") });
  await accessible(page);
});

browserTest(
  "an operator runs a job on the devices of his organization",
  { session: () => operator },
  async (page) => {
    await page.goto(at("/jobs"));
    await page.getByRole("button", { name: "New job" }).click();
    await page.getByRole("textbox", { name: "Name" }).fill("By Otto");
    await page.getByRole("combobox", { name: "Device group" }).click();
    assert.deepEqual(await page.getByRole("option").allTextContents(), ["Valves of the north"]);
    await page.getByRole("option", { name: "Valves of the north" }).click();
    await page.getByRole("combobox", { name: "Property" }).click();
    await page.getByRole("option", { name: "opening" }).click();
    await page.getByRole("textbox", { name: "Value" }).fill("7");
    for (let n = 0; n < 3; n++) await page.getByRole("button", { name: "Next" }).click();
    await page.getByTestId("matched").getByText("3 devices matched").waitFor();
    await accessible(page);
    await page.getByRole("button", { name: "Run" }).click();
    const dialog = page.getByRole("alertdialog");
    await Promise.race([dialog.waitFor(), page.waitForURL("**/jobs/instances/*")]);
    if (await dialog.isVisible()) {
      await dialog.getByRole("textbox").fill("3");
      await dialog.getByRole("button", { name: "Run" }).click();
      await page.waitForURL("**/jobs/instances/*");
    }
    const job = (await server.api("GET", "/jobs")).value.find(({ displayName }) => displayName === "By Otto");
    assert.equal(job.owner, "user:otto");
    await eventually("it ran on his", async () => {
      const { value } = await server.api("GET", `/jobs/${job.id}/devices`);
      return value.map(({ id }) => id).join() === "north-1,north-2,north-3";
    });
  },
);

browserTest(
  "whoever guesses passwords has to wait, and is told how long",
  { expected: refused },
  async (page) => {
    const lily = await server.person("lily", [{ role: ORG_VIEWER, organization: "north" }]);
    await page.goto(at("/sign-in"));
    await page.getByLabel("Mail address").fill(lily.email);
    const submit = page.getByRole("button", { name: "Sign in" });
    for (let tries = 0; tries < 10; tries++) {
      await page.getByLabel("Password").fill(`a guess, number ${tries}`);
      const answered = page.waitForResponse((response) => response.url().includes("/api/session"));
      await submit.click();
      assert.equal((await answered).status(), 401);
      await page.getByText("The mail address or the password is not right.").waitFor();
    }
    // Also the right one has to wait.
    await page.getByLabel("Password").fill(lily.password);
    await submit.click();
    await page.getByText(/Try again in \d+ minute/u).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("rights-locked") });
  },
);
