// A server of one's own for tests in a browser: the program as it is, on a fresh data folder, with an administrator's
// session and simulated devices. BELLWETHER_BIN names the program (default: what `cargo build -p bellwether` makes,
// which reads the page from console/dist).
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { request } from "node:https";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const PROGRAM =
  process.env.BELLWETHER_BIN ?? fileURLToPath(new URL("../../../target/debug/bellwether", import.meta.url));
const VERSION = "api-version=bellwether-1";

/** Calls `probe` until it gives something truthy, and gives that. */
export async function eventually(what, probe, { within = 30_000, every = 50 } = {}) {
  const deadline = Date.now() + within;
  for (;;) {
    const found = await probe();
    if (found) return found;
    if (Date.now() > deadline) throw new Error(`not within ${within} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/**
 * Starts a server and signs its administrator in. `args` are further flags of `bellwether serve`, `mqtts` is where devices
 * connect (default: any free port of this machine). Call `stop()` at the end, whatever happens.
 */
export async function startServer({ args = [], mqtts = "127.0.0.1:0" } = {}) {
  if (!existsSync(PROGRAM)) throw new Error(`${PROGRAM} is missing: run \`cargo build -p bellwether\``);
  const server = new Server(args, mqtts);
  try {
    await server.start();
    await server.signInFirst();
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}

class Server {
  #folder = mkdtempSync(join(tmpdir(), "bellwether-browser-"));
  #data = join(this.#folder, "data");
  #args;
  #processes = new Set();
  #serve;
  #output = "";
  #ports;
  #ca;
  #cookie;
  #csrf;
  /** `https://localhost:…` */
  origin;
  /** The administrator. */
  email;
  password = "correct horse battery staple";

  constructor(args, mqtts) {
    this.#args = args;
    this.#ports = { https: "127.0.0.1:0", mqtts };
  }

  /** Starts the program; after a first start on the same ports, as after a crash. */
  async start() {
    const ports = ["--https", this.#ports.https, "--mqtts", this.#ports.mqtts];
    this.#serve = this.#spawn(["serve", "--data", this.#data, ...ports, "--drain", "1", ...this.#args]);
    const child = this.#serve;
    const run = await eventually("the server listens", () => {
      assert.equal(child.exitCode, null, `the server ended:\n${this.#output}`);
      const file = join(this.#data, "run.json");
      if (!existsSync(file)) return undefined;
      const run = JSON.parse(readFileSync(file, "utf8"));
      return run.pid === child.pid ? run : undefined;
    });
    this.#ports = { https: run.https, mqtts: run.mqtts };
    this.#ca = run.caFile && readFileSync(run.caFile);
    this.origin = `https://localhost:${run.https.split(":").at(-1)}`;
    await eventually("the server answers", () =>
      this.#request("GET", "/console").then(
        ({ status }) => status === 200 || assert.fail(`/console answers ${status}: build the page first`),
        (error) => (error instanceof assert.AssertionError ? Promise.reject(error) : undefined),
      ),
    );
  }

  /** The program ends at once and starts again on the same data and ports. */
  async restart() {
    const ended = new Promise((resolve) => this.#serve.once("exit", resolve));
    this.#serve.kill("SIGKILL");
    await ended;
    await this.start();
  }

  /** Ends the program at once; `start()` begins again. */
  async kill() {
    const ended = new Promise((resolve) => this.#serve.once("exit", resolve));
    this.#serve.kill("SIGKILL");
    await ended;
  }

  /** Signs in with what the first start printed, and changes the password as it has to be. */
  async signInFirst() {
    const [, email] = /(\S+@\S+)/u.exec(this.#output) ?? [];
    const [, made] = /password\W+(\S{20,})/iu.exec(this.#output) ?? [];
    assert.ok(email && made, `the first start prints an administrator and a password:\n${this.#output}`);
    this.email = email;
    this.firstPassword = made;
    await this.signIn(made);
    await this.api("PUT", "/session/password", { currentPassword: made, newPassword: this.password });
    await this.signIn(this.password);
  }

  async signIn(password) {
    ({ cookie: this.#cookie, csrf: this.#csrf } = await this.#open(this.email, password));
  }

  /** Makes a user with these roles, as the API takes them; gives a session to look at the page with. */
  async person(id, roles) {
    const email = `${id}@example.com`;
    await this.api("PUT", `/users/${id}`, { type: "email", email, roles });
    const made = await this.api("POST", `/users/${id}/password`);
    const password = `the password of ${id}`;
    const first = await this.#open(email, made.password);
    const body = JSON.stringify({ currentPassword: made.password, newPassword: password });
    const path = `/api/session/password?${VERSION}`;
    const { status } = await this.#request("PUT", path, body, "application/json", first);
    assert.ok(status < 300, String(status));
    const { cookie } = await this.#open(email, password);
    return { email, password, origin: this.origin, cookie: this.#asPlaywright(cookie) };
  }

  /** Makes a device of a template of its own, so that a job on all that are tested is not one on all devices. */
  async stranger(id) {
    const template = "dtmi:acme:stranger;1";
    await this.api("PUT", `/deviceTemplates/${encodeURIComponent(template)}`, {
      "@type": ["ModelDefinition", "DeviceModel"],
      displayName: "Stranger",
      capabilityModel: { "@id": "dtmi:acme:stranger:model;1", "@type": "Interface", contents: [] },
    });
    await this.api("PUT", `/devices/${id}`, { template });
  }

  async #open(email, password) {
    const { status, body, headers } = await this.#request(
      "POST",
      `/api/session?${VERSION}`,
      JSON.stringify({ email, password }),
      "application/json",
      {},
    );
    assert.equal(status, 200, JSON.stringify(body));
    return { cookie: headers["set-cookie"][0].split(";")[0], csrf: body.csrfToken };
  }

  /** The session's cookie, as playwright takes it. */
  get cookie() {
    return this.#asPlaywright(this.#cookie);
  }

  #asPlaywright(cookie) {
    const [name, ...value] = cookie.split("=");
    return {
      name,
      value: value.join("="),
      url: this.origin,
      secure: true,
      httpOnly: true,
      sameSite: "Strict",
    };
  }

  /** Calls the API as the administrator: `path` as in the description. Gives the body; a refusal is thrown. */
  api(method, path, body) {
    return this.text(method, path, body && JSON.stringify(body), "application/json");
  }

  /** The same with a body that is a text. */
  async text(method, path, content, type = "text/csv") {
    const address = `/api${path}${path.includes("?") ? "&" : "?"}${VERSION}`;
    const answer = await this.#request(method, address, content, type);
    assert.ok(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.body)}`);
    return answer.body;
  }

  /**
   * Simulated devices `{prefix}0000` and so on, connected; `flags` as of `bellwether simulate`. Gives what ends them.
   */
  async simulate(devices, { prefix = "sim-", flags = [] } = {}) {
    let said = "";
    const child = this.#spawn(
      ["simulate", "--data", this.#data, "--devices", String(devices), "--prefix", prefix, ...flags],
      (text) => (said += text),
    );
    await eventually(
      "the devices are connected",
      () => {
        assert.equal(child.exitCode, null, `the devices ended:\n${said}`);
        return said.includes("devices are connected");
      },
      { within: 120_000 },
    );
    return { stop: () => end(child) };
  }

  /** Ends everything and takes the data folder away. */
  async stop() {
    await Promise.all([...this.#processes].map(end));
    rmSync(this.#folder, { recursive: true, force: true });
  }

  #spawn(args, listen = (text) => (this.#output += text)) {
    const child = spawn(PROGRAM, args, { stdio: ["ignore", "pipe", "pipe"] });
    this.#processes.add(child);
    child.once("exit", () => this.#processes.delete(child));
    child.stdout.setEncoding("utf8").on("data", listen);
    child.stderr.setEncoding("utf8").on("data", listen);
    return child;
  }

  /** Where the certificate authority that devices trust stands. */
  get caFile() {
    return join(this.#data, "tls", "ca.pem");
  }

  #request(method, path, content, type, { cookie, csrf } = { cookie: this.#cookie, csrf: this.#csrf }) {
    return new Promise((resolve, reject) => {
      const call = request(
        `${this.origin}${path}`,
        {
          method,
          ca: this.#ca,
          headers: {
            ...(content && {
              "content-type": type,
              "content-length": Buffer.byteLength(content),
            }),
            ...(cookie && { cookie }),
            ...(method !== "GET" && csrf && { "x-csrf-token": csrf }),
          },
        },
        (response) => {
          let text = "";
          response.setEncoding("utf8").on("data", (part) => (text += part));
          response.on("error", reject);
          response.on("end", () => {
            let parsed = text;
            if (/json/u.test(response.headers["content-type"] ?? "") && text) parsed = JSON.parse(text);
            resolve({ status: response.statusCode, headers: response.headers, body: parsed });
          });
        },
      );
      call.on("error", reject);
      call.end(content);
    });
  }
}

async function end(child) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.once("exit", resolve));
  child.kill("SIGTERM");
  const timer = setTimeout(() => child.kill("SIGKILL"), 5_000);
  await ended;
  clearTimeout(timer);
}
