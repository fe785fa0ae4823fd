// Devices, device groups and device templates against the real server: the first steps of an empty one, then a fleet.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after, before } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const TEMPLATE = "dtmi:acme:cooler;1";
let server;

before(async () => {
  server = await startServer();
});
after(() => server?.stop());

const session = () => server;
const open = (page, path) => page.goto(`${server.origin}/console${path}`);

for (const colorScheme of ["light", "dark"]) {
  browserTest(
    `without anything each page teaches the first step, ${colorScheme}`,
    { session, colorScheme },
    async (page) => {
      await open(page, "/devices");
      await page.getByText("Connect your first device").waitFor();
      await page
        .getByRole("region", { name: "program for Python" })
        .getByText("create_from_connection_string")
        .waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`devices-first-${colorScheme}`) });
      await open(page, "/device-templates");
      await page.getByText("No device templates yet").waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`templates-first-${colorScheme}`) });
    },
  );
}

browserTest(
  "a template: a sample, a fault with its line, published",
  { session, expected: /422|404/ },
  async (page) => {
    await open(page, "/device-templates/definitions/create");
    await page.getByRole("textbox", { name: "Name" }).fill("Cooler");
    await page.getByRole("textbox", { name: "Template ID" }).fill(TEMPLATE);
    const json = page.getByRole("textbox", { name: "Template as JSON" });
    const sample = await json.inputValue();
    await json.fill(sample.replace('"name": "site"', '"name": "firmware"'));
    await page.getByText("this name stands twice in one interface").waitFor();
    assert.equal(await page.getByRole("button", { name: "Publish" }).isDisabled(), true);
    await page.screenshot({ path: picture("template-fault") });
    await accessible(page);
    // What only the server knows: its message leads to the line.
    await json.fill(sample.replace('"schema": "integer"', '"schema": "whole"'));
    await page.getByRole("button", { name: "Publish" }).click();
    const goTo = page.getByRole("button", { name: /Go to line/ });
    await goTo.click();
    const chosen = await json.evaluate((area) => area.value.slice(area.selectionStart, area.selectionEnd));
    assert.match(chosen, /"schema": "whole"/);
    await page.screenshot({ path: picture("template-refused") });
    await json.fill(sample);
    await page.getByRole("button", { name: "Publish" }).click();
    await page.getByText("Published", { exact: true }).last().waitFor();
    await page.getByRole("cell", { name: "Report interval" }).waitFor();
    // Without the message that it was published, which is no part of the page.
    await page.reload();
    await page.getByRole("cell", { name: "Report interval" }).waitFor();
    await accessible(page);
    await page.screenshot({ path: picture("template") });
  },
);

browserTest("a new device shows how it connects", { session, expected: /404/ }, async (page) => {
  await open(page, "/devices");
  await page.getByRole("button", { name: "New device" }).first().click();
  const dialog = page.getByRole("dialog");
  await dialog.getByRole("textbox", { name: "Device ID" }).fill("first cooler");
  await dialog.getByText("1 to 128 letters").waitFor();
  await dialog.getByRole("textbox", { name: "Device ID" }).fill("first-cooler");
  await dialog.getByRole("textbox", { name: "Device name" }).fill("First cooler");
  await dialog.getByRole("combobox", { name: "Device template" }).click();
  await page.getByRole("option", { name: "Cooler" }).click();
  await accessible(page);
  await page.screenshot({ path: picture("device-new") });
  await dialog.getByRole("button", { name: "Create" }).click();
  await heading(page).getByText("First cooler").waitFor();
  const { symmetricKey } = await server.api("GET", "/devices/first-cooler/credentials");
  const program = page.getByRole("region", { name: /program for/ });
  await program.getByText("••••••••").first().waitFor();
  await page.getByRole("switch", { name: "Show keys" }).check();
  for (const language of ["Python", "Node.js", "C#"]) {
    await page.getByRole("tab", { name: language }).click();
    assert.ok((await program.textContent()).includes(symmetricKey.primaryKey), language);
  }
  await page.screenshot({ path: picture("device-connect") });
  await accessible(page);
  await page.getByRole("tab", { name: "mosquitto" }).click();
  await program.getByText(/SharedAccessSignature sr=\S+&sig=\S+&se=\d+/).waitFor();
  // Another of this ID would change the one that is there.
  await open(page, "/devices");
  await page.getByRole("button", { name: "New device" }).first().click();
  await dialog.getByRole("textbox", { name: "Device ID" }).fill("first-cooler");
  await dialog.getByRole("button", { name: "Create" }).click();
  await dialog.getByText("There is already a device with the ID first-cooler").waitFor();
});

browserTest("import: faulty lines are named and nothing is made, then all are", { session }, async (page) => {
  await open(page, "/devices");
  await page.getByRole("button", { name: "Import" }).first().click();
  const dialog = page.getByRole("dialog");
  const choose = (text) =>
    dialog
      .locator("input[type=file]")
      .setInputFiles({ name: "coolers.csv", mimeType: "text/csv", buffer: Buffer.from(text) });
  await choose("\uFEFFIOTC_DEVICEID,IOTC_DEVICENAME\ncooler-01,One\ncooler 02,Two\ncooler-01,Again\n");
  const faults = dialog.getByRole("table", { name: "Faulty lines" });
  await faults.getByRole("row").nth(2).waitFor();
  assert.deepEqual(await faults.getByRole("row").locator("td:first-child").allTextContents(), ["3", "4"]);
  assert.equal(await dialog.getByRole("button", { name: "Import" }).isDisabled(), true);
  await page.screenshot({ path: picture("import-faulty") });
  await accessible(page);
  const lines = Array.from(
    { length: 40 },
    (_, index) => `cooler-${String(index).padStart(2, "0")},Cooler ${index}`,
  );
  await choose(`IOTC_DEVICEID;IOTC_DEVICENAME\n${lines.join("\n").replaceAll(",", ";")}\n`);
  await dialog.getByText("40 devices will be made").waitFor();
  await dialog.getByRole("combobox", { name: "Device template" }).click();
  await page.getByRole("option", { name: "Cooler" }).click();
  await dialog.getByText("40 devices will be made").waitFor();
  await page.screenshot({ path: picture("import-ready") });
  await dialog.getByRole("button", { name: "Import", exact: true }).click();
  await page.getByText("40 devices were made").last().waitFor();
  await grid(page).getByRole("link", { name: "Cooler 7", exact: true }).waitFor();
});

browserTest("export: the devices of the filter", { session }, async (page) => {
  await open(page, "/devices?q=cooler-1");
  await grid(page).getByRole("link", { name: "Cooler 12", exact: true }).waitFor();
  const [download] = await Promise.all([
    page.waitForEvent("download"),
    page.getByRole("link", { name: "Export" }).click(),
  ]);
  const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/u);
  assert.match(lines[0], /IOTC_DEVICEID/u);
  assert.equal(lines.length - 1, 10);
  assert.ok(lines.slice(1).every((line) => /cooler-1\d/u.test(line)));
});

browserTest(
  "tags and desired properties of a device without a template",
  { session, expected: /412/u },
  async (page) => {
    await server.api("PUT", "/devices/bare", { displayName: "Bare" });
    await server.api("PATCH", "/devices/bare/twin", { tags: { site: "Lyon" }, desired: { speed: 1 } });
    await open(page, "/devices/bare");
    await page.getByRole("button", { name: "Edit as JSON" }).click();
    const dialog = page.getByRole("dialog");
    const json = dialog.getByRole("textbox");
    await json.fill('{"reported": {}}');
    await dialog.getByText("Only tags and desired can be changed.").waitFor();
    await json.fill('{"tags": {"site": null, "note": "new"}, "desired": {"speed": 4503599627370495}}');
    const changes = dialog.getByRole("region", { name: "What changes" });
    assert.deepEqual(await changes.getByRole("listitem").allTextContents(), [
      'tags.site: "Lyon" → removed',
      'tags.note: – → "new"',
      "desired.speed: 1 → 4503599627370495",
    ]);
    await accessible(page);
    await page.screenshot({ path: picture("device-patch") });
    // Somebody else was faster: nothing is done.
    await server.api("PATCH", "/devices/bare/twin", { tags: { site: "Paris" } });
    await dialog.getByRole("button", { name: "Change", exact: true }).click();
    await dialog.getByText("This was not done").waitFor();
    await dialog.getByRole("button", { name: "Cancel" }).click();
    await page.getByRole("region", { name: "Tags" }).getByText('"Paris"').waitFor();
    await page.getByRole("button", { name: "Edit as JSON" }).click();
    await json.fill('{"desired": {"speed": 4503599627370495}}');
    await dialog.getByRole("button", { name: "Change", exact: true }).click();
    await page.getByRole("region", { name: "Desired", exact: true }).getByText("4503599627370495").waitFor();
  },
);

browserTest("the list: simulated devices, search, filters in the address", { session }, async (page) => {
  const simulated = await server.simulate(20);
  try {
    await open(page, "/devices?q=sim-");
    await grid(page).getByRole("link", { name: "sim-0003" }).waitFor();
    await grid(page).getByText("Connected", { exact: true }).first().waitFor();
    await page.screenshot({ path: picture("devices-light") });
    await accessible(page);
    await page.getByRole("searchbox").fill("SIM-001");
    await page.waitForURL(/q=SIM-001/);
    await grid(page).getByRole("link", { name: "sim-0012" }).waitFor();
    await page.getByText("first-cooler").waitFor({ state: "detached" });
    await page.getByRole("combobox", { name: "Connection" }).selectOption({ label: "Not connected" });
    await page.getByText("No device matches").waitFor();
    await page.reload();
    await page.getByText("No device matches").waitFor();
    await page.getByRole("button", { name: "Clear filters" }).click();
    await page
      .getByRole("navigation", { name: "Device templates" })
      .getByRole("link", { name: "Cooler" })
      .click();
    await grid(page).getByRole("link", { name: "First cooler" }).waitFor();
    assert.equal(await grid(page).getByRole("link", { name: "sim-0003" }).count(), 0);
  } finally {
    await simulated.stop();
  }
});

browserTest(
  "a twin side by side; a property is set; dark",
  { session, colorScheme: "dark" },
  async (page) => {
    await open(page, "/devices/first-cooler");
    await page.getByRole("region", { name: "Desired" }).getByText("Nothing yet").waitFor();
    await page.getByRole("button", { name: "Set a property" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByRole("combobox", { name: "Property" }).click();
    await page.getByRole("option", { name: /Report interval/ }).click();
    await dialog.getByRole("textbox", { name: /Report interval/ }).fill("30");
    await dialog.getByRole("button", { name: "Set" }).click();
    const desired = page.getByRole("region", { name: "Desired", exact: true });
    await desired.getByText("reportInterval").waitFor();
    await desired.getByText("Waiting for the device").waitFor();
    await server.api("PATCH", "/devices/first-cooler/properties", { site: "Lyon" });
    await page.reload();
    await page.getByRole("region", { name: "Tags" }).getByText('"Lyon"').waitFor();
    await page.screenshot({ path: picture("device-twin-dark") });
    await accessible(page);
    await page.getByRole("tab", { name: "Commands" }).click();
    await page.getByRole("combobox", { name: "Command" }).click();
    await page.getByRole("option", { name: /Restart/ }).click();
    await page.getByText("The device is not connected").waitFor();
    await page.screenshot({ path: picture("device-commands-dark") });
    await accessible(page);
    await page.getByRole("tab", { name: "Jobs" }).click();
    await page.getByText("No jobs yet").waitFor();
  },
);

browserTest("many at once: blocked, moved, deleted with the count typed", { session }, async (page) => {
  await open(page, "/devices?q=cooler-0");
  await grid(page).getByRole("link", { name: "Cooler 1", exact: true }).waitFor();
  await page.getByRole("checkbox", { name: /whole list|Select all/ }).check();
  await page.screenshot({ path: picture("devices-selected") });
  await accessible(page);
  await page.getByRole("toolbar").getByRole("button", { name: "Block", exact: true }).click();
  const dialog = page.getByRole("alertdialog");
  await dialog.getByRole("heading", { name: "Block 10 devices?" }).waitFor();
  await dialog.getByRole("button", { name: "Block" }).click();
  await dialog.waitFor({ state: "detached" });
  await grid(page).getByText("Blocked").first().waitFor();
  const listed = await server.api("GET", "/devices?search=cooler-0&maxpagesize=100");
  assert.deepEqual(
    listed.value.map(({ enabled }) => enabled),
    Array(10).fill(false),
  );
  await page.getByRole("checkbox", { name: "Select Cooler 3", exact: true }).check();
  await page.getByRole("checkbox", { name: "Select Cooler 4", exact: true }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "Delete" }).click();
  const remove = dialog.getByRole("button", { name: "Delete" });
  assert.equal(await remove.isDisabled(), true);
  await dialog.getByRole("textbox").fill("2");
  await accessible(page);
  await page.screenshot({ path: picture("devices-delete") });
  await remove.click();
  await dialog.waitFor({ state: "detached" });
  await eventually("two devices are gone", async () => {
    const { value } = await server.api("GET", "/devices?search=cooler-0&maxpagesize=100");
    return value.length === 8;
  });
  await grid(page).getByRole("link", { name: "Cooler 3", exact: true }).waitFor({ state: "detached" });
  await page.getByRole("checkbox", { name: "Select Cooler 5", exact: true }).check();
  await page.getByRole("toolbar").getByRole("button", { name: "New job" }).click();
  await page.waitForURL(/definitions\/create\/configure.*devices=[0-9a-f-]{36}/);
  const choices = await page.evaluate(() => window.sessionStorage.getItem("bellwether.chosenDevices"));
  assert.deepEqual(
    JSON.parse(choices).map(({ devices }) => devices),
    [["cooler-05"]],
  );
});

browserTest(
  "a group: rows with a live preview, text, saved, its devices",
  { session, expected: /400/ },
  async (page) => {
    await open(page, "/device-groups/definitions/create");
    await page.getByRole("textbox", { name: "Name" }).fill("In Lyon");
    await page.getByRole("combobox", { name: "Device template" }).click();
    await page.getByRole("option", { name: "Cooler" }).click();
    const preview = page.getByRole("region", { name: "In the group now" });
    await preview.getByText("39 devices").waitFor();
    await page.getByRole("button", { name: "Add a condition" }).click();
    await preview.getByText("Complete the conditions").waitFor();
    assert.equal(await page.getByRole("button", { name: "Save" }).isDisabled(), true);
    await page.getByRole("combobox", { name: "Property" }).click();
    await page.getByRole("option", { name: /Site/ }).click();
    await page.getByRole("textbox", { name: "Value" }).fill("Lyon");
    await preview.getByText("1 device", { exact: true }).waitFor();
    await preview.getByRole("link", { name: "First cooler" }).waitFor();
    await page.screenshot({ path: picture("group") });
    await accessible(page);
    await page.getByRole("button", { name: "Edit as text" }).click();
    const text = page.getByRole("textbox", { name: "Filter text" });
    assert.equal(
      await text.inputValue(),
      `SELECT * FROM devices WHERE $template = "${TEMPLATE}" AND site = "Lyon"`,
    );
    await text.fill("SELECT * FROM devices WHERE (a = 1)");
    await preview.getByText(/nested conditions/).waitFor();
    await page.getByText("This text cannot be shown as conditions").waitFor();
    await page.screenshot({ path: picture("group-text") });
    await text.fill(`SELECT * FROM devices WHERE $template = "${TEMPLATE}" AND nothing = 1`);
    await preview.getByText("This filter cannot be used").waitFor();
    await text.fill(`SELECT * FROM ${TEMPLATE} WHERE site = "Lyon" OR $id = "cooler-20"`);
    await page.getByRole("button", { name: "Edit as conditions" }).click();
    await preview.getByText("2 devices").waitFor();
    await page.getByRole("button", { name: "Save" }).click();
    await heading(page).getByText("In Lyon").waitFor();
    await page.getByRole("tab", { name: "Devices" }).click();
    await grid(page).getByRole("link", { name: "Cooler 20" }).waitFor();
    await page.screenshot({ path: picture("group-devices") });
  },
);

browserTest("a group whose property is gone is marked, and says why", { session }, async (page) => {
  const template = await server.api("GET", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`);
  template.capabilityModel.contents = template.capabilityModel.contents.filter(({ name }) => name !== "site");
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(TEMPLATE)}`, template);
  await open(page, "/device-groups");
  await grid(page).getByText("Broken: no property site").waitFor();
  // A long description does not push the other cells of its row aside.
  const left = async (locator) => (await locator.boundingBox()).x;
  const head = await left(grid(page).getByRole("columnheader", { name: "Device template" }));
  for (const cell of await grid(page).getByRole("gridcell", { name: "Cooler", exact: true }).all())
    assert.equal(await left(cell), head);
  await accessible(page);
  await page.screenshot({ path: picture("groups") });
  await grid(page).getByRole("link", { name: "In Lyon" }).click();
  await page.getByText("This filter cannot be used").waitFor();
  await page.getByText("The template does not have this property.").waitFor();
});

browserTest(
  "360 px, Korean: nothing is cut off",
  { session, viewport: { width: 360, height: 740 }, locale: "ko-KR" },
  async (page) => {
    for (const path of [
      "/devices",
      "/devices/first-cooler",
      "/device-groups/definitions/create",
      `/device-templates/${encodeURIComponent(TEMPLATE)}`,
    ]) {
      await open(page, path);
      await heading(page).waitFor();
      await page.waitForTimeout(500);
      const wide = await page.evaluate(() => document.querySelector("main").scrollWidth);
      assert.ok(wide <= 360, `${path}: ${wide}`);
      await accessible(page);
      await page.screenshot({ path: picture(`narrow${path.replaceAll(/\W+/g, "-")}`) });
    }
  },
);
