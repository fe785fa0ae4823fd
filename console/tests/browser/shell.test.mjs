// The shell against the real server: signing in and out, every address, theme, language, keyboard.
import assert from "node:assert/strict";
import { after } from "node:test";
import { accessible, browserTest, heading, picture } from "./browser.mjs";
import { startServer } from "./server.mjs";

const server = await startServer();
after(() => server.stop());
const session = server;
const at = (path) => `${server.origin}/console${path}`;
// Chromium itself complains of answers that refuse.
const refused = /Failed to load resource/u;

for (const [path, title] of [
  ["", "Jobs"],
  ["/jobs", "Jobs"],
  ["/jobs/definitions/create/configure", "New job"],
  ["/devices", "Devices"],
  ["/device-groups", "Device groups"],
  ["/device-templates", "Device templates"],
  ["/permissions", "Permissions"],
  ["/permissions/tokens", "Permissions"],
  ["/permissions/nonsense", "Page not found"],
  ["/audit", "Audit log"],
  ["/sign-in", "Sign in"],
  ["/change-password", "Change password"],
  ["/no/such/page", "Page not found"],
]) {
  browserTest(`${path || "/"} opens`, { session }, async (page) => {
    await page.goto(at(path));
    await heading(page).getByText(title, { exact: true }).waitFor();
    assert.equal(await page.title(), `${title} · Bellwether`);
    await accessible(page);
  });
}

for (const colorScheme of ["light", "dark"]) {
  browserTest(
    `signing in leads back to where one was, ${colorScheme}`,
    { colorScheme, expected: refused },
    async (page) => {
      await page.goto(at("/devices?search=0012"));
      await heading(page).getByText("Sign in").waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`sign-in-${colorScheme}`) });
      await page.getByLabel("Mail address").fill(server.email);
      await page.getByLabel("Password").fill("certainly not this one");
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.getByText("The mail address or the password is not right.").waitFor();
      await accessible(page);
      await page.screenshot({ path: picture(`sign-in-refused-${colorScheme}`) });
      await page.getByLabel("Password").fill(server.password);
      await page.keyboard.press("Enter");
      await heading(page).getByText("Devices", { exact: true }).waitFor();
      assert.equal(page.url(), at("/devices?search=0012"));
      await page.getByRole("button", { name: "Account and language" }).click();
      await page.getByText(`Signed in as ${server.email}`).waitFor();
      await page.waitForTimeout(300);
      await page.screenshot({ path: picture(`account-${colorScheme}`) });
      await page.getByRole("menuitem", { name: "Sign out" }).click();
      await heading(page).getByText("Sign in").waitFor();
      await page.goto(at("/jobs"));
      await heading(page).getByText("Sign in").waitFor();
    },
  );
}

browserTest(
  "a session that ended leads to the sign-in page",
  { session, expected: refused },
  async (page) => {
    await page.goto(at("/jobs"));
    await heading(page).getByText("Jobs").waitFor();
    await page.context().clearCookies();
    await page.reload();
    await heading(page).getByText("Sign in").waitFor();
    assert.equal(new URL(page.url()).searchParams.get("back"), "/jobs");
  },
);

browserTest(
  "the own password is changed, and only to one that is allowed",
  { session, expected: refused },
  async (page) => {
    await page.goto(at("/change-password?back=%2Fdevices"));
    const change = page.getByRole("button", { name: "Change password" });
    await page.getByLabel("Current password").fill("wrong as can be 123");
    await page.locator("input[autocomplete=new-password]").first().fill("short");
    assert.equal(await change.isDisabled(), true);
    await page.locator("input[autocomplete=new-password]").first().fill("long enough to be taken");
    await page.getByLabel("New password, again").fill("long enough to be mistaken");
    await page.getByText("It is not the same as above.").waitFor();
    await accessible(page);
    await page.getByLabel("New password, again").fill("long enough to be taken");
    await change.click();
    await page.getByText("The password was not changed").waitFor();
    await page.screenshot({ path: picture("change-password") });
    await page.getByRole("button", { name: "Cancel" }).click();
    await heading(page).getByText("Devices", { exact: true }).waitFor();
  },
);

browserTest("theme and language are remembered", { session }, async (page) => {
  await page.goto(at("/jobs"));
  await page.getByRole("button", { name: "Theme" }).click();
  await page.getByRole("menuitemradio", { name: "Dark" }).click();
  await page.getByRole("button", { name: "Account and language" }).click();
  await page.getByRole("menuitemradio", { name: "한국어" }).click();
  await heading(page).getByText("작업").waitFor();
  await page.reload();
  await heading(page).getByText("작업").waitFor();
  assert.deepEqual(
    await page.evaluate(() => [document.documentElement.lang, document.documentElement.dataset.theme]),
    ["ko", "dark"],
  );
  await page.screenshot({ path: picture(`shell-ko`) });
});

browserTest(
  "keyboard: skip link first, then the screen; the drawer and the rail",
  { session },
  async (page) => {
    await page.goto(at("/jobs"));
    await heading(page).waitFor();
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.getByRole("button", { name: "Collapse navigation" }).click();
    await page.getByRole("link", { name: "Devices" }).click();
    await heading(page).getByText("Devices", { exact: true }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), "main");
    await page.mouse.move(640, 600);
    await accessible(page);
    await page.screenshot({ path: picture(`shell-rail`) });
  },
);
