// Permissions: users, roles, organizations, API tokens, against the real server.
import assert from "node:assert/strict";
import { after } from "node:test";
import { accessible, browserTest, grid, heading, picture } from "./browser.mjs";
import { startServer } from "./server.mjs";

const ADMINISTRATOR = "ca310b8d-2f4a-44e0-a36e-957c202cd8d4";
const ORG_ADMINISTRATOR = "c495eb57-eb18-489e-9802-62c474e5645c";
const ORG_OPERATOR = "b4935647-30e4-4ed3-9074-dcac66c2f8ef";

const server = await startServer();
after(() => server.stop());
for (const [id, displayName, parent] of [
  ["europe", "Europe", undefined],
  ["france", "France", "europe"],
  ["asia", "Asia", undefined],
]) {
  await server.api("PUT", `/organizations/${id}`, { displayName, ...(parent && { parent }) });
}
await server.api("PUT", "/users/grace", {
  type: "email",
  email: "grace@example.com",
  roles: [{ role: ORG_OPERATOR, organization: "france" }],
});
await server.api("PUT", "/users/robot", {
  type: "servicePrincipal",
  tenantId: "contoso",
  objectId: "robot",
  roles: [{ role: ADMINISTRATOR }],
});
const session = server;
const at = (path) => `${server.origin}/console${path}`;
const refused = /Failed to load resource/u;
const row = (page, name) => grid(page).getByRole("row", { name });
/** Presses the button of the question. While it stands nothing else has a role, so a row that is not found may be there. */
const confirm = async (page, name) => {
  const question = page.getByRole("alertdialog");
  await question.getByRole("button", { name }).click();
  await question.waitFor({ state: "detached" });
};

const act = async (page, name, action) => {
  await page.getByRole("button", { name: `More actions for ${name}` }).click();
  await page.getByRole("menuitem", { name: action }).click();
};

for (const colorScheme of ["light", "dark"]) {
  for (const [section, shows] of [
    ["users", "grace@example.com"],
    ["roles", "Org Viewer"],
    ["organizations", "France"],
    ["tokens", "administrator"],
  ]) {
    browserTest(`${section}, ${colorScheme}`, { session, colorScheme }, async (page) => {
      await page.goto(at(`/permissions/${section}`));
      await page.getByText(shows, { exact: false }).first().waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`permissions-${section}-${colorScheme}`) });
    });
  }
}

browserTest(
  "a user is made, the password is shown once and signs in",
  { session, permissions: ["clipboard-read", "clipboard-write"], expected: refused },
  async (page) => {
    await page.goto(at("/permissions/users"));
    await page.getByRole("button", { name: "New user" }).click();
    const dialog = page.getByRole("dialog");
    const create = dialog.getByRole("button", { name: "Create user" });
    await dialog.getByLabel("Mail address").fill("ada@example.com");
    assert.equal(await create.isDisabled(), true);
    await dialog.getByRole("combobox", { name: "Role", exact: true }).selectOption("Org Operator");
    assert.equal(await create.isDisabled(), true, "a role within an organization needs one");
    await dialog.getByRole("combobox", { name: "Organization" }).click();
    await page.getByRole("option", { name: "France" }).click();
    await dialog.getByRole("button", { name: "Add role" }).click();
    await dialog.getByRole("combobox", { name: "Role", exact: true }).nth(1).selectOption("Operator");
    await accessible(page);
    await page.screenshot({ path: picture("permissions-new-user") });
    await create.click();

    const shown = page.getByRole("alertdialog", { name: "The password was made" });
    const password = await shown
      .getByRole("group", { name: "Password of ada@example.com" })
      .locator("code")
      .textContent();
    assert.ok(password.length >= 12, password);
    await accessible(page);
    await page.screenshot({ path: picture("permissions-password") });
    await shown.getByRole("button", { name: "Copy Password of ada@example.com" }).click();
    assert.equal(await page.evaluate(() => window.navigator.clipboard.readText()), password);
    await page.keyboard.press("Escape");
    await shown.waitFor();
    await shown.getByRole("button", { name: "Close" }).click();
    await shown.waitFor({ state: "detached" });
    await row(page, /ada@example\.com.*Org Operator · France, Operator/u).waitFor();
    assert.ok(!(await page.content()).includes(password));

    await page.context().clearCookies();
    await page.goto(at("/permissions/users"));
    await page.getByLabel("Mail address").fill("ada@example.com");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    // Somebody else made it: it has to be changed.
    await heading(page).getByText("Change password").waitFor();
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel(/^New password\W*$/u).fill("my very own password");
    await page.getByLabel("New password, again").fill("my very own password");
    await page.getByRole("button", { name: "Change password" }).click();
    // An operator manages nobody: users and tokens are not shown, organizations cannot be changed.
    await page.getByText("Your roles do not show this part").waitFor();
    assert.equal(await page.getByRole("tab").count(), 2);
    await page.getByRole("tab", { name: "Roles" }).waitFor();
    await page.getByRole("tab", { name: "Organizations" }).click();
    await page.getByRole("treeitem", { name: /France/u }).waitFor();
    assert.equal(
      await page.getByRole("button", { name: "New organization" }).getAttribute("aria-disabled"),
      "true",
    );
    assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
    await page.screenshot({ path: picture("permissions-operator") });
  },
);

browserTest("roles are edited, a password is made anew, a user is deleted", { session }, async (page) => {
  await server.api("PUT", "/users/linus", {
    type: "email",
    email: "linus@example.com",
    roles: [{ role: ORG_OPERATOR, organization: "asia" }],
  });
  await page.goto(at("/permissions/users"));
  await act(page, "linus@example.com", "Edit roles");
  const dialog = page.getByRole("dialog");
  assert.equal(await dialog.getByRole("combobox", { name: "Organization" }).inputValue(), "Asia");
  await dialog.getByRole("combobox", { name: "Role", exact: true }).selectOption("Administrator");
  await dialog.getByRole("button", { name: "Add role" }).click();
  await dialog.getByRole("combobox", { name: "Role", exact: true }).nth(1).selectOption("Administrator");
  await dialog.getByText("This role is given above already.").waitFor();
  await dialog.getByRole("button", { name: "Remove role" }).nth(1).click();
  await dialog.getByRole("button", { name: "Save" }).click();
  await row(page, /linus@example\.com.*Administrator/u).waitFor();
  assert.deepEqual((await server.api("GET", "/users/linus")).roles, [{ role: ADMINISTRATOR }]);

  await act(page, "linus@example.com", "New password");
  await page.getByRole("button", { name: "Make password" }).click();
  await page.getByRole("group", { name: "Password of linus@example.com" }).waitFor();
  await page.getByRole("button", { name: "Close" }).click();

  // A program has no password here.
  await page.getByRole("button", { name: "More actions for robot (contoso)" }).click();
  await page.getByRole("menuitem", { name: "Edit roles" }).waitFor();
  assert.equal(await page.getByRole("menuitem", { name: "New password" }).count(), 0);
  await page.keyboard.press("Escape");

  await act(page, "linus@example.com", "Delete user");
  await confirm(page, "Delete");
  await row(page, /linus/u).waitFor({ state: "detached" });
});

browserTest("search and order stand in the address", { session }, async (page) => {
  await page.goto(at("/permissions/users?q=robot"));
  await row(page, /robot/u).waitFor();
  assert.equal(await row(page, /grace/u).count(), 0);
  await page.getByRole("searchbox").fill("org operator · fr");
  await row(page, /grace/u).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("q"), "org operator · fr");
  await page.getByRole("searchbox").fill("nobody at all");
  await page.getByText("Nothing found").waitFor();
  await page.goto(at("/permissions/users?sort=-name"));
  await row(page, /robot/u).waitFor();
  const names = await grid(page).getByRole("row").allTextContents();
  assert.match(names[1], /robot/u);
});

browserTest(
  "organizations: made, renamed, moved, and deleted only when nothing belongs to them",
  { session, expected: refused },
  async (page) => {
    await page.goto(at("/permissions/organizations"));
    await page.getByRole("button", { name: "New organization below Europe" }).click();
    const dialog = page.getByRole("dialog");
    await dialog.getByLabel("Name").fill("Österreich");
    assert.equal(await dialog.getByLabel("ID").inputValue(), "osterreich");
    assert.equal(await dialog.getByRole("combobox", { name: "Below" }).inputValue(), "Europe");
    await accessible(page);
    await page.screenshot({ path: picture("permissions-new-organization") });
    await dialog.getByRole("button", { name: "Create organization" }).click();
    await page.getByRole("treeitem", { name: /^Österreich/u }).waitFor();

    await page.getByRole("button", { name: "Edit Österreich" }).click();
    await dialog.getByLabel("Name").fill("Austria");
    await dialog.getByRole("combobox", { name: "Below" }).click();
    await page.getByRole("option", { name: "The whole application" }).click();
    await dialog.getByRole("button", { name: "Save" }).click();
    await page.getByRole("treeitem", { name: /^Austria/u, level: 1 }).waitFor();
    assert.deepEqual(await server.api("GET", "/organizations/osterreich"), {
      id: "osterreich",
      displayName: "Austria",
    });

    await page.getByRole("button", { name: "Delete Europe" }).click();
    const question = page.getByRole("alertdialog");
    await question.getByRole("button", { name: "Delete" }).click();
    await question.getByText("organizations lie below it").waitFor();
    await page.screenshot({ path: picture("permissions-organization-in-use") });
    await question.getByRole("button", { name: "Cancel" }).click();

    await page.getByRole("button", { name: "Delete Austria" }).click();
    await confirm(page, "Delete");
    await page.getByRole("treeitem", { name: /^Austria/u }).waitFor({ state: "detached" });
  },
);

browserTest("a token is shown once, works, and is revoked", { session }, async (page) => {
  await page.goto(at("/permissions/tokens"));
  await page.getByRole("button", { name: "New token" }).click();
  const dialog = page.getByRole("dialog");
  await dialog.getByLabel("Token name").fill("build server");
  await dialog.getByText("1 to 128 letters").waitFor();
  await dialog.getByLabel("Token name").fill("build-server");
  await dialog.getByRole("combobox", { name: "Role", exact: true }).selectOption("Operator");
  await dialog.getByLabel("Expires").selectOption("In 30 days");
  await accessible(page);
  await page.screenshot({ path: picture("permissions-new-token") });
  await dialog.getByRole("button", { name: "Create token" }).click();
  const shown = page.getByRole("alertdialog", { name: "The token was made" });
  const token = await shown.getByRole("group", { name: "Token" }).locator("code").textContent();
  const example = await shown.getByRole("group", { name: "A first call" }).locator("code").textContent();
  assert.ok(example.includes(`-H 'Authorization: ${token}'`), example);
  assert.ok(example.includes(`${server.origin}/api/devices?`), example);
  await accessible(page);
  await page.screenshot({ path: picture("permissions-token") });
  const call = () =>
    page.context().request.get(`${server.origin}/api/devices?api-version=2022-07-31`, {
      headers: { authorization: token, cookie: "" },
    });
  assert.equal((await call()).status(), 200);
  await shown.getByRole("button", { name: "Close" }).click();
  await row(page, /build-server.*Expires soon.*Operator/u).waitFor();
  await page.screenshot({ path: picture("permissions-tokens") });
  await act(page, "build-server", "Revoke token");
  await confirm(page, "Revoke token");
  await row(page, /build-server/u).waitFor({ state: "detached" });
  assert.equal((await call()).status(), 401);
});

browserTest(
  "an administrator of an organization gives what he has, there",
  { session, expected: refused },
  async (page) => {
    await server.api("PUT", "/users/marie", {
      type: "email",
      email: "marie@example.com",
      roles: [{ role: ORG_ADMINISTRATOR, organization: "europe" }],
    });
    const { password } = await server.api("POST", "/users/marie/password");
    await page.context().clearCookies();
    await page.goto(at("/change-password?back=%2Fpermissions%2Fusers"));
    await page.getByLabel("Mail address").fill("marie@example.com");
    await page.getByLabel("Password").fill(password);
    await page.getByRole("button", { name: "Sign in" }).click();
    await page.getByLabel("Current password").fill(password);
    await page.getByLabel(/^New password\W*$/u).fill("another fine password");
    await page.getByLabel("New password, again").fill("another fine password");
    await page.getByRole("button", { name: "Change password" }).click();
    await row(page, /grace@example\.com/u).waitFor();
    assert.equal(await row(page, /robot/u).count(), 0);
    await page.getByRole("button", { name: "New user" }).click();
    assert.deepEqual(
      await page
        .getByRole("dialog")
        .getByRole("combobox", { name: "Role", exact: true })
        .locator("option")
        .allTextContents(),
      ["Choose…", "Org Admin", "Org Operator", "Org Viewer"],
    );
  },
);

browserTest(
  "360 px: nothing is cut off",
  { session, viewport: { width: 360, height: 740 }, colorScheme: "dark" },
  async (page) => {
    for (const section of ["users", "roles", "organizations", "tokens"]) {
      await page.goto(at(`/permissions/${section}`));
      await page.getByRole("tab", { name: /./u }).first().waitFor();
      await page.waitForTimeout(500);
      assert.ok((await page.evaluate(() => document.querySelector("main").scrollWidth)) <= 360, section);
      await accessible(page);
      await page.screenshot({ path: picture(`permissions-${section}-360`) });
    }
  },
);
