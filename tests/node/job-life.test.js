'use strict';
// A job's life through JobClient of npm azure-iothub: planned, cancelled, refused, unknown; and across a restart.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const {TIME, assertNoNulls, assertStatistics, eventually, pages, refusal, tally, useHub} = require('./harness.js');

const hub = useHub({drain: 20});
const inSeconds = (s) => new Date(Date.now() + s * 1000);
const status = async (jobId) => (await hub.jobs.getJob(jobId)).jobStatus.status;
const listed = async () => (await pages(hub.jobs.createQuery())).flat().map((job) => job.jobId);

describe('a planned job', {concurrency: true}, () => {
  test('in the near future: queued, scheduled, then done at its time', async () => {
    const device = await (await hub.device('plan-1')).open();
    await device.on('run').watch();
    const start = inSeconds(6);
    const {jobStatus: made} = await hub.jobs.scheduleTwinUpdate('plan-twin', "deviceId = 'plan-1'", {etag: '*', properties: {desired: {at: 1}}}, start, 60);
    assert.ok(['queued', 'scheduled'].includes(made.status), made.status);
    assert.equal(Date.parse(made.startTime), start.getTime());
    await hub.jobs.scheduleDeviceMethod('plan-method', "deviceId = 'plan-1'", {methodName: 'run', payload: 1}, start, 60);
    for (const id of ['plan-twin', 'plan-method']) {
      await eventually(`${id} is scheduled`, async () => (await status(id)) === 'scheduled', {within: 4_000});
      const {jobStatus} = await hub.jobs.getJob(id);
      assertNoNulls(jobStatus);
      assert.equal('endTime' in jobStatus, false);
      // No statistics before the device set is fixed.
      assert.equal('deviceJobStatistics' in jobStatus, false);
    }
    assert.equal((await hub.deviceJobs('plan-twin')).size, 0);
    assert.equal(device.patches.some((p) => p.at === 1), false);

    for (const id of ['plan-twin', 'plan-method']) {
      const job = await hub.finished(id);
      assert.equal(job.status, 'completed');
      assert.equal(job.deviceJobStatistics.succeededCount, 1);
      assert.ok(Date.parse(job.endTime) >= start.getTime(), `${job.endTime} is not before ${start.toISOString()}`);
      const row = (await hub.deviceJobs(id)).get('plan-1');
      assert.equal(Date.parse(row.startTimeUtc), start.getTime());
      assert.ok(Date.parse(row.createdDateTimeUtc) >= start.getTime());
      assert.equal(Date.parse(row.endTimeUtc), start.getTime() + 60_000);
    }
    assert.equal(device.calls.length, 1);
    await device.patched((p) => p.at === 1);
  });

  test('the devices are chosen when it starts, not when it is made', async () => {
    await hub.register('plan-a', {plan: 'old'});
    await hub.register('plan-b', {plan: 'none'});
    await hub.jobs.scheduleTwinUpdate('plan-choice', "tags.plan = 'new'", {etag: '*', tags: {chosen: true}}, inSeconds(4), 60);
    await hub.registry.updateTwin('plan-b', {tags: {plan: 'new'}}, '*');
    const job = await hub.finished('plan-choice');
    assert.equal(job.deviceJobStatistics.deviceCount, 1);
    assert.deepEqual([...(await hub.deviceJobs('plan-choice')).keys()], ['plan-b']);
  });

  test('cancelled before its start: nothing happens to any device, and a second cancel is 405', async () => {
    await hub.register('plan-cancel');
    const {responseBody: before} = await hub.registry.getTwin('plan-cancel');
    await hub.jobs.scheduleTwinUpdate('cancel-early', "deviceId = 'plan-cancel'", {etag: '*', tags: {never: true}}, inSeconds(3600), 60);
    await eventually('it is scheduled', async () => (await status('cancel-early')) === 'scheduled');
    const {jobStatus, response} = await hub.jobs.cancelJob('cancel-early');
    assert.equal(response.statusCode, 200);
    assert.equal(jobStatus.jobId, 'cancel-early');
    assert.equal(jobStatus.status, 'cancelled');
    assertNoNulls(jobStatus);
    const {jobStatus: job} = await hub.jobs.getJob('cancel-early');
    assert.equal(job.status, 'cancelled');
    assert.match(job.endTime, TIME);
    assert.equal((await hub.registry.getTwin('plan-cancel')).responseBody.etag, before.etag);
    assert.deepEqual((await pages(hub.jobs.createQuery('scheduleUpdateTwin', 'cancelled'))).flat().map((j) => j.jobId), ['cancel-early']);

    const error = await refusal(hub.jobs.cancelJob('cancel-early'));
    assert.equal(error.response.statusCode, 405);
    assert.equal(error.response.headers['iothub-errorcode'], 'OperationNotAllowedInCurrentState');
  });

  test('further ahead than a week: ArgumentError, nothing stored', async () => {
    const error = await refusal(hub.jobs.scheduleTwinUpdate('plan-far', '*', {etag: '*', tags: {a: 1}}, inSeconds(8 * 86400), 60));
    assert.equal(error.name, 'ArgumentError');
    assert.equal(await status('plan-far'), 'unknown');
  });

  test('a start time in the past is now', async () => {
    await hub.register('plan-past');
    await hub.jobs.scheduleTwinUpdate('plan-past', "deviceId = 'plan-past'", {etag: '*', tags: {a: 1}}, inSeconds(-86400), 60);
    assert.equal((await hub.finished('plan-past')).deviceJobStatistics.succeededCount, 1);
  });
});

describe('cancel of a running job', {concurrency: true}, () => {
  test('what is in flight runs to its end, what waits is canceled, the rest stands', async () => {
    const held = [];
    const slow = await (await hub.device('c-slow')).open();
    slow.on('run', (request, response) => held.push(response));
    await slow.sync();
    const quick = await (await hub.device('c-quick')).open();
    await quick.on('run').sync();
    await hub.register('c-absent-1');
    await hub.register('c-absent-2');
    await hub.jobs.scheduleDeviceMethod('cancel-late', "STARTSWITH(deviceId, 'c-')", {methodName: 'run', payload: 1, responseTimeoutInSeconds: 60}, new Date(), 600);
    const before = await eventually('one has answered, one holds the call', async () => {
      const {jobStatus} = await hub.jobs.getJob('cancel-late');
      return held.length === 1 && jobStatus.deviceJobStatistics?.succeededCount === 1 && jobStatus;
    });
    assert.equal(before.status, 'running');
    assert.deepEqual(before.deviceJobStatistics, {deviceCount: 4, failedCount: 0, succeededCount: 1, runningCount: 1, pendingCount: 2});
    assertStatistics(before, await hub.deviceJobs('cancel-late'));

    const {jobStatus, response} = await hub.jobs.cancelJob('cancel-late');
    assert.equal(response.statusCode, 200);
    assert.equal(jobStatus.status, 'cancelled');
    assertNoNulls(jobStatus);
    const again = await refusal(hub.jobs.cancelJob('cancel-late'));
    assert.equal(again.response.statusCode, 405);
    assert.equal(JSON.parse(again.responseBody).Message.split(';')[0], 'ErrorCode:OperationNotAllowedInCurrentState');

    const rows = await hub.deviceJobs('cancel-late');
    assert.deepEqual(tally(rows), {completed: 1, running: 1, canceled: 2});
    assertStatistics((await hub.jobs.getJob('cancel-late')).jobStatus, rows);
    await held[0].send(200, 'after all');
    await eventually('the late answer is recorded', async () => (await hub.deviceJobs('cancel-late')).get('c-slow').status === 'completed');

    const job = (await hub.jobs.getJob('cancel-late')).jobStatus;
    assert.equal(job.status, 'cancelled');
    assert.match(job.endTime, TIME);
    const ended = await hub.deviceJobs('cancel-late');
    assert.deepEqual(ended.get('c-slow').outcome, {deviceMethodResponse: {status: 200, payload: 'after all'}});
    assert.deepEqual(tally(ended), {completed: 2, canceled: 2});
    assert.deepEqual(ended.get('c-absent-1').outcome, {});
    assertStatistics(job, ended);

    // A device that comes after the cancel is not called.
    const key = (await hub.registry.get('c-absent-1')).responseBody.authentication.symmetricKey.primaryKey;
    const back = await (await hub.device('c-absent-1', {key})).open();
    await back.on('run').on('probe').sync();
    await hub.call('c-absent-1', 'probe');
    assert.deepEqual(back.calls.map((call) => call.methodName), ['probe']);
  });

  test('of an ended job is 405, of an unknown one 404', async () => {
    await hub.register('cd-1');
    await hub.jobs.scheduleTwinUpdate('cancel-ended', "deviceId = 'cd-1'", {etag: '*', tags: {a: 1}}, new Date(), 60);
    const job = await hub.finished('cancel-ended');
    const ended = await refusal(hub.jobs.cancelJob('cancel-ended'));
    assert.equal(ended.response.statusCode, 405);
    assert.deepEqual((await hub.jobs.getJob('cancel-ended')).jobStatus, job, 'it is as it was');
    const unknown = await refusal(hub.jobs.cancelJob('no-such-job'));
    assert.equal(unknown.response.statusCode, 404);
    assert.equal(unknown.response.headers['iothub-errorcode'], 'JobNotFound');
  });
});

describe('what is refused is refused at once, and nothing is stored', {concurrency: true}, () => {
  const refused = async (jobId, start, name, code) => {
    const error = await refusal(start());
    assert.equal(error.name, name, `${jobId}: ${error.responseBody}`);
    assert.equal(error.response.headers['iothub-errorcode'], code);
    const {jobStatus} = await hub.jobs.getJob(jobId);
    assert.deepEqual(jobStatus, {jobId, type: 'unknown', status: 'unknown'});
    assert.equal((await listed()).includes(jobId), false);
    return error;
  };

  test('an unknown job has type and status unknown', async () => {
    const {jobStatus, response} = await hub.jobs.getJob('never-made');
    assert.equal(response.statusCode, 200);
    assert.deepEqual(jobStatus, {jobId: 'never-made', type: 'unknown', status: 'unknown'});
  });

  test('an id used before is DeviceAlreadyExistsError, whatever the job', async () => {
    await hub.register('dup-1');
    const first = () => hub.jobs.scheduleTwinUpdate('dup', "deviceId = 'dup-1'", {etag: '*', tags: {n: 1}}, new Date(), 60);
    await first();
    const before = await hub.finished('dup');
    for (const again of [
      first,
      () => hub.jobs.scheduleTwinUpdate('dup', "deviceId = 'dup-1'", {etag: '*', tags: {n: 2}}, new Date(), 60),
      () => hub.jobs.scheduleDeviceMethod('dup', '*', {methodName: 'run'}, new Date(), 60),
    ]) {
      const error = await refusal(again());
      assert.equal(error.name, 'DeviceAlreadyExistsError');
      assert.equal(error.response.statusCode, 409);
      assert.equal(error.response.headers['iothub-errorcode'], 'JobAlreadyExists');
    }
    assert.deepEqual((await hub.jobs.getJob('dup')).jobStatus, before);
    assert.equal((await hub.registry.getTwin('dup-1')).responseBody.tags.n, 1);
  });

  test('of two at the same moment one wins', async () => {
    await hub.register('race-1');
    const results = await Promise.allSettled(Array.from({length: 5}, (_, i) =>
      hub.jobs.scheduleTwinUpdate('race', "deviceId = 'race-1'", {etag: '*', tags: {n: i}}, new Date(), 60)));
    assert.equal(results.filter((r) => r.status === 'fulfilled').length, 1);
    for (const {reason} of results.filter((r) => r.status === 'rejected')) assert.equal(reason.name, 'DeviceAlreadyExistsError');
    assert.equal((await hub.finished('race')).deviceJobStatistics.succeededCount, 1);
  });

  for (const [i, condition] of [
    "tags.a = = 1", "tags.a = 'x", 'SELECT * FROM devices', "deviceId IN ['MyDevice1]", '42', "'text'", 'null', '1 + 1', ' ',
  ].entries()) {
    test(`the condition ${condition}`, async () => {
      const error = await refused(`bad-condition-${i}`, () => hub.jobs.scheduleTwinUpdate(`bad-condition-${i}`, condition, {etag: '*', tags: {a: 1}}, new Date(), 60),
        'ArgumentError', 'ArgumentInvalid');
      assert.ok(error.message.length > 10, error.message);
    });
  }

  test('a condition that does not parse is answered with its place', async () => {
    const error = await refusal(hub.jobs.scheduleTwinUpdate('bad-place', 'tags.a = = 1', {etag: '*', tags: {a: 1}}, new Date(), 60));
    assert.match(error.message, /SQL query parse failed due to following errors:/);
    assert.match(error.message, /1:1\d|column 1\d/);
  });

  for (const id of ['a_b', 'a b', 'x'.repeat(65), 'ä', 'query']) {
    test(`the job id ${id.slice(0, 10)}`, async () => {
      const error = await refusal(hub.jobs.scheduleTwinUpdate(id, '*', {etag: '*', tags: {a: 1}}, new Date(), 60));
      assert.equal(error.response.statusCode, 400);
      assert.equal(error.response.headers['iothub-errorcode'], 'ArgumentInvalid');
    });
  }

  test('a patch over the limits', async () => {
    for (const [i, patch] of [
      {etag: '*', tags: {'a.b': 1}}, {etag: '*', tags: {a: [null]}}, {etag: '*', tags: {a: 4503599627370497}},
      {etag: '*', tags: {a: 'x'.repeat(4097)}}, {etag: '*', desired: {a: 1}}, {etag: '*', tags: 'text'},
    ].entries()) {
      await refused(`bad-patch-${i}`, () => hub.jobs.scheduleTwinUpdate(`bad-patch-${i}`, '*', patch, new Date(), 60), 'ArgumentError', 'ArgumentInvalid');
    }
  });

  test('an etag that no job can keep is InvalidEtagError', async () => {
    await refused('bad-etag', () => hub.jobs.scheduleTwinUpdate('bad-etag', '*', {etag: 'AAAAAAAAAAE=', tags: {a: 1}}, new Date(), 60),
      'InvalidEtagError', 'PreconditionFailed');
  });

  test('a method name or timeout that may not be', async () => {
    for (const [i, method] of [{methodName: 'a b'}, {methodName: 'a/b'}, {methodName: '#'}, {methodName: 'a', responseTimeoutInSeconds: 4}, {methodName: 'a', responseTimeoutInSeconds: 301}].entries()) {
      await refused(`bad-method-${i}`, () => hub.jobs.scheduleDeviceMethod(`bad-method-${i}`, '*', method, new Date(), 60), 'ArgumentError', 'ArgumentInvalid');
    }
  });

  test('a negative execution time', async () => {
    await refused('bad-time', () => hub.jobs.scheduleTwinUpdate('bad-time', '*', {etag: '*', tags: {a: 1}}, new Date(), -1), 'ArgumentError', 'ArgumentInvalid');
  });
});

describe('devices that change while a job waits for them', {concurrency: true}, () => {
  test('deleted, disabled: the row fails with DeviceNotFound', async () => {
    await hub.register('w-deleted');
    await hub.register('w-disabled');
    await hub.jobs.scheduleDeviceMethod('waiting-gone', "STARTSWITH(deviceId, 'w-')", {methodName: 'run', responseTimeoutInSeconds: 5}, new Date(), 30);
    await eventually('it waits', async () => (await hub.jobs.getJob('waiting-gone')).jobStatus.deviceJobStatistics?.pendingCount === 2);
    await hub.registry.delete('w-deleted');
    await hub.registry.update({deviceId: 'w-disabled', status: 'disabled'});
    const job = await hub.finished('waiting-gone');
    assert.equal(job.status, 'completed');
    const rows = await hub.deviceJobs('waiting-gone');
    assertStatistics(job, rows);
    for (const id of ['w-deleted', 'w-disabled']) {
      assert.equal(rows.get(id).status, 'failed');
      assert.equal(rows.get(id).error.code, 'DeviceNotFound', id);
    }
  });
});

describe('what differs from device to device', {concurrency: true}, () => {
  test('re-created while a job waits: another device, which is not called', async () => {
    await hub.register('again-1');
    await hub.jobs.scheduleDeviceMethod('again', "deviceId = 'again-1'", {methodName: 'run', responseTimeoutInSeconds: 5}, new Date(), 30);
    await eventually('it waits', async () => (await hub.jobs.getJob('again')).jobStatus.deviceJobStatistics?.pendingCount === 1);
    await hub.registry.delete('again-1');
    const device = await (await hub.device('again-1')).open();
    await device.on('run').sync();
    const rows = await hub.finished('again').then(() => hub.deviceJobs('again'));
    assert.equal(rows.get('again-1').error.code, 'DeviceNotFound');
    assert.equal(device.calls.length, 0);
  });

  test('a disabled device gets no call', async () => {
    await hub.register('off-1');
    await hub.registry.update({deviceId: 'off-1', status: 'disabled'});
    await hub.jobs.scheduleDeviceMethod('off', "deviceId = 'off-1'", {methodName: 'run', responseTimeoutInSeconds: 5}, new Date(), 30);
    const rows = await hub.finished('off').then(() => hub.deviceJobs('off'));
    assert.equal(rows.get('off-1').error.code, 'DeviceNotFound');
  });

  test('a twin that would grow too large fails alone, and is not changed', async () => {
    await hub.register('size-full');
    await hub.register('size-free');
    const filled = Object.fromEntries(Array.from({length: 8}, (_, n) => [`k${n}`, 'x'.repeat(4000)]));
    const {responseBody: before} = await hub.registry.updateTwin('size-full', {properties: {desired: filled}}, '*');
    await hub.jobs.scheduleTwinUpdate('size', "STARTSWITH(deviceId, 'size-')", {etag: '*', properties: {desired: {more: 'y'.repeat(3000)}}}, new Date(), 60);
    const job = await hub.finished('size');
    assert.equal(job.status, 'completed');
    const rows = await hub.deviceJobs('size');
    assert.equal(rows.get('size-free').status, 'completed');
    assert.equal(rows.get('size-full').status, 'failed');
    assert.ok(rows.get('size-full').error.code && rows.get('size-full').error.description);
    assertStatistics(job, rows);
    assert.equal((await hub.registry.getTwin('size-full')).responseBody.etag, before.etag);
  });

  test('payloads of 100 KB each way, in a job', async () => {
    const device = await (await hub.device('large-1')).open();
    device.on('run', (request, response) => response.send(200, request.payload));
    await device.sync();
    const payload = {text: 'z'.repeat(100_000)};
    await hub.jobs.scheduleDeviceMethod('large', "deviceId = 'large-1'", {methodName: 'run', payload}, new Date(), 60);
    const job = await hub.finished('large');
    assert.deepEqual(job.cloudToDeviceMethod.payload, payload);
    assert.deepEqual((await hub.deviceJobs('large')).get('large-1').outcome, {deviceMethodResponse: {status: 200, payload}});
    const error = await refusal(hub.jobs.scheduleDeviceMethod('larger', '*', {methodName: 'run', payload: 'z'.repeat(131_073)}, new Date(), 60));
    assert.ok([400, 413].includes(error.response.statusCode), String(error.response.statusCode));
    assert.equal(await status('larger'), 'unknown');
  });

  test('a device that closes its connection in the middle of a call is not called again', async () => {
    const device = await (await hub.device('leaves-1')).open();
    device.on('run', () => {});
    await device.sync();
    await hub.jobs.scheduleDeviceMethod('leaves', "deviceId = 'leaves-1'", {methodName: 'run', responseTimeoutInSeconds: 60}, new Date(), 600);
    await eventually('the device has the call', () => device.calls.length === 1);
    await device.close();
    const rows = await hub.finished('leaves').then(() => hub.deviceJobs('leaves'));
    assert.equal(rows.get('leaves-1').status, 'failed');
    assert.equal(rows.get('leaves-1').error.code, 'DeviceNotOnline');
  });

  test('a device that comes and goes before it listens to methods is still waited for', async () => {
    const device = await hub.device('shy-1');
    await hub.jobs.scheduleDeviceMethod('shy', "deviceId = 'shy-1'", {methodName: 'run', responseTimeoutInSeconds: 10}, new Date(), 600);
    await eventually('it waits', async () => (await hub.jobs.getJob('shy')).jobStatus.deviceJobStatistics?.pendingCount === 1);
    await device.open();
    await device.sync();
    assert.equal((await hub.deviceJobs('shy')).get('shy-1').status, 'pending');
    device.on('run');
    assert.equal((await hub.finished('shy')).deviceJobStatistics.succeededCount, 1);
    assert.equal(device.calls.length, 1);
  });
});

describe('across a restart of the server', () => {
  test('a waiting job and a planned one go on where they were', async () => {
    const device = await hub.device('r-1');
    await hub.jobs.scheduleDeviceMethod('restart-waiting', "deviceId = 'r-1'", {methodName: 'run', payload: 'x', responseTimeoutInSeconds: 10}, new Date(), 600);
    await hub.jobs.scheduleTwinUpdate('restart-planned', "deviceId = 'r-1'", {etag: '*', tags: {after: 'restart'}}, inSeconds(3), 60);
    await eventually('it waits', async () => (await hub.jobs.getJob('restart-waiting')).jobStatus.deviceJobStatistics?.pendingCount === 1);
    const {jobStatus: before} = await hub.jobs.getJob('restart-waiting');
    await hub.restart('SIGKILL');
    assert.deepEqual((await hub.jobs.getJob('restart-waiting')).jobStatus, before);
    await device.open();
    await device.on('run').sync();
    const waiting = await hub.finished('restart-waiting');
    assert.equal(waiting.deviceJobStatistics.succeededCount, 1);
    assert.equal(device.calls.length, 1);
    assertStatistics(waiting, await hub.deviceJobs('restart-waiting'));
    const planned = await hub.finished('restart-planned');
    assert.equal(planned.deviceJobStatistics.succeededCount, 1);
    assert.equal((await hub.registry.getTwin('r-1')).responseBody.tags.after, 'restart');
  });

  const inFlight = async (deviceId, jobId) => {
    const device = await (await hub.device(deviceId)).open();
    const held = [];
    device.on('run', (request, response) => held.push(response));
    await device.sync();
    await hub.jobs.scheduleDeviceMethod(jobId, `deviceId = '${deviceId}'`, {methodName: 'run', responseTimeoutInSeconds: 60}, new Date(), 600);
    await eventually('the device has the call', () => held.length === 1);
    return {device, held};
  };

  test('SIGTERM waits for the call in flight and records its answer', async () => {
    const {held} = await inFlight('r-drain', 'restart-drain');
    const restarted = hub.restart('SIGTERM');
    await eventually('the server is stopping', async () => !await hub.isReady());
    await held[0].send(200, 'in time');
    assert.equal(await restarted, 0);
    const job = await hub.finished('restart-drain');
    const rows = await hub.deviceJobs('restart-drain');
    assert.deepEqual(rows.get('r-drain').outcome, {deviceMethodResponse: {status: 200, payload: 'in time'}});
    assertStatistics(job, rows);
    assert.equal(held.length, 1, 'it was called once');
  });

  test('kill -9 between call and answer: outcome unknown, and not called again', async () => {
    const {device, held} = await inFlight('r-kill', 'restart-kill');
    await hub.restart('SIGKILL');
    const job = await hub.finished('restart-kill');
    assert.equal(job.status, 'completed');
    const rows = await hub.deviceJobs('restart-kill');
    assert.equal(rows.get('r-kill').status, 'failed');
    assert.equal(rows.get('r-kill').error.code, 'OutcomeUnknown');
    assertStatistics(job, rows);
    await eventually('the device is back', () => hub.isConnected('r-kill'));
    // An answer from before the restart is nobody's.
    await held[0].send(200, 'too late').catch(() => {});
    await device.sync();
    assert.equal((await hub.deviceJobs('restart-kill')).get('r-kill').status, 'failed');
    assert.equal(held.length, 1, 'it was called once');
  });
});
