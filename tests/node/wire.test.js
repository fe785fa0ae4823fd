'use strict';
// What breaks real clients, looked at on the wire: raw HTTPS requests in the words of npm, Python, .NET, Java and az.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const {TIME, assertNoNulls, eventually, useHub} = require('./harness.js');

const IDS = ['w-1', 'w-2', 'w-3', 'w-4', 'w-5', 'w-6'];
const hub = useHub({}, async () => {
  for (const id of IDS) await hub.register(id, {fleet: 'w'});
});

const query = (text, headers = {}) => hub.request('POST', '/devices/query', {body: {query: text}, headers});
const putJob = (id, body, rest = {}) => hub.request('PUT', `/jobs/v2/${id}`, {body: {jobId: id, ...body}, ...rest});
const twinJob = (rest = {}) => ({type: 'scheduleUpdateTwin', updateTwin: {etag: '*', tags: {x: 1}}, queryCondition: "deviceId = 'w-1'", ...rest});
const methodJob = (rest = {}) => ({type: 'scheduleDeviceMethod', cloudToDeviceMethod: {methodName: 'run', payload: null, responseTimeoutInSeconds: 5},
  queryCondition: "deviceId = 'w-1'", maxExecutionTimeInSeconds: 1, ...rest});
const jobs = async () => (await hub.request('GET', '/jobs/v2/query')).json.map((job) => job.jobId);

/** An error as all clients read it: the text in two parts, the symbol in a header too. */
function assertError(answer, status, code) {
  assert.equal(answer.status, status, answer.text);
  assert.equal(answer.headers['iothub-errorcode'], code, answer.text);
  assert.match(answer.headers['content-type'], /application\/json/);
  assert.match(answer.json.Message, new RegExp(`^ErrorCode:${code};.+`));
  assert.match(answer.json.ExceptionMessage, /^Tracking ID:/);
}

describe('lists and pages', () => {
  test('/devices and /devices/, with top, are the same bare array', async () => {
    const [plain, slash, top, slashTop] = await Promise.all(['/devices', '/devices/', '/devices?top=1000', '/devices/?top=1000']
      .map((target) => hub.request('GET', target)));
    assert.equal(plain.status, 200);
    assert.ok(Array.isArray(plain.json));
    assert.equal(plain.json.length, IDS.length);
    for (const other of [slash, top, slashTop]) assert.deepEqual(other.json, plain.json);
    assert.equal((await hub.request('GET', '/devices/?top=2')).json.length, 2);
  });

  test('a query: bare array, exact item type, no continuation header on the last page', async () => {
    for (const [text, type] of [
      ['SELECT * FROM devices', 'Twin'], ['SELECT deviceId FROM devices', 'Raw'], ['SELECT COUNT() AS n FROM devices', 'Raw'],
      ["SELECT * FROM devices WHERE deviceId = 'nobody'", 'Twin'], ['SELECT * FROM devices.jobs', 'DeviceJob'],
    ]) {
      const answer = await query(text);
      assert.equal(answer.status, 200, text);
      assert.ok(Array.isArray(answer.json), text);
      assert.equal(answer.headers['x-ms-item-type'], type, text);
      assert.equal('x-ms-continuation' in answer.headers, false, text);
      assert.match(answer.headers['content-type'], /application\/json/);
    }
  });

  test('pages of a query by headers: the token is there while there is more, and only then', async () => {
    const seen = [];
    let token;
    do {
      assert.ok(seen.length < IDS.length);
      const answer = await query("SELECT * FROM devices WHERE tags.fleet = 'w'", {'x-ms-max-item-count': '2', ...(token ? {'x-ms-continuation': token} : {})});
      assert.equal(answer.json.length, 2);
      seen.push(...answer.json.map((twin) => twin.deviceId));
      token = answer.headers['x-ms-continuation'];
      assert.notEqual(token, '');
    } while (token !== undefined);
    assert.deepEqual(seen.sort(), IDS);
  });

  test('a page size that is none, and a token of another query or of nobody, are 400', async () => {
    for (const size of ['0', '-1', 'many', '1.5']) assertError(await query('SELECT * FROM devices', {'x-ms-max-item-count': size}), 400, 'ArgumentInvalid');
    assert.equal((await query('SELECT * FROM devices', {'x-ms-max-item-count': '100000'})).status, 200);
    const {headers} = await query('SELECT * FROM devices', {'x-ms-max-item-count': '1'});
    const token = headers['x-ms-continuation'];
    assertError(await query('SELECT deviceId FROM devices', {'x-ms-continuation': token}), 400, 'ArgumentInvalid');
    assertError(await query('SELECT * FROM devices', {'x-ms-continuation': `${token.slice(0, -2)}xx`}), 400, 'ArgumentInvalid');
    assertError(await query('SELECT * FROM devices', {'x-ms-continuation': 'made-up'}), 400, 'ArgumentInvalid');
    assertError(await hub.request('GET', '/jobs/v2/query', {headers: {'x-ms-continuation': token}}), 400, 'ArgumentInvalid');
    assertError(await hub.request('GET', '/jobs/v2/query', {headers: {'x-ms-max-item-count': '0'}}), 400, 'ArgumentInvalid');
  });

  test('the list of jobs: bare array, JobResponse, pages by headers or by query string, headers win', async () => {
    const empty = await hub.request('GET', '/jobs/v2/query?jobStatus=failed');
    assert.deepEqual(empty.json, []);
    assert.equal(empty.headers['x-ms-item-type'], 'JobResponse');
    assert.equal('x-ms-continuation' in empty.headers, false);

    for (const n of [1, 2, 3, 4]) await putJob(`page-${n}`, twinJob());
    for (const n of [1, 2, 3, 4]) await hub.finished(`page-${n}`);
    const list = '/jobs/v2/query?jobType=scheduleUpdateTwin&jobStatus=completed';
    const first = await hub.request('GET', list, {headers: {'x-ms-max-item-count': '2'}});
    const second = await hub.request('GET', list, {headers: {'x-ms-max-item-count': '2', 'x-ms-continuation': first.headers['x-ms-continuation']}});
    assert.equal(first.json.length, 2);
    assert.equal(first.headers['x-ms-item-type'], 'JobResponse');
    assert.equal(second.json.length, 2);
    assert.equal('x-ms-continuation' in second.headers, false);
    assert.equal(new Set([...first.json, ...second.json].map((job) => job.jobId)).size, 4);

    const seedFirst = await hub.request('GET', `${list}&pageSize=3`);
    assert.equal(seedFirst.json.length, 3);
    const token = encodeURIComponent(seedFirst.headers['x-ms-continuation']);
    const seedSecond = await hub.request('GET', `${list}&pageSize=3&continuationToken=${token}`);
    assert.equal(seedSecond.json.length, 1);
    assert.equal('x-ms-continuation' in seedSecond.headers, false);
    const both = await hub.request('GET', `${list}&pageSize=1`, {headers: {'x-ms-max-item-count': '4'}});
    assert.equal(both.json.length, 4);
    // The .NET client sends the names of its enumeration; other aliases are taken too.
    for (const filter of ['jobType=ScheduleUpdateTwin&jobStatus=Completed', 'jobType=scheduleTwinUpdate&jobStatus=finished', 'jobType=scheduledUpdateTwin']) {
      assert.equal((await hub.request('GET', `/jobs/v2/query?${filter}`)).json.length, 4, filter);
    }
  });

  test('GET /jobs, which az adds to its list, is an empty array', async () => {
    assert.deepEqual((await hub.request('GET', '/jobs')).json, []);
  });
});

describe('tokens', () => {
  const works = async (token) => {
    const answer = await hub.request('GET', '/devices/w-1', {token});
    assert.equal(answer.status, 200, answer.text);
  };
  const fails = async (token) => assertError(await hub.request('GET', '/devices/w-1', {token}), 401, 'IotHubUnauthorizedAccess');
  const encoded = (text) => encodeURIComponent(text);

  test('as npm signs: sr not encoded, the fields in its order', () => works(hub.token({order: ['sr', 'sig', 'skn', 'se']})));
  test('as Python signs: a raw / in sig', async () => {
    // Until a signature has one.
    for (let se = Math.floor(Date.now() / 1000) + 600; ; se++) {
      const token = hub.token({se, encodeSig: (sig) => encoded(sig).replaceAll('%2F', '/')});
      if (!token.match(/sig=[^&]*\//)) continue;
      return works(token);
    }
  });
  test('sr encoded in either case, the host in capitals, with a port', async () => {
    await works(hub.token({sr: encoded(`${hub.host}:443`)}));
    await works(hub.token({sr: encoded(`${hub.host}:8443`).toLowerCase()}));
    await works(hub.token({sr: 'LOCALHOST'}));
    await works(hub.token({sr: encoded(`${hub.host}/devices/w-1`)}));
    await works(hub.token({sr: `${hub.host}/devices`}));
  });
  test('any order of fields', async () => {
    await works(hub.token({order: ['skn', 'se', 'sig', 'sr']}));
    await works(hub.token({order: ['se', 'sr', 'skn', 'sig']}));
  });
  test('not: expired, for another host, for another device, with another key, of another policy, not at all', async () => {
    await fails(hub.token({se: Math.floor(Date.now() / 1000) - 1}));
    await fails(hub.token({sr: 'other.example.test'}));
    await fails(hub.token({sr: `${hub.host}/devices/w-2`}));
    await fails(hub.token({sr: `${hub.host}/devices/w`}));
    await fails(hub.token({key: Buffer.alloc(32).toString('base64')}));
    await fails(hub.token({skn: 'service'}));
    await fails(hub.token({skn: 'nobody'}));
    await fails(hub.token().replace('sig=', 'sig=A'));
    await fails(null);
    await fails('SharedAccessSignature');
    await fails('Bearer abc');
  });
});

describe('api-version', () => {
  test('old and new ones, first or last, also twice; none or nonsense is 400', async () => {
    for (const target of ['/devices/?api-version=2016-11-14', '/devices?top=1&api-version=2024-03-31', '/devices?api-version=2020-05-31-preview&top=1',
      '/devices?api-version=2021-04-12&api-version=2021-04-12']) {
      assert.equal((await hub.request('GET', target, {bare: true})).status, 200, target);
    }
    for (const target of ['/devices', '/devices?api-version=', '/devices?api-version=latest', '/devices?api-version=2015-01-01']) {
      assertError(await hub.request('GET', target, {bare: true}), 400, 'InvalidProtocolVersion');
    }
  });
});

describe('identities and twins', () => {
  test('PUT answers 200, DELETE 204 and nothing, and an answer has its etag', async () => {
    const made = await hub.request('PUT', '/devices/i-1', {body: {deviceId: 'i-1', authentication: {symmetricKey: {}}}});
    assert.equal(made.status, 200);
    assert.ok(made.json.authentication.symmetricKey.primaryKey);
    assert.equal(made.json.connectionStateUpdatedTime, '0001-01-01T00:00:00Z');
    const gone = await hub.request('DELETE', '/devices/i-1', {headers: {'If-Match': '"*"'}});
    assert.equal(gone.status, 204);
    assert.equal(gone.text, '');
  });

  test('If-Match: "" is no condition, * and "*" are update, an etag quoted or not', async () => {
    const put = (match, status = 'enabled') => hub.request('PUT', '/devices/i-2', {body: {deviceId: 'i-2', status}, headers: match === undefined ? {} : {'If-Match': match}});
    assertError(await put('"*"'), 404, 'DeviceNotFound');
    assert.equal((await put('""')).status, 200);
    assertError(await put('""'), 409, 'DeviceAlreadyExists');
    assertError(await put(), 409, 'DeviceAlreadyExists');
    for (const star of ['*', '"*"']) assert.equal((await put(star)).status, 200);
    let {json: {etag}} = await put('*');
    ({json: {etag}} = await put(`"${etag}"`));
    assert.ok(etag);
    ({json: {etag}} = await put(etag));
    assert.ok(etag);
    assertError(await put('"stale"'), 412, 'PreconditionFailed');
    assertError(await hub.request('DELETE', '/devices/i-2'), 412, 'PreconditionFailed');
    assertError(await hub.request('DELETE', '/devices/i-2', {headers: {'If-Match': '"stale"'}}), 412, 'PreconditionFailed');
    assert.equal((await hub.request('DELETE', '/devices/i-2', {headers: {'If-Match': etag}})).status, 204);
  });

  test('Java cannot PATCH: POST with X-HTTP-Method-Override on a twin', async () => {
    const answer = await hub.request('POST', '/twins/w-6', {body: {tags: {java: true}}, headers: {'X-HTTP-Method-Override': 'PATCH', 'If-Match': '"*"'}});
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.tags, {fleet: 'w', java: true}, 'merged, not replaced');
    const plain = await hub.request('POST', '/twins/w-6', {body: {tags: {java: false}}});
    assert.ok([404, 405].includes(plain.status), String(plain.status));
  });

  test('a twin read and sent back whole is a patch that is taken', async () => {
    const {json: twin} = await hub.request('GET', '/twins/w-5');
    const answer = await hub.request('PATCH', '/twins/w-5', {body: twin, headers: {'If-Match': `"${twin.etag}"`}});
    assert.equal(answer.status, 200, answer.text);
    assert.deepEqual(answer.json.tags, twin.tags);
    assertError(await hub.request('PATCH', '/twins/w-5', {body: {tags: {a: 1}}, headers: {'If-Match': '"AAAAAAAAAP8="'}}), 412, 'PreconditionFailed');
  });

  test('az names a content type also where there is no content', async () => {
    const headers = {'Content-Type': 'application/json; charset=utf-8', 'Accept': 'application/json', 'accept-language': 'en-US',
      'x-ms-client-request-id': '11111111-2222-3333-4444-555555555555', 'Cache-Control': 'no-cache, must-revalidate'};
    await hub.request('PUT', '/devices/i-4', {body: {deviceId: 'i-4', authentication: {type: 'sas', symmetricKey: {}}, etag: '*'}});
    for (const target of ['/devices/i-4?api-version=2024-03-31', '/twins/i-4?api-version=2024-03-31', '/jobs/v2/query?api-version=2024-03-31']) {
      assert.equal((await hub.request('GET', target, {headers, bare: true})).status, 200, target);
    }
    assert.equal((await query('select * from devices', {...headers, 'x-ms-max-item-count': '1000'})).status, 200);
    assert.equal((await hub.request('DELETE', '/devices/i-4', {headers: {...headers, 'If-Match': '"*"'}})).status, 204);
  });

  test('ids percent-encoded or plain', async () => {
    await hub.request('PUT', '/devices/i%3A3', {body: {deviceId: 'i:3'}});
    for (const target of ['/devices/i:3', '/devices/i%3A3', '/devices/i%3a3', '/twins/i:3']) assert.equal((await hub.request('GET', target)).json.deviceId, 'i:3', target);
  });

  test('numbers and unicode come back as they were sent', async () => {
    const body = '{"tags":{"one":1.0,"exp":1e3,"text":"ä€😀\\u0041"}}';
    const {status} = await hub.request('PATCH', '/twins/w-4', {body, headers: {'If-Match': '*'}});
    assert.equal(status, 200);
    const {text} = await hub.request('GET', '/twins/w-4');
    assert.match(text, /"one":1\.0[,}]/);
    assert.equal(JSON.parse(text).tags.text, 'ä€😀A');
  });

  test('what is no JSON, or too large, is refused in the shape of an error', async () => {
    assertError(await hub.request('PATCH', '/twins/w-4', {body: '{"tags":', headers: {'If-Match': '*'}}), 400, 'IotHubFormatError');
    const large = await hub.request('PATCH', '/twins/w-4', {body: {tags: {a: 'x'.repeat(20_000_000)}}, headers: {'If-Match': '*'}});
    assert.ok([400, 413].includes(large.status), String(large.status));
    assert.match(large.json.Message, /^ErrorCode:\w+;.+/);
  });

  test('what is not served is an error in the same shape', async () => {
    for (const [method, target] of [['GET', '/nowhere'], ['POST', '/jobs/create'], ['GET', '/jobs/no-such-job']]) {
      const answer = await hub.request(method, target, method === 'POST' ? {body: {type: 'export'}} : {});
      assert.equal(answer.status, 404, target);
      assert.match(answer.json.Message, /^ErrorCode:\w+;.+/);
      assert.ok(answer.headers['iothub-errorcode']);
    }
  });
});

describe('jobs on the wire', () => {
  test('create answers 200 with the whole job, without a null, and its times in seven digits', async () => {
    const answer = await putJob('wire-1', twinJob({startTime: '2020-01-01T00:00:00.123456Z', maxExecutionTimeInSeconds: 3600}));
    assert.equal(answer.status, 200);
    const job = answer.json;
    for (const name of ['jobId', 'type', 'status', 'queryCondition', 'createdTime', 'startTime', 'maxExecutionTimeInSeconds', 'updateTwin']) assert.ok(name in job, name);
    assert.equal('cloudToDeviceMethod' in job, false);
    assert.equal('jobType' in job, false, 'Java throws when it is there too');
    assert.match(job.createdTime, TIME);
    assert.equal(job.startTime, '2020-01-01T00:00:00.1234560Z');
    assertNoNulls(job);
    const ended = await hub.finished('wire-1');
    assert.match(ended.endTime, TIME);
    assertNoNulls(ended);
  });

  test('no null in any answer: planned, running, ended, cancelled, unknown, listed, in rows', async () => {
    await putJob('null-planned', methodJob({startTime: new Date(Date.now() + 3_600_000).toISOString()}));
    await putJob('null-running', methodJob({maxExecutionTimeInSeconds: 600}));
    await putJob('null-ended', methodJob());
    await hub.finished('null-ended');
    await eventually('it runs', async () => (await hub.request('GET', '/jobs/v2/null-running')).json.status === 'running');
    const get = async (id) => (await hub.request('GET', `/jobs/v2/${id}`)).json;
    for (const id of ['null-planned', 'null-running', 'null-ended', 'null-unknown']) assertNoNulls(await get(id), id);
    assert.deepEqual(await get('null-unknown'), {jobId: 'null-unknown', type: 'unknown', status: 'unknown'});
    for (const job of (await hub.request('GET', '/jobs/v2/query')).json) assertNoNulls(job, job.jobId);
    for (const row of (await query('SELECT * FROM devices.jobs')).json) {
      assertNoNulls(row, `${row.jobId}/${row.deviceId}`);
      assert.equal(typeof row.outcome, 'object');
    }
    const [row] = (await query("SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'null-ended'")).json;
    assert.deepEqual(row.outcome, {});
    assert.equal(row.error.code, 'JobRunPreconditionFailed');
    for (const id of ['null-planned', 'null-running']) assertNoNulls((await hub.request('POST', `/jobs/v2/${id}/cancel`)).json, id);
    for (const id of ['null-planned', 'null-running']) assertNoNulls(await get(id), id);
  });

  test('start time null, missing, in the year 1, with an offset, without a zone: all are now', async () => {
    for (const [i, startTime] of [null, undefined, '0001-01-01T00:00:00', '2020-01-01T00:00:00+02:00', '2020-01-01T00:00:00', '2020-01-01T00:00:00.1234567Z'].entries()) {
      const answer = await putJob(`start-${i}`, twinJob({startTime}));
      assert.equal(answer.status, 200, answer.text);
      const job = await hub.finished(`start-${i}`);
      assert.equal(job.status, 'completed');
      assert.match(job.startTime, TIME);
      assert.ok(Date.parse(job.endTime) - Date.parse(job.createdTime) < 15_000);
    }
    assertError(await putJob('start-bad', twinJob({startTime: 'tomorrow'})), 400, 'ArgumentInvalid');
  });

  test('execution time null, missing or 0 is an hour', async () => {
    for (const [i, maxExecutionTimeInSeconds] of [null, undefined, 0].entries()) {
      const {status, json} = await putJob(`hour-${i}`, twinJob({maxExecutionTimeInSeconds}));
      assert.equal(status, 200);
      assert.ok([undefined, 0, 3600].includes(json.maxExecutionTimeInSeconds));
      await hub.finished(`hour-${i}`);
      const [row] = (await query(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = 'hour-${i}'`)).json;
      assert.ok(Date.parse(row.endTimeUtc) - Date.parse(row.startTimeUtc) >= 3_600_000);
    }
  });

  test('null members that .NET and Java send, extra ones, and the id only in the path', async () => {
    const answer = await hub.request('PUT', '/jobs/v2/nulls-in', {body: {...twinJob(), cloudToDeviceMethod: null, startTime: null, maxExecutionTimeInSeconds: 0, parentJobId: null, future: {a: 1}}});
    assert.equal(answer.status, 200, answer.text);
    assert.equal(answer.json.jobId, 'nulls-in');
    assertError(await hub.request('PUT', '/jobs/v2/nulls-other', {body: {...twinJob(), jobId: 'another'}}), 400, 'ArgumentInvalid');
    assert.equal((await hub.request('PUT', '/jobs/v2/12345', {body: {...twinJob(), jobId: 12345}})).status, 200, 'npm may send a number');
  });

  test('every spelling of the types is taken, and answered in the canonical one', async () => {
    let n = 0;
    for (const type of ['scheduleUpdateTwin', 'scheduleTwinUpdate', 'scheduledUpdateTwin', 'ScheduleUpdateTwin']) {
      const {status, json, text} = await putJob(`alias-${n++}`, twinJob({type}));
      assert.equal(status, 200, text);
      assert.equal(json.type, 'scheduleUpdateTwin', type);
    }
    for (const type of ['scheduleDeviceMethod', 'scheduleDirectRequest', 'scheduledDeviceMethod', 'scheduleDirectMethod', 'ScheduleDeviceMethod']) {
      const {status, json, text} = await putJob(`alias-${n++}`, methodJob({type}));
      assert.equal(status, 200, text);
      assert.equal(json.type, 'scheduleDeviceMethod', type);
    }
    assert.equal((await putJob(`alias-${n}`, twinJob({type: undefined}))).status, 400);
    for (const type of ['rebootDevice', 'nonsense']) {
      assertError(await putJob(`alias-${n}`, twinJob({type})), 400, 'GenericBadRequest');
      assert.equal((await jobs()).includes(`alias-${n}`), false);
    }
  });

  test('a condition that is missing, null or blank is 400, and nothing is stored', async () => {
    for (const queryCondition of [undefined, null]) assertError(await putJob('no-condition', twinJob({queryCondition})), 400, 'ArgumentNull');
    for (const queryCondition of ['', '  ']) assertError(await putJob('no-condition', twinJob({queryCondition})), 400, 'ArgumentInvalid');
    assert.equal((await jobs()).includes('no-condition'), false);
  });

  test('a condition of 100 KB is a condition', async () => {
    const list = Array.from({length: 8_000}, (_, i) => `'device-${i}'`).join(',');
    const {status, json} = await putJob('long-condition', twinJob({queryCondition: `deviceId IN [${list},'w-2']`}));
    assert.equal(status, 200);
    assert.ok(json.queryCondition.length > 100_000);
    assert.equal((await hub.finished('long-condition')).deviceJobStatistics.deviceCount, 1);
    assertError(await query(`SELECT * FROM devices WHERE deviceId IN [${list}]`), 400, 'ArgumentInvalid');
  });

  test('cancel with {} and with no body; of an unknown job 404', async () => {
    for (const [i, rest] of [{body: {}}, {}].entries()) {
      await putJob(`cancel-${i}`, methodJob({maxExecutionTimeInSeconds: 600}));
      const answer = await hub.request('POST', `/jobs/v2/cancel-${i}/cancel`, rest);
      assert.equal(answer.status, 200);
      assert.equal(answer.json.status, 'cancelled');
      assertError(await hub.request('POST', `/jobs/v2/cancel-${i}/cancel`, rest), 405, 'OperationNotAllowedInCurrentState');
    }
    assertError(await hub.request('POST', '/jobs/v2/cancel-nobody/cancel'), 404, 'JobNotFound');
  });

  test('the odd URI of the documentation: that device only, and both must hold', async () => {
    const body = {cloudToDeviceMethod: {methodName: 'run', responseTimeoutInSeconds: 5}, maxExecutionTimeInSeconds: 1};
    const rows = async (id) => (await query(`SELECT * FROM devices.jobs WHERE devices.jobs.jobId = '${id}'`)).json.map((row) => row.deviceId);
    const alone = await hub.request('PUT', '/jobs/v2/w-3/methods/odd-1', {body});
    assert.equal(alone.status, 200, alone.text);
    assert.equal(alone.json.jobId, 'odd-1');
    assert.equal(alone.json.type, 'scheduleDeviceMethod');
    assert.equal((await hub.request('PUT', '/jobs/v2/w-3/methods/odd-2', {body: {...body, queryCondition: "tags.fleet = 'w'"}})).status, 200);
    assert.equal((await hub.request('PUT', '/jobs/v2/w-3/methods/odd-3', {body: {...body, queryCondition: "deviceId = 'w-1'"}})).status, 200);
    for (const id of ['odd-1', 'odd-2', 'odd-3']) assert.equal((await hub.finished(id)).status, 'completed');
    assert.deepEqual(await rows('odd-1'), ['w-3']);
    assert.deepEqual(await rows('odd-2'), ['w-3']);
    assert.deepEqual(await rows('odd-3'), []);
  });

  test('the old names timeoutInSeconds and deviceIds', async () => {
    const answer = await putJob('old-names', {type: 'scheduleDirectRequest', cloudToDeviceMethod: {methodName: 'run', timeoutInSeconds: 7}, deviceIds: ['w-1', 'w-2'], maxExecutionTimeInSeconds: 1});
    assert.equal(answer.status, 200, answer.text);
    assert.equal((await hub.finished('old-names')).deviceJobStatistics.deviceCount, 2);
  });

  test('a method error is JSON inside the text, with the number', async () => {
    const answer = await hub.request('POST', '/twins/w-1/methods', {body: {methodName: 'run', responseTimeoutInSeconds: 5}});
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['iothub-errorcode'], 'DeviceNotOnline');
    assert.equal(JSON.parse(answer.json.Message).errorCode, 404103);
  });

  test('every answer has a request id', async () => {
    for (const target of ['/devices/w-1', '/devices/nobody', '/jobs/v2/query']) {
      assert.match((await hub.request('GET', target)).headers['x-ms-request-id'] ?? '', /^[0-9a-f-]{32,36}$/i, target);
    }
  });
});
