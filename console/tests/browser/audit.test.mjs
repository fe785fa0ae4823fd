// The audit log against the real server: who did what, jobs included; filters in the address, files, the thing itself.
import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import { after } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { startServer } from "./server.mjs";

const server = await startServer();
after(() => server.stop());
await server.api("PUT", "/devices/pump-1", { displayName: "Pump 1" });
await server.api("PUT", "/devices/pump-2", { displayName: "Pump 2" });
await server.api("PUT", "/deviceGroups/pumps", { displayName: "Pumps", filter: "SELECT * FROM devices" });
await server.api("DELETE", "/devices/pump-2");
await server.api("PUT", "/apiTokens/ci", { roles: [{ role: "ae2c9854-393b-4f97-8c42-479d70ce626e" }] });
const session = server;
const at = (path) => `${server.origin}/console${path}`;
const row = (page, name) => grid(page).getByRole("row", { name });

for (const colorScheme of ["light", "dark"]) {
  browserTest(
    `what was changed, the newest first, ${colorScheme}`,
    { session, colorScheme },
    async (page) => {
      await page.goto(at("/audit"));
      await row(page, /Created.*API token.*ci/u).waitFor();
      const rows = await grid(page).getByRole("row").allTextContents();
      const index = (pattern) => rows.findIndex((text) => pattern.test(text));
      assert.ok(index(/API token/u) < index(/Deleted.*pump-2/u));
      assert.ok(index(/Deleted.*pump-2/u) < index(/Created.*pump-1/u));
      assert.ok(index(/Created.*pump-1/u) < index(/Changed password/u));
      assert.ok(rows[1].includes(server.email));
      await accessible(page);
      await page.screenshot({ path: picture(`audit-${colorScheme}`) });
    },
  );
}

browserTest("jobs and signing in stand in it too", { session }, async (page) => {
  const template = "dtmi:acme:pump;1";
  await server.api("PUT", `/deviceTemplates/${encodeURIComponent(template)}`, {
    "@type": ["ModelDefinition", "DeviceModel"],
    displayName: "Pump",
    capabilityModel: {
      "@id": "dtmi:acme:pump:model;1",
      "@type": "Interface",
      contents: [{ "@type": ["Property", "Cloud"], name: "site", schema: "string" }],
    },
  });
  await server.api("PUT", "/jobs/audited", {
    group: "pumps",
    data: [{ type: "cloudProperty", target: template, path: "site", value: "Lyon" }],
  });
  await page.goto(at("/audit"));
  await row(page, /Signed in/u)
    .first()
    .waitFor();
  await row(page, /Created.*Job.*audited/u).waitFor();
});

browserTest("filters stand in the address, and clearing them shows all", { session }, async (page) => {
  await page.goto(at("/audit?kind=device&last=1h"));
  await row(page, /pump-2/u)
    .first()
    .waitFor();
  assert.equal(await row(page, /Device group/u).count(), 0);
  await page.getByRole("searchbox").fill("pump-1");
  await row(page, /pump-2/u)
    .first()
    .waitFor({ state: "detached" });
  assert.equal(new URL(page.url()).search, "?kind=device&id=pump-1&last=1h");
  await page.getByRole("combobox", { name: "Kind of thing" }).selectOption("Job");
  await page.getByText("Nothing matches the filters").waitFor();
  await page.screenshot({ path: picture("audit-nothing") });
  await page.getByRole("button", { name: "Clear filters" }).last().click();
  await row(page, /Device group/u)
    .first()
    .waitFor();
  assert.equal(new URL(page.url()).search, "");

  await page.getByRole("combobox", { name: "Time" }).selectOption("Between…");
  await page.getByLabel("Until").fill("2020-01-01T00:00");
  await page.getByText("Nothing matches the filters").waitFor();
  assert.ok(new URL(page.url()).searchParams.get("until"));
  await accessible(page);
  await page.screenshot({ path: picture("audit-between") });
  await page.getByRole("button", { name: "Clear filters" }).first().click();

  // Who: chosen by name, or from a row.
  await page.getByRole("combobox", { name: "Who" }).click();
  await page.getByRole("option", { name: "Token ci" }).click();
  await page.getByText("Nothing matches the filters").waitFor();
  assert.equal(new URL(page.url()).searchParams.get("actor"), "token:ci");
  await page.goto(at("/audit"));
  await row(page, /pump-1/u)
    .getByRole("link", { name: server.email })
    .click();
  await page.waitForURL(/actor=user/u);
  assert.equal(await page.getByRole("combobox", { name: "Who" }).inputValue(), server.email);
});

browserTest("a row opens its thing; one that is gone is only named", { session }, async (page) => {
  await page.goto(at("/audit?id=pump-2"));
  await row(page, /Deleted.*pump-2/u).waitFor();
  assert.equal(
    await row(page, /Deleted.*pump-2/u)
      .getByRole("link", { name: "pump-2" })
      .count(),
    0,
  );
  await page.goto(at("/audit?kind=apiToken"));
  await row(page, /Created/u)
    .getByRole("link", { name: "ci" })
    .click();
  await page.waitForURL(/permissions\/tokens\?q=ci/u);
  await grid(page)
    .getByRole("row", { name: /ci.*Operator/u })
    .waitFor();
  await page.goto(at("/audit?id=pump-1"));
  await row(page, /Created/u)
    .getByRole("link", { name: "pump-1" })
    .click();
  await page.waitForURL(/devices\/pump-1/u);
  await heading(page).waitFor();
});

browserTest("what is shown is exported, as CSV and as NDJSON", { session }, async (page) => {
  await page.goto(at("/audit?kind=device"));
  await row(page, /pump-1/u)
    .first()
    .waitFor();
  for (const [item, name] of [
    ["As CSV", "audit.csv"],
    ["As NDJSON", "audit.ndjson"],
  ]) {
    await page.getByRole("button", { name: "Export" }).click();
    const [download] = await Promise.all([
      page.waitForEvent("download"),
      page.getByRole("menuitem", { name: item }).click(),
    ]);
    assert.equal(download.suggestedFilename(), name);
    const lines = (await readFile(await download.path(), "utf8")).trim().split(/\r?\n/u);
    const entries = name.endsWith("csv") ? lines.slice(1) : lines;
    assert.equal(entries.length, 3);
    assert.match(entries[0], /delete.*device.*pump-2/u);
    assert.ok(lines.every((line) => !line.includes("deviceGroup")));
  }
});

browserTest(
  "360 px: nothing is cut off",
  { session, viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  async (page) => {
    await page.goto(at("/audit"));
    await row(page, /pump-1/u)
      .first()
      .waitFor();
    assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= 360);
    await accessible(page);
    await page.screenshot({ path: picture("audit-360") });
  },
);
