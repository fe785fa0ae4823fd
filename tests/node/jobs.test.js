'use strict';
// Jobs over 25 devices: JobClient of npm azure-iothub, the devices on azure-iot-device with azure-iot-device-mqtt.
const {describe, before, test} = require('node:test');
const assert = require('node:assert/strict');
const {TIME, assertNoNulls, assertStatistics, eventually, pages, soon, tally, useHub} = require('./harness.js');

const hub = useHub();

const FLEET = Array.from({length: 25}, (_, i) => `n-${String(i + 1).padStart(2, '0')}`);
const range = (from, to) => FLEET.slice(from - 1, to);
const WELL = range(1, 14);
const ERROR = range(15, 18); // answer 500
const EMPTY = 'n-19'; // answers 200 with nothing
const SILENT = 'n-20'; // never answers
const OTHER = 'n-21'; // has no handler for the method: the SDK sends nothing
const ABSENT = ['n-22', 'n-23', 'n-24'];
const LATE = 'n-25'; // connects while the job runs
const keys = new Map();
const devices = new Map();

async function connect(id) {
  const device = await (await hub.device(id, {key: keys.get(id)})).open();
  devices.set(id, device);
  await device.watch((patch, twin) => {
    // What a device does with a wish: it tells what it has applied, and by which version.
    if (patch.rate !== undefined) twin.properties.reported.update({applied: {rate: patch.rate, version: patch.$version}}, () => {});
  });
  if (id === OTHER) device.on('something-else');
  else if (ERROR.includes(id)) device.on('reboot', (request, response) => response.send(500, {reason: 'valve open'}));
  else if (id === SILENT) device.on('reboot', () => {});
  else if (id === EMPTY) device.on('reboot', (request, response) => response.send(200));
  else device.on('reboot', (request, response) => response.send(200, {rebooted: id, delay: request.payload?.delay}));
  await device.sync();
}

const online = FLEET.filter((id) => !ABSENT.includes(id) && id !== LATE);

describe('jobs over 25 devices', () => {
  before(async () => {
    await Promise.all(FLEET.map(async (id, i) => {
      keys.set(id, await hub.register(id, {building: '43', floor: 1 + (i % 5), fleet: 'n'}));
    }));
    await hub.register('bystander', {building: '42', fleet: 'other'});
    await Promise.all(online.map(connect));
  });

  test('a twin job on tags reaches every device: connected ones at once, absent ones when they come', async () => {
    const condition = "tags.building = '43' AND tags.fleet = 'n'";
    const {jobStatus: made, response} = await hub.jobs.scheduleTwinUpdate('twin-tags', condition,
      {etag: '*', tags: {wave: 1}, properties: {desired: {rate: 5, limits: {low: 1}}}}, new Date(), 60);
    assert.equal(response.statusCode, 200);
    assert.equal(made.jobId, 'twin-tags');
    assert.equal(made.type, 'scheduleUpdateTwin');
    assert.ok(['queued', 'running'].includes(made.status), made.status);
    assertNoNulls(made);

    const job = await hub.finished('twin-tags');
    assert.equal(job.status, 'completed');
    assert.equal(job.queryCondition, condition);
    assert.equal(job.maxExecutionTimeInSeconds, 60);
    for (const time of [job.createdTime, job.startTime, job.endTime]) assert.match(time, TIME);
    assert.deepEqual(job.deviceJobStatistics, {deviceCount: 25, failedCount: 0, succeededCount: 25, runningCount: 0, pendingCount: 0});
    assertNoNulls(job);

    const rows = await hub.deviceJobs('twin-tags');
    assert.deepEqual([...rows.keys()].sort(), FLEET);
    assertStatistics(job, rows);
    for (const row of rows.values()) {
      assert.equal(row.jobId, 'twin-tags');
      assert.equal(row.jobType, 'scheduleUpdateTwin');
      assert.equal(row.status, 'completed');
      assert.deepEqual(row.outcome, {});
      assert.equal('error' in row, false);
      for (const time of ['startTimeUtc', 'endTimeUtc', 'createdDateTimeUtc', 'lastUpdatedDateTimeUtc']) assert.match(row[time], TIME, time);
      assertNoNulls(row);
    }

    for (const id of online) {
      const patch = await devices.get(id).patched((p) => p.limits !== undefined);
      assert.deepEqual({...patch}, {rate: 5, limits: {low: 1}, $version: 2}, id);
    }
    for (const id of FLEET) {
      const {responseBody: twin} = await hub.registry.getTwin(id);
      assert.equal(twin.tags.wave, 1);
      assert.equal(twin.tags.building, '43');
      assert.equal(twin.properties.desired.rate, 5);
      assert.equal(twin.properties.desired.$version, 2);
    }
    await eventually('every connected device has reported what it applied', async () => {
      const reported = await hub.rows("SELECT deviceId FROM devices WHERE properties.reported.applied.rate = 5 AND properties.reported.applied.version = 2", 10);
      assert.deepEqual(reported.map((row) => row.deviceId).sort(), online);
      return true;
    });
    assert.equal((await hub.registry.getTwin('bystander')).responseBody.tags.wave, undefined);
  });

  test('a method job on tags: answers, error answers, silence, absence and a late comer each in its row', async () => {
    await hub.jobs.scheduleDeviceMethod('method-tags', "tags.building = '43'",
      {methodName: 'reboot', payload: {delay: 3}, responseTimeoutInSeconds: 5}, new Date(), 15);
    const waiting = await eventually('it runs and waits for the absent ones', async () => {
      const {jobStatus} = await hub.jobs.getJob('method-tags');
      const {succeededCount, pendingCount} = jobStatus.deviceJobStatistics ?? {};
      assert.deepEqual([succeededCount, pendingCount], [19, 4], JSON.stringify(jobStatus));
      return jobStatus;
    });
    assert.equal(waiting.status, 'running');
    assert.equal('endTime' in waiting, false);
    assertNoNulls(waiting);
    assert.equal((await hub.deviceJobs('method-tags')).get(LATE).status, 'pending');
    await connect(LATE);

    const job = await hub.finished('method-tags');
    assert.equal(job.status, 'completed');
    assert.equal(job.type, 'scheduleDeviceMethod');
    assert.deepEqual(job.cloudToDeviceMethod.payload, {delay: 3});
    assert.equal(job.cloudToDeviceMethod.methodName, 'reboot');
    assert.equal(job.cloudToDeviceMethod.responseTimeoutInSeconds, 5);

    const rows = await hub.deviceJobs('method-tags', 7);
    assert.equal(rows.size, 25);
    assertStatistics(job, rows);
    for (const id of [...WELL, LATE]) {
      assert.equal(rows.get(id).status, 'completed', id);
      assert.deepEqual(rows.get(id).outcome, {deviceMethodResponse: {status: 200, payload: {rebooted: id, delay: 3}}});
    }
    for (const id of ERROR) {
      assert.equal(rows.get(id).status, 'completed', 'an error status is an answer');
      assert.deepEqual(rows.get(id).outcome, {deviceMethodResponse: {status: 500, payload: {reason: 'valve open'}}});
    }
    assert.equal(rows.get(EMPTY).status, 'completed');
    assert.equal(rows.get(EMPTY).outcome.deviceMethodResponse.status, 200);
    assert.equal(rows.get(EMPTY).outcome.deviceMethodResponse.payload ?? null, null);
    for (const [ids, code] of [[[SILENT, OTHER], 'GatewayTimeout'], [ABSENT, 'JobRunPreconditionFailed']]) {
      for (const id of ids) {
        const row = rows.get(id);
        assert.equal(row.status, 'failed', id);
        assert.equal(row.error.code, code, id);
        assert.ok(row.error.description.length > 0);
        assert.deepEqual(row.outcome, {});
      }
    }
    for (const row of rows.values()) {
      assert.equal(row.jobType, 'scheduleDeviceMethod');
      // The deadline, which counts from the acceptance when that is later than the start time asked for.
      const lifetime = Date.parse(row.endTimeUtc) - Math.max(Date.parse(row.startTimeUtc), Date.parse(job.createdTime));
      assert.ok(Math.abs(lifetime - 15_000) < 1_000, `endTimeUtc is ${lifetime} ms after the start`);
      assertNoNulls(row);
    }
    for (const id of [...WELL, ...ERROR, EMPTY, SILENT, LATE]) assert.equal(devices.get(id).calls.length, 1, `${id} was called once`);
    assert.deepEqual(devices.get('n-01').calls[0].payload, {delay: 3});
  });

  test('the late comer finds in its twin what the earlier twin job wished', () => {
    assert.equal(devices.get(LATE).twin.properties.desired.rate, 5);
    assert.equal(devices.get(LATE).twin.properties.desired.$version, 2);
  });

  test('a job on a list of devices, in callback style without times', async () => {
    const [job, response] = await soon('the callback', new Promise((resolve, reject) => {
      hub.jobs.scheduleDeviceMethod('method-list', "deviceId IN ['n-01', 'n-02', 'n-15', 'no-such-device']", {methodName: 'reboot', payload: {delay: 1}},
        (error, ...rest) => (error ? reject(error) : resolve(rest)));
    }));
    assert.equal(response.statusCode, 200);
    assert.equal(job.maxExecutionTimeInSeconds, 3600);
    const ended = await hub.finished('method-list');
    assert.equal(ended.status, 'completed');
    const rows = await hub.deviceJobs('method-list');
    assert.deepEqual([...rows.keys()].sort(), ['n-01', 'n-02', 'n-15']);
    assertStatistics(ended, rows);
    assert.deepEqual(tally(rows), {completed: 3});
  });

  test('a job on one device, in promise style: start time null, no execution time', async () => {
    const {jobStatus} = await hub.jobs.scheduleDeviceMethod('method-one', "deviceId = 'n-03'", {methodName: 'reboot', payload: 'now'});
    assert.equal(jobStatus.jobId, 'method-one');
    const job = await hub.finished('method-one');
    assert.equal(job.status, 'completed');
    assert.equal(job.deviceJobStatistics.succeededCount, 1);
    assert.match(job.startTime, TIME);
    const rows = await hub.deviceJobs('method-one');
    assert.deepEqual(rows.get('n-03').outcome.deviceMethodResponse.status, 200);
  });

  test('a twin job on all (*), promise style without an etag, removes a key', async () => {
    await hub.jobs.scheduleTwinUpdate('twin-all', '*', {properties: {desired: {rate: 6, limits: null}}});
    const job = await hub.finished('twin-all');
    assert.equal(job.status, 'completed');
    const rows = await hub.deviceJobs('twin-all');
    assert.equal(rows.size, 26, 'the bystander too');
    assertStatistics(job, rows);
    for (const id of [...online, LATE]) {
      const patch = await devices.get(id).patched((p) => p.rate === 6);
      assert.equal(patch.$version, 3);
      assert.equal(patch.limits, null, 'the device is told of the removal');
    }
    const {responseBody: twin} = await hub.registry.getTwin('n-22');
    assert.equal(twin.properties.desired.limits, undefined);
    assert.equal(twin.properties.desired.$version, 3);
    await eventually('every connected device has reported what it applied', async () => {
      const reported = await hub.rows('SELECT deviceId FROM devices WHERE properties.reported.applied.version = 3', 10);
      assert.deepEqual(reported.map((row) => row.deviceId).sort(), [...online, LATE]);
      return true;
    });
  });

  test('a method job on all (*) with a condition on the connection', async () => {
    await hub.jobs.scheduleDeviceMethod('method-connected', "connectionState = 'Connected' AND STARTSWITH(deviceId, 'n-0')", {methodName: 'reboot'}, null, 30);
    const job = await hub.finished('method-connected');
    const rows = await hub.deviceJobs('method-connected');
    assert.deepEqual([...rows.keys()].sort(), range(1, 9));
    assert.deepEqual(tally(rows), {completed: 9});
    assertStatistics(job, rows);
    assert.equal(devices.get('n-01').calls.at(-1).payload, null);
  });

  test('a condition that matches no device: completed with deviceCount 0', async () => {
    await hub.jobs.scheduleTwinUpdate('twin-nobody', "tags.building = 'none'", {etag: '*', tags: {a: 1}}, new Date(), 60);
    const job = await hub.finished('twin-nobody');
    assert.equal(job.status, 'completed');
    assert.deepEqual(job.deviceJobStatistics, {deviceCount: 0, failedCount: 0, succeededCount: 0, runningCount: 0, pendingCount: 0});
    assert.equal((await hub.deviceJobs('twin-nobody')).size, 0);
  });

  test('jobs side by side do not wait for one that waits', async () => {
    // The absent devices keep the first one running.
    await hub.jobs.scheduleDeviceMethod('side-slow', '*', {methodName: 'reboot', responseTimeoutInSeconds: 5}, new Date(), 600);
    await Promise.all([1, 2, 3, 4].map((n) => hub.jobs.scheduleTwinUpdate(`side-${n}`, `deviceId IN ['n-0${n}', 'n-1${n}', 'n-2${n}']`,
      {etag: '*', tags: {side: n}}, new Date(), 60)));
    for (const n of [1, 2, 3, 4]) {
      const job = await hub.finished(`side-${n}`);
      assert.equal(job.deviceJobStatistics.succeededCount, 3);
    }
    assert.equal((await hub.jobs.getJob('side-slow')).jobStatus.status, 'running');
    await hub.jobs.cancelJob('side-slow');
  });

  test('the job list by type and status, page by page', async () => {
    const list = (type, status, size) => pages(hub.jobs.createQuery(type, status, size));
    const twins = (await list('scheduleUpdateTwin', 'completed', 3));
    assert.deepEqual(twins.map((page) => page.length), [3, 3, 1]);
    assert.deepEqual(twins.flat().map((job) => job.jobId).sort(), ['side-1', 'side-2', 'side-3', 'side-4', 'twin-all', 'twin-nobody', 'twin-tags']);
    for (const job of twins.flat()) {
      assert.equal(job.type, 'scheduleUpdateTwin');
      assert.equal(job.status, 'completed');
      assertNoNulls(job);
    }
    const methods = (await list('scheduleDeviceMethod', 'completed', 2));
    assert.deepEqual(methods.map((page) => page.length), [2, 2]);
    assert.deepEqual(methods.flat().map((job) => job.jobId).sort(), ['method-connected', 'method-list', 'method-one', 'method-tags']);
    const cancelled = (await list('scheduleDeviceMethod', 'cancelled')).flat();
    assert.deepEqual(cancelled.map((job) => job.jobId), ['side-slow']);
    assert.equal((await list()).flat().length, 12);
    assert.deepEqual(await list('scheduleUpdateTwin', 'failed'), [[]]);
    // As listed, so alone.
    assert.deepEqual((await hub.jobs.getJob('twin-tags')).jobStatus, twins.flat().find((job) => job.jobId === 'twin-tags'));
  });

  test('the job list in callback style, where the query remembers the token', async () => {
    const query = hub.jobs.createQuery('scheduleUpdateTwin', 'completed', 4);
    const sizes = [];
    while (query.hasMoreResults) {
      assert.ok(sizes.length < 10, 'the query does not end');
      sizes.push(await soon('the callback', new Promise((resolve, reject) => {
        query.next((error, rows) => (error ? reject(error) : resolve(rows.length)));
      })));
    }
    assert.deepEqual(sizes, [4, 3]);
  });

  test('rows of devices.jobs by status, by device and by type', async () => {
    const rows = (where, size) => hub.rows(`SELECT * FROM devices.jobs WHERE ${where}`, size);
    assert.deepEqual((await rows("devices.jobs.jobId = 'method-tags' AND devices.jobs.status = 'failed'", 2)).map((r) => r.deviceId).sort(),
      [SILENT, OTHER, ...ABSENT].sort());
    assert.deepEqual((await rows("devices.jobs.deviceId = 'n-22'")).map((r) => r.jobId).sort(),
      ['method-tags', 'side-2', 'side-slow', 'twin-all', 'twin-tags']);
    assert.deepEqual((await rows("devices.jobs.deviceId = 'n-24' AND devices.jobs.jobType = 'scheduleDeviceMethod'")).map((r) => [r.jobId, r.status]).sort(),
      [['method-tags', 'failed'], ['side-slow', 'canceled']]);
    const all = await pages(hub.registry.createQuery("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'twin-tags'", 5));
    assert.deepEqual(all.map((page) => page.length), [5, 5, 5, 5, 5]);
    const {message} = await hub.registry.createQuery("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'twin-tags'").next();
    assert.equal(message.headers['x-ms-item-type'], 'DeviceJob');
  });
});
