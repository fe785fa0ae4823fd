'use strict';
// What the test files share: a server of one's own, devices over the device SDK, waiting with a deadline, raw requests.
// Nothing in here reaches into the SDKs.
const {after, before} = require('node:test');
const assert = require('node:assert/strict');
const {execFile, spawn} = require('node:child_process');
const crypto = require('node:crypto');
const fs = require('node:fs');
const https = require('node:https');
const net = require('node:net');
const os = require('node:os');
const path = require('node:path');
const {promisify} = require('node:util');

const PROGRAM = process.env.BELLWETHER_BIN
  ?? path.join(__dirname, '../../target/debug/bellwether');
const API = 'api-version=2021-04-12';
const TERMINAL = ['completed', 'failed', 'cancelled'];

// ---- waiting --------------------------------------------------------------------------------------------------------

/** Calls `probe` until it returns something truthy, and returns that. Assertions that fail inside count as "not yet". */
async function eventually(what, probe, {within = 20_000, every = 40} = {}) {
  const deadline = Date.now() + within;
  let last;
  for (;;) {
    try {
      last = await probe();
      if (last) return last;
    } catch (error) {
      if (!(error instanceof assert.AssertionError)) throw error;
      last = error;
    }
    if (Date.now() > deadline) {
      const detail = last instanceof Error ? last.message : JSON.stringify(last);
      throw new Error(`not within ${within} ms: ${what}; last seen: ${detail}`);
    }
    await new Promise((resolve) => setTimeout(resolve, every));
  }
}

/** `promise`, or an error when it takes longer than `within` ms. */
function soon(what, promise, within = 20_000) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new Error(`not within ${within} ms: ${what}`)), within);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}

/** The error a promise ends with; fails when it does not. */
async function refusal(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new assert.AssertionError({message: 'the call succeeded, an error was expected'});
}

// ---- the server -----------------------------------------------------------------------------------------------------

/** Whether port 443 of `address` may be bound: true, or the error's code. */
function mayBind(address, port) {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once('error', (error) => resolve(error.code));
    server.listen({host: address, port, exclusive: true}, () => server.close(() => resolve(true)));
  });
}

/**
 * Where the service API is to listen. The npm service SDK dials port 443 and nothing else, so: 443 of a loopback address
 * of this process's own. Where that may not be bound, any port of 127.0.0.1, and `redirect` says so.
 */
async function chooseAddress() {
  let reason = 'asked for by REDIRECT_443';
  if (!process.env.REDIRECT_443) {
    for (let attempt = 0; attempt < 20; attempt++) {
      const [b, c, d] = crypto.randomBytes(3);
      const address = `127.${64 + (b % 128)}.${c}.${1 + (d % 254)}`;
      const answer = await mayBind(address, 443);
      if (answer === true) return {address, port: 443};
      reason = answer;
      if (answer !== 'EADDRINUSE') break;
    }
  }
  return {address: '127.0.0.1', port: 0, redirect: reason};
}

/** Lets https connections of this process to `host`:443 go to `port` instead; the SDK is left as it is. */
function redirect443(host, port) {
  const original = https.Agent.prototype.createConnection;
  https.Agent.prototype.createConnection = function createConnection(options, ...rest) {
    const moved = options.host === host && Number(options.port) === 443 ? {...options, port} : options;
    return original.call(this, moved, ...rest);
  };
  return () => { https.Agent.prototype.createConnection = original; };
}

class Hub {
  /** `options`: further flags of `bellwether serve`. */
  constructor(options) {
    this.options = options;
    this.folder = fs.mkdtempSync(path.join(os.tmpdir(), 'bellwether-node-'));
    this.data = path.join(this.folder, 'data');
    this.log = path.join(this.folder, 'server.log');
    const tls = process.env.BELLWETHER_TESTS_TLS;
    if (tls) {
      fs.mkdirSync(path.join(this.data, 'tls'), {recursive: true});
      for (const name of ['ca.pem', 'ca-key.pem']) fs.copyFileSync(path.join(tls, name), path.join(this.data, 'tls', name));
    }
  }

  async start() {
    this.where ??= await chooseAddress();
    const {address} = this.where;
    const flags = {
      'data': this.data,
      'https': `${address}:${this.where.port}`,
      'mqtts': `${address}:${this.mqttPort ?? 0}`,
      'drain': 2,
      'log-level': 'debug',
      ...this.options,
      // The address comes first: it stands in the connection string.
      'host-name': [address, ...[this.options['host-name'] ?? []].flat()],
    };
    const log = fs.openSync(this.log, 'a');
    this.child = spawn(PROGRAM, ['serve', ...Object.entries(flags).flatMap(([k, v]) => [v].flat().map((one) => `--${k}=${one}`))], {
      stdio: ['ignore', log, log],
    });
    fs.closeSync(log);
    const child = this.child;
    this.ended = new Promise((resolve) => {
      child.on('error', (error) => resolve(error.message));
      child.on('exit', (code, signal) => resolve(signal ?? code));
    });
    this.ended.then((how) => { child.how = how; });
    // Ends the server and removes its folder when this process goes away, however it does: its end of the pipe closes.
    this.watch = spawn('/bin/sh', ['-c', `cat >/dev/null; kill -9 "$1" 2>/dev/null${process.env.KEEP ? '' : '; rm -rf "$2"'}`,
      'watch', String(child.pid), this.folder], {stdio: ['pipe', 'ignore', 'ignore'], detached: true});
    this.watch.unref();
    this.watch.stdin.unref?.();

    await eventually('the server is up', async () => {
      if (child.how !== undefined) throw new Error(`the server ended (${child.how}):\n${this.logTail()}`);
      try {
        // That of an earlier run names another process.
        return JSON.parse(fs.readFileSync(path.join(this.data, 'run.json'), 'utf8')).pid === child.pid;
      } catch (error) {
        if (error.code === 'ENOENT' || error instanceof SyntaxError) return false;
        throw error;
      }
    }, {within: 30_000, every: 20});
    const {stdout} = await promisify(execFile)(PROGRAM, ['connection', '--data', this.data, '--json']);
    this.connection = JSON.parse(stdout);
    const url = new URL(this.connection.httpsUrl);
    this.host = url.hostname;
    this.port = Number(url.port || 443);
    this.where.port = this.port;
    this.mqttPort = Number(this.connection.mqttsAddress.split(':').at(-1));
    // The SDK looks the whole host name up, port and all: it must not have one.
    this.serviceString = this.connection.hubConnectionString.replace(/HostName=([^;:]+):\d+/, 'HostName=$1');
    this.ca = fs.readFileSync(this.connection.caFile);
    this.key = this.connection.hubConnectionString.match(/SharedAccessKey=(.+)$/)[1];
    if (this.where.redirect && !this.undo) {
      this.undo = redirect443(this.host, this.port);
      console.log(`port 443 (${this.where.redirect}): redirected to ${this.host}:${this.port} inside this process`);
    }
    const ready = await this.request('GET', '/readyz', {token: null, bare: true});
    assert.equal(ready.status, 200, 'readyz');
  }

  /** SIGTERM, and SIGKILL when that does not end it. Returns how it ended. */
  async stop(signal = 'SIGTERM') {
    const child = this.child;
    if (!child) return undefined;
    this.child = undefined;
    child.kill(signal);
    const force = setTimeout(() => child.kill('SIGKILL'), 15_000);
    const how = await this.ended;
    clearTimeout(force);
    this.watch.kill('SIGKILL');
    return how;
  }

  async close() {
    const how = await this.stop();
    this.undo?.();
    if (process.env.KEEP) console.log(`kept: ${this.folder}`);
    else fs.rmSync(this.folder, {recursive: true, force: true});
    return how;
  }

  /** Stop and start again: same data, same addresses. */
  async restart(signal) {
    const how = await this.stop(signal);
    await this.start();
    return how;
  }

  /** Whether requests are served: not while the server is down or stopping. */
  async isReady() {
    return this.request('GET', '/readyz', {token: null, bare: true}).then(({status}) => status === 200, () => false);
  }

  logTail() {
    return fs.readFileSync(this.log, 'utf8').split('\n').slice(-40).join('\n');
  }

  // ---- the service SDK ----

  get registry() {
    return this.registryClient ??= require('azure-iothub').Registry.fromConnectionString(this.serviceString);
  }

  get jobs() {
    return this.jobClient ??= require('azure-iothub').JobClient.fromConnectionString(this.serviceString);
  }

  get service() {
    return this.serviceClient ??= require('azure-iothub').Client.fromConnectionString(this.serviceString);
  }

  /** All rows of a query, page by page, as callers of the SDK do it. */
  async rows(text, pageSize) {
    return pages(this.registry.createQuery(text, pageSize)).then((all) => all.flat());
  }

  /** The device jobs of a job, by device id. */
  async deviceJobs(jobId, pageSize = 10) {
    const rows = await this.rows(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${jobId}'`, pageSize);
    return new Map(rows.map((row) => [row.deviceId, row]));
  }

  /** The job, when it has ended. */
  finished(jobId, within = 40_000) {
    return eventually(`job ${jobId} has ended`, async () => {
      const {jobStatus} = await this.jobs.getJob(jobId);
      assert.ok(TERMINAL.includes(jobStatus.status), JSON.stringify(jobStatus));
      return jobStatus;
    }, {within, every: 100});
  }

  /** Registers a device, with tags when given; returns its primary key. */
  async register(deviceId, tags) {
    const {responseBody} = await this.registry.create({deviceId});
    if (tags) await this.registry.updateTwin(deviceId, {tags}, '*');
    return responseBody.authentication.symmetricKey.primaryKey;
  }

  async device(deviceId, options = {}) {
    const key = options.key ?? await this.register(deviceId, options.tags);
    return new Device(this, deviceId, key, options);
  }

  call(deviceId, methodName, rest = {}) {
    return this.service.invokeDeviceMethod(deviceId, {methodName, responseTimeoutInSeconds: 10, ...rest});
  }

  async isConnected(deviceId) {
    return (await this.registry.get(deviceId)).responseBody.connectionState === 'Connected';
  }

  // ---- the central face ----

  /** A call of the application's administrator that must succeed; its token is made at the machine. */
  async central(method, target, body) {
    this.apiToken ??= promisify(execFile)(PROGRAM, ['token', 'create', '--data', this.data, '--json', 'tests'])
      .then(({stdout}) => JSON.parse(stdout).token);
    const answer = await this.request(method, `/api${target}?api-version=2022-10-31-preview`,
      {body, token: await this.apiToken, bare: true});
    assert.ok(answer.status < 300, `${method} ${target}: ${answer.status} ${answer.text}`);
    return answer.json;
  }

  // ---- without an SDK ----

  /** A shared access signature of the owner; `sr` goes in as it is given. */
  token({sr = this.host, se = Math.floor(Date.now() / 1000) + 600, key = this.key, skn = 'iothubowner', order = ['sr', 'sig', 'se', 'skn'],
    encodeSig = encodeURIComponent} = {}) {
    const sig = crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(`${sr}\n${se}`).digest('base64');
    const fields = {sr, sig: encodeSig(sig), se, skn};
    return `SharedAccessSignature ${order.filter((f) => fields[f] !== undefined).map((f) => `${f}=${fields[f]}`).join('&')}`;
  }

  /** One HTTPS request as written. `bare`: no api-version is added. */
  request(method, target, {body, headers = {}, token = this.token(), bare = false} = {}) {
    const text = body === undefined || typeof body === 'string' ? body : JSON.stringify(body);
    const full = bare ? target : `${target}${target.includes('?') ? '&' : '?'}${API}`;
    return soon(`${method} ${target}`, new Promise((resolve, reject) => {
      const request = https.request({
        host: this.host, port: this.port, method, path: full, agent: false, ca: this.ca,
        headers: {
          ...(token === null ? {} : {Authorization: token}),
          ...(text === undefined ? {} : {'Content-Type': 'application/json; charset=utf-8', 'Content-Length': Buffer.byteLength(text)}),
          ...(text === undefined && method === 'POST' ? {'Content-Length': 0} : {}),
          ...headers,
        },
      }, (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk)).on('error', reject);
        response.on('end', () => {
          const answer = Buffer.concat(chunks).toString();
          let json;
          try { json = JSON.parse(answer); } catch { json = undefined; }
          resolve({status: response.statusCode, headers: response.headers, text: answer, json});
        });
      });
      request.on('error', reject);
      request.end(text);
    }), 30_000);
  }
}

/** The pages of a query of the SDK, in promise style; a query that never ends is an error. */
async function pages(query, most = 200) {
  const all = [];
  while (query.hasMoreResults) {
    assert.ok(all.length < most, 'the query does not end');
    const {result} = await query.next(query.continuationToken);
    assert.ok(Array.isArray(result), 'a page is an array');
    all.push(result);
  }
  return all;
}

// ---- devices --------------------------------------------------------------------------------------------------------

class Device {
  /**
   * `at`: where to dial in place of the server's own address; `provider`: an authentication provider of the SDK;
   * `transport`: MqttWs dials port 443 of the host, whatever stands in the connection string.
   */
  constructor(hub, id, key, {at, provider, transport = 'Mqtt'} = {}) {
    const {Client} = require('azure-iot-device');
    const Transport = require('azure-iot-device-mqtt')[transport];
    this.id = id;
    this.hub = hub;
    this.connectionString = `HostName=${at ?? (transport === 'MqttWs' ? hub.host : `${hub.host}:${hub.mqttPort}`)};DeviceId=${id};SharedAccessKey=${key}`;
    this.client = provider ? Client.fromAuthenticationProvider(provider(this.connectionString), Transport)
      : Client.fromConnectionString(this.connectionString, Transport);
    this.calls = [];
    this.patches = [];
    this.errors = [];
    this.disconnects = [];
    this.client.on('error', (error) => this.errors.push(error));
    this.client.on('disconnect', (how) => this.disconnects.push(how));
    (hub.devices ??= new Set()).add(this);
  }

  async open() {
    await soon(`${this.id} opens`, this.client.open(), 60_000);
    return this;
  }

  /** Calls of `name` go to `answer(request, response)`; by default they are answered with 200 and what was sent. */
  on(name, answer = (request, response) => response.send(200, {device: this.id, got: request.payload})) {
    this.client.onDeviceMethod(name, (request, response) => {
      this.calls.push(request);
      answer(request, response);
    });
    return this;
  }

  /** Gets the twin and listens to desired changes; `patches` collects what comes. */
  async watch(onPatch) {
    this.twin = await soon(`${this.id} gets its twin`, this.client.getTwin());
    this.twin.on('error', (error) => this.errors.push(error));
    this.twin.on('properties.desired', (patch) => {
      // A copy: the SDK hands out its own document first, and goes on changing it.
      this.patches.push(structuredClone(patch));
      onPatch?.(patch, this.twin);
    });
    // The subscription went out before this request, so it stands when the answer is here.
    await this.sync();
    return this;
  }

  /** One round trip to the server: everything sent before it has been handled. */
  async sync() {
    this.twin ??= await soon(`${this.id} gets its twin`, this.client.getTwin());
    await soon(`${this.id} gets its twin again`, this.twin.get());
    return this;
  }

  patched(predicate, within) {
    return eventually(`${this.id} has got the patch`, () => this.patches.find(predicate), {within});
  }

  report(patch) {
    return soon(`${this.id} reports`, new Promise((resolve, reject) => {
      this.twin.properties.reported.update(patch, (error) => (error ? reject(error) : resolve()));
    }));
  }

  async close() {
    this.hub.devices.delete(this);
    await soon(`${this.id} closes`, this.client.close(), 5_000).catch(() => {});
  }
}

/** A TCP forwarder to the server's MQTT port, so that a link can be cut under an unknowing client. */
class Link {
  static async to(hub) {
    const link = new Link();
    link.sockets = new Set();
    link.opened = 0;
    link.closed = 0;
    link.server = net.createServer((socket) => {
      link.opened += 1;
      const upstream = net.connect(hub.mqttPort, hub.host);
      link.sockets.add(socket);
      socket.setNoDelay(true).pipe(upstream.setNoDelay(true)).pipe(socket);
      const end = () => { socket.destroy(); upstream.destroy(); };
      socket.on('error', end).on('close', () => { link.closed += 1; link.sockets.delete(socket); end(); });
      upstream.on('error', end).on('close', end);
    });
    await new Promise((resolve) => link.server.listen(0, hub.host, resolve));
    link.at = `${hub.host}:${link.server.address().port}`;
    (hub.links ??= new Set()).add(link);
    return link;
  }

  /** No DISCONNECT, no close of TLS: the connection is gone. (Not by RST: node-dev gives up then, it says only `disconnect`.) */
  cut() {
    for (const socket of this.sockets) socket.destroy();
  }

  close() {
    this.cut();
    this.server.close();
  }
}

/** Gives the test file a server of its own: it is up, and `prepare` done, before the first test, and gone after the last. */
function useHub(options = {}, prepare = async () => {}) {
  const hub = new Hub(options);
  before(async () => {
    assert.ok(process.env.NODE_EXTRA_CA_CERTS, `the CA must be known before node starts: tests/node/run.sh ${path.basename(process.argv[1])}`);
    await hub.start();
    await prepare();
  });
  after(async () => {
    await Promise.all([...hub.devices ?? []].map((device) => device.close()));
    for (const link of hub.links ?? []) link.close();
    const how = await hub.close();
    // What the SDKs still try by themselves must not keep this process up.
    setTimeout(() => process.exit(), 1_000).unref();
    assert.equal(how, 0, 'the server ended cleanly on SIGTERM');
  });
  return hub;
}

// ---- what must hold of every job ------------------------------------------------------------------------------------

const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{7}Z$/;

/**
 * No member is null, but for what the caller or a device gave: payloads, and the patch (with the `deviceId: null` that
 * iot-hub.md §1.5 has in it).
 */
function assertNoNulls(value, where = 'answer') {
  assert.notEqual(value, null, `${where} is null`);
  if (typeof value !== 'object') return;
  for (const [name, inner] of Object.entries(value)) {
    if (name === 'payload' || (name === 'updateTwin' && inner !== null)) continue;
    assertNoNulls(inner, `${where}.${name}`);
  }
}

/** Counts of the rows by status. */
function tally(rows) {
  const counts = {};
  for (const row of rows.values()) counts[row.status] = (counts[row.status] ?? 0) + 1;
  return counts;
}

/** `deviceJobStatistics` of a job that has ended are what its rows say. */
function assertStatistics(job, rows) {
  const counts = tally(rows);
  assert.deepEqual(job.deviceJobStatistics, {
    deviceCount: rows.size,
    failedCount: counts.failed ?? 0,
    succeededCount: counts.completed ?? 0,
    runningCount: counts.running ?? 0,
    pendingCount: counts.pending ?? 0,
  });
  const {deviceCount, failedCount, succeededCount, runningCount, pendingCount} = job.deviceJobStatistics;
  assert.equal(failedCount + succeededCount + runningCount + pendingCount, deviceCount - (counts.canceled ?? 0));
}

module.exports = {
  API, Device, Hub, Link, TIME, assertNoNulls, assertStatistics, eventually, pages, refusal, soon, tally, useHub,
};
