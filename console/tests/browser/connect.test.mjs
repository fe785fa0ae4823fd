// The programs that the page shows for a device are run as they stand, with the stock SDKs of tests/python and tests/node.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { browserTest } from "./browser.mjs";
import { eventually, startServer } from "./server.mjs";

const TESTS = fileURLToPath(new URL("../../../tests/", import.meta.url));
const PYTHON = join(TESTS, "python/.venv/bin/python");
const MODULES = join(TESTS, "node/node_modules");
// The SDK for Python dials 8883 only.
const HOST = "127.0.0.254";

const server = await startServer({
  mqtts: `${HOST}:8883`,
  args: ["--host-name", HOST, "--host-name", "localhost"],
});
const folder = mkdtempSync(join(tmpdir(), "bellwether-connect-"));
after(async () => {
  rmSync(folder, { recursive: true, force: true });
  await server.stop();
});

for (const [language, installed, file, run] of [
  ["Python", PYTHON, "device.py", [PYTHON, "device.py"]],
  ["Node.js", MODULES, "device.cjs", [process.execPath, "device.cjs"]],
]) {
  browserTest(`the program for ${language} runs as it is shown`, { session: server }, async (page) => {
    assert.ok(
      existsSync(installed),
      `${installed} is missing: run tests/python/run.sh and tests/node/run.sh first`,
    );
    const id = `hello-${file.split(".")[1]}`;
    await server.api("PUT", `/devices/${id}`, { displayName: `Hello ${language}` });
    await page.goto(`${server.origin}/console/devices/${id}?view=connect`);
    await page.getByRole("tab", { name: language }).click();
    await page.getByRole("switch", { name: "Show keys" }).check();
    const program = await page.getByRole("region", { name: `program for ${language}` }).textContent();
    const lines = program.split("\n").filter((line) => !/^(#|\/\/)/u.test(line));
    assert.ok(lines.length <= 4, program);

    const download = page.waitForEvent("download");
    await page.getByRole("link", { name: "Download ca.pem" }).click();
    await (await download).saveAs(join(folder, "ca.pem"));
    writeFileSync(join(folder, file), program);
    if (language === "Node.js") symlinkSync(MODULES, join(folder, "node_modules"));
    const env = { ...process.env, NODE_EXTRA_CA_CERTS: "ca.pem" };
    const running = promisify(execFile)(run[0], run.slice(1), { cwd: folder, env, timeout: 60_000 });
    const over = running.then(
      ({ stdout, stderr }) => `it ended: ${stdout}${stderr}`,
      (error) => `it failed: ${error.message}`,
    );
    try {
      await eventually("the device says hello", async () => {
        const { reported } = await server.api("GET", `/devices/${id}/twin`);
        return reported.hello === "world";
      });
    } catch (error) {
      running.child.kill();
      throw new Error(`${error.message}: ${await over}`, { cause: error });
    }
    running.child.kill();
    await over;
  });
}
