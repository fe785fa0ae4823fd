'use strict';
// Registry, twins and queries through npm azure-iothub.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const {TIME, eventually, pages, refusal, soon, useHub} = require('./harness.js');

const hub = useHub();
const keysOf = (device) => device.authentication.symmetricKey;
/** Callback style as a promise of all that the callback was given. */
const called = (start) => soon('the callback', new Promise((resolve, reject) => {
  start((error, ...results) => (error ? reject(error) : resolve(results)));
}));

describe('Registry', () => {
  test('create generates two keys, and get and list show the same device', async () => {
    const {responseBody: made, httpResponse} = await hub.registry.create({deviceId: 'reg-1'});
    assert.equal(httpResponse.statusCode, 200);
    assert.equal(Buffer.from(keysOf(made).primaryKey, 'base64').length >= 16, true);
    assert.equal(Buffer.from(keysOf(made).secondaryKey, 'base64').length >= 16, true);
    assert.notEqual(keysOf(made).primaryKey, keysOf(made).secondaryKey);
    assert.equal(made.status, 'enabled');
    assert.equal(made.connectionState, 'Disconnected');
    assert.equal(made.authentication.type, 'sas');
    assert.ok(made.etag && made.generationId);

    const {responseBody: got} = await hub.registry.get('reg-1');
    assert.deepEqual({...got}, {...made});
    const {responseBody: all} = await hub.registry.list();
    assert.deepEqual(all.filter((d) => d.deviceId === 'reg-1').map((d) => ({...d})), [{...made}]);
  });

  test('create keeps keys that are given', async () => {
    const symmetricKey = {primaryKey: Buffer.alloc(32, 1).toString('base64'), secondaryKey: Buffer.alloc(32, 2).toString('base64')};
    await hub.registry.create({deviceId: 'reg-keys', authentication: {symmetricKey}});
    const {responseBody} = await hub.registry.get('reg-keys');
    assert.deepEqual(keysOf(responseBody), symmetricKey);
  });

  test('callback style gives the device and the response', async () => {
    const [made, response] = await called((done) => hub.registry.create({deviceId: 'reg-callback'}, done));
    assert.equal(made.deviceId, 'reg-callback');
    assert.equal(response.statusCode, 200);
    const [got] = await called((done) => hub.registry.get('reg-callback', done));
    assert.equal(got.etag, made.etag);
    const [all] = await called((done) => hub.registry.list(done));
    assert.ok(all.some((d) => d.deviceId === 'reg-callback'));
  });

  test('an update that only disables the device keeps its keys', async () => {
    const {responseBody: made} = await hub.registry.create({deviceId: 'reg-disable'});
    const {responseBody: off} = await hub.registry.update({deviceId: 'reg-disable', status: 'disabled', statusReason: 'stolen'});
    assert.equal(off.status, 'disabled');
    assert.equal(off.statusReason, 'stolen');
    assert.notEqual(off.etag, made.etag);
    assert.equal(off.generationId, made.generationId);
    assert.match(off.statusUpdatedTime, TIME);
    assert.deepEqual(keysOf(off), keysOf(made));
    assert.deepEqual(keysOf((await hub.registry.get('reg-disable')).responseBody), keysOf(made));
    assert.equal((await hub.registry.getTwin('reg-disable')).responseBody.status, 'disabled');

    const {responseBody: on} = await hub.registry.update({deviceId: 'reg-disable', status: 'enabled'});
    assert.equal(on.status, 'enabled');
    assert.ok(!on.statusReason);
    assert.deepEqual(keysOf(on), keysOf(made));
  });

  test('an update may name new keys', async () => {
    await hub.registry.create({deviceId: 'reg-rotate'});
    const symmetricKey = {primaryKey: Buffer.alloc(32, 3).toString('base64'), secondaryKey: Buffer.alloc(32, 4).toString('base64')};
    await hub.registry.update({deviceId: 'reg-rotate', authentication: {type: 'sas', symmetricKey}});
    assert.deepEqual(keysOf((await hub.registry.get('reg-rotate')).responseBody), symmetricKey);
  });

  test('many at once: made, changed with and without their etags, removed', async () => {
    const ids = Array.from({length: 100}, (_, i) => `bulk-${i}`);
    const {responseBody: made} = await hub.registry.addDevices(ids.map((deviceId) => ({deviceId})));
    assert.deepEqual(made, {isSuccessful: true, errors: [], warnings: []});
    const devices = await Promise.all(ids.slice(0, 3).map(async (id) => (await hub.registry.get(id)).responseBody));
    const off = devices.map((device) => ({...device, status: 'disabled'}));
    assert.equal((await hub.registry.updateDevices(off.slice(0, 2), false)).responseBody.isSuccessful, true);
    assert.equal((await hub.registry.get(ids[0])).responseBody.status, 'disabled');
    assert.deepEqual(keysOf((await hub.registry.get(ids[0])).responseBody), keysOf(devices[0]));

    // The etag of the first is another by now: it alone is refused.
    const error = await refusal(hub.registry.removeDevices([devices[0], devices[2]], false));
    assert.equal(error.response.statusCode, 400);
    assert.equal(error.response.headers.iothuberrorcode, 'BulkRegistryOperationFailure');
    const {errors} = JSON.parse(error.responseBody);
    assert.deepEqual(errors.map(({deviceId, errorCode}) => [deviceId, errorCode]), [[ids[0], 'PreconditionFailed']]);
    assert.equal((await refusal(hub.registry.get(ids[2]))).name, 'DeviceNotFoundError');

    const rest = ids.filter((id) => id !== ids[2]).map((deviceId) => ({deviceId}));
    assert.equal((await hub.registry.removeDevices(rest, true)).responseBody.isSuccessful, true);
    assert.equal((await refusal(hub.registry.get(ids[0]))).name, 'DeviceNotFoundError');
  });

  test('statistics count devices', async () => {
    const count = async () => (await hub.registry.getRegistryStatistics()).responseBody;
    const before = await count();
    await hub.registry.addDevices([{deviceId: 'count-1'}, {deviceId: 'count-2', status: 'disabled'}]);
    const after = await count();
    assert.equal(after.totalDeviceCount, before.totalDeviceCount + 2);
    assert.equal(after.enabledDeviceCount, before.enabledDeviceCount + 1);
    assert.equal(after.disabledDeviceCount, before.disabledDeviceCount + 1);
  });

  test('a second create is DeviceAlreadyExistsError and changes nothing', async () => {
    const {responseBody: made} = await hub.registry.create({deviceId: 'reg-twice'});
    const error = await refusal(hub.registry.create({deviceId: 'reg-twice', status: 'disabled'}));
    assert.equal(error.name, 'DeviceAlreadyExistsError');
    assert.equal(error.response.statusCode, 409);
    assert.equal(error.response.headers['iothub-errorcode'], 'DeviceAlreadyExists');
    assert.match(JSON.parse(error.responseBody).Message, /^ErrorCode:DeviceAlreadyExists;.+/);
    assert.deepEqual({...(await hub.registry.get('reg-twice')).responseBody}, {...made});
  });

  test('an unknown device is DeviceNotFoundError for get, update, delete and its twin', async () => {
    for (const attempt of [
      () => hub.registry.get('reg-nobody'),
      () => hub.registry.update({deviceId: 'reg-nobody', status: 'disabled'}),
      () => hub.registry.delete('reg-nobody'),
      () => hub.registry.getTwin('reg-nobody'),
      () => hub.registry.updateTwin('reg-nobody', {tags: {a: 1}}, '*'),
    ]) {
      const error = await refusal(attempt());
      assert.equal(error.name, 'DeviceNotFoundError', attempt.toString());
      assert.equal(error.response.statusCode, 404);
    }
  });

  test('a name that may not be is ArgumentError', async () => {
    for (const deviceId of ['a b', 'ä', 'x'.repeat(129), 'a/b']) {
      const error = await refusal(hub.registry.create({deviceId}));
      assert.equal(error.name, 'ArgumentError', deviceId);
    }
  });

  test('every character that an id may have survives the way through the SDK', async () => {
    const deviceId = "a-b:c.d+e%f_g#h*i?j!k(l)m,n=o@p$q'r;s%2F";
    await hub.registry.create({deviceId});
    assert.equal((await hub.registry.get(deviceId)).responseBody.deviceId, deviceId);
    await hub.registry.updateTwin(deviceId, {tags: {odd: true}}, '*');
    const twin = (await hub.registry.getTwin(deviceId)).responseBody;
    assert.equal(twin.deviceId, deviceId);
    assert.deepEqual(twin.tags, {odd: true});
    assert.equal((await hub.registry.delete(deviceId)).httpResponse.statusCode, 204);
  });

  test('delete takes the device and its twin, and the id begins anew', async () => {
    const {responseBody: first} = await hub.registry.create({deviceId: 'reg-delete'});
    await hub.registry.updateTwin('reg-delete', {tags: {old: 1}}, '*');
    const {httpResponse} = await hub.registry.delete('reg-delete');
    assert.equal(httpResponse.statusCode, 204);
    assert.equal((await refusal(hub.registry.get('reg-delete'))).name, 'DeviceNotFoundError');
    assert.equal((await refusal(hub.registry.getTwin('reg-delete'))).name, 'DeviceNotFoundError');
    assert.ok(!(await hub.registry.list()).responseBody.some((d) => d.deviceId === 'reg-delete'));

    const {responseBody: second} = await hub.registry.create({deviceId: 'reg-delete'});
    assert.notEqual(second.generationId, first.generationId);
    assert.notEqual(keysOf(second).primaryKey, keysOf(first).primaryKey);
    assert.equal((await hub.registry.getTwin('reg-delete')).responseBody.tags?.old, undefined);
  });

  test('a stale If-Match is refused with 412, a right one is taken', async () => {
    const {responseBody: made} = await hub.registry.create({deviceId: 'reg-match'});
    const put = (etag, status) => hub.request('PUT', '/devices/reg-match', {
      body: {deviceId: 'reg-match', status}, headers: {'If-Match': etag},
    });
    const taken = await put(`"${made.etag}"`, 'disabled');
    assert.equal(taken.status, 200);
    const stale = await put(`"${made.etag}"`, 'enabled');
    assert.equal(stale.status, 412);
    assert.equal(stale.headers['iothub-errorcode'], 'PreconditionFailed');
    assert.equal((await hub.registry.get('reg-match')).responseBody.status, 'disabled');
    assert.equal((await put(taken.json.etag, 'enabled')).status, 200, 'unquoted');
    const gone = await hub.request('DELETE', '/devices/reg-match', {headers: {'If-Match': `"${made.etag}"`}});
    assert.equal(gone.status, 412);
  });

  test('a wrong key is UnauthorizedError', async () => {
    const {Registry} = require('azure-iothub');
    const stranger = Registry.fromConnectionString(
      `HostName=${hub.host};SharedAccessKeyName=iothubowner;SharedAccessKey=${Buffer.alloc(32, 9).toString('base64')}`);
    const error = await refusal(stranger.list());
    assert.equal(error.name, 'UnauthorizedError');
    assert.equal(error.response.headers['iothub-errorcode'], 'IotHubUnauthorizedAccess');
  });

  test('clients made from a shared access signature', async () => {
    const {JobClient, Registry, SharedAccessSignature} = require('azure-iothub');
    const sas = SharedAccessSignature.create(hub.host, 'iothubowner', hub.key, Math.floor(Date.now() / 1000) + 600).toString();
    assert.ok(Array.isArray((await Registry.fromSharedAccessSignature(sas).list()).responseBody));
    assert.equal((await JobClient.fromSharedAccessSignature(sas).getJob('nobody')).jobStatus.status, 'unknown');
  });

  test('listJobs of import and export jobs is an empty array', async () => {
    assert.deepEqual((await hub.registry.listJobs()).responseBody, []);
  });
});

describe('Twin', () => {
  test('a fresh twin, then a merge of tags and desired properties', async () => {
    await hub.registry.create({deviceId: 'twin-1'});
    const {responseBody: twin} = await hub.registry.getTwin('twin-1');
    assert.equal(twin.deviceId, 'twin-1');
    assert.equal(twin.properties.desired.$version, 1);
    assert.equal(twin.properties.reported.$version, 1);
    assert.match(twin.properties.desired.$metadata.$lastUpdated, TIME);
    const first = twin.etag;

    await twin.update({tags: {building: '43', place: {floor: 3, room: 'a'}}, properties: {desired: {limits: {low: 1, high: 2}, on: true}}});
    assert.notEqual(twin.etag, first);
    await twin.update({tags: {place: {room: null}}, properties: {desired: {limits: {high: 3}, on: null}}});

    const {responseBody: read} = await hub.registry.getTwin('twin-1');
    assert.equal(read.etag, twin.etag);
    assert.deepEqual(read.tags, {building: '43', place: {floor: 3}});
    const {$version, $metadata, ...desired} = read.properties.desired;
    assert.deepEqual(desired, {limits: {low: 1, high: 3}});
    assert.equal($version, 3);
    assert.equal($metadata.$lastUpdatedVersion, 3);
    assert.equal($metadata.limits.low.$lastUpdatedVersion, 2);
    assert.equal($metadata.limits.high.$lastUpdatedVersion, 3);
    assert.equal($metadata.on, undefined);
    for (const node of [$metadata, $metadata.limits, $metadata.limits.low]) assert.match(node.$lastUpdated, TIME);
  });

  test('update of a twin read before is InvalidEtagError when it has changed meanwhile', async () => {
    await hub.registry.create({deviceId: 'twin-stale'});
    const {responseBody: mine} = await hub.registry.getTwin('twin-stale');
    const {responseBody: theirs} = await hub.registry.getTwin('twin-stale');
    await theirs.update({tags: {who: 'they'}});
    const error = await refusal(mine.update({tags: {who: 'me'}}));
    assert.equal(error.name, 'InvalidEtagError');
    assert.equal(error.response.statusCode, 412);
    assert.deepEqual((await hub.registry.getTwin('twin-stale')).responseBody.tags, {who: 'they'});
    await mine.get();
    assert.equal(mine.etag, theirs.etag);
    await mine.update({tags: {who: 'me'}});
    assert.deepEqual(mine.tags, {who: 'me'});
  });

  test('updateTwin with the star, in callback style', async () => {
    await hub.registry.create({deviceId: 'twin-star'});
    const [twin, response] = await called((done) => hub.registry.updateTwin('twin-star', {tags: {a: 1}}, '*', done));
    assert.equal(response.statusCode, 200);
    assert.deepEqual(twin.tags, {a: 1});
    const [read] = await called((done) => hub.registry.getTwin('twin-star', done));
    assert.equal(read.etag, twin.etag);
  });

  test('a replace drops what it does not name; stale it is refused', async () => {
    await hub.registry.create({deviceId: 'twin-replace'});
    const {responseBody: twin} = await hub.registry.updateTwin('twin-replace',
      {tags: {a: 1, b: 2}, properties: {desired: {x: 1, y: 2}}}, '*');
    const put = (etag, body) => hub.request('PUT', '/twins/twin-replace', {body, headers: {'If-Match': `"${etag}"`}});
    const done = await put(twin.etag, {tags: {c: 3}, properties: {desired: {z: 3}}});
    assert.equal(done.status, 200);
    const {responseBody: read} = await hub.registry.getTwin('twin-replace');
    assert.deepEqual(read.tags, {c: 3});
    const {$version, $metadata, ...desired} = read.properties.desired;
    assert.deepEqual(desired, {z: 3});
    assert.equal($version, twin.properties.desired.$version + 1);
    assert.equal($metadata.x, undefined);
    assert.equal((await put(twin.etag, {tags: {}})).status, 412);
  });

  test('a patch over the limits is ArgumentError with a reason, and nothing is changed', async () => {
    await hub.registry.create({deviceId: 'twin-limits'});
    const {responseBody: before} = await hub.registry.updateTwin('twin-limits', {tags: {keep: 1}}, '*');
    let deep = 1;
    for (let level = 0; level < 11; level++) deep = {d: deep};
    for (const [what, patch] of Object.entries({
      'a key with a dot': {tags: {'a.b': 1}},
      'a key with a dollar': {tags: {$a: 1}},
      'null in an array': {tags: {a: [1, null]}},
      'eleven levels': {properties: {desired: {deep}}},
      'tags over 8 KB': {tags: {a: 'x'.repeat(4000), b: 'x'.repeat(4000), c: 'x'.repeat(1000)}},
      'a string over 4 KB': {tags: {a: 'x'.repeat(4097)}},
      'an integer over 2^52': {tags: {a: 4503599627370497}},
    })) {
      const error = await refusal(hub.registry.updateTwin('twin-limits', patch, '*'));
      assert.equal(error.name, 'ArgumentError', what);
      assert.ok(error.message.length > 0, what);
    }
    assert.equal((await hub.registry.getTwin('twin-limits')).responseBody.etag, before.etag);
  });
});

describe('Query', () => {
  const count = 25;
  const ids = Array.from({length: count}, (_, i) => `q-${String(i).padStart(2, '0')}`);
  test('(25 devices are made)', async () => {
    await Promise.all(ids.map((id, i) => hub.register(id, {fleet: 'q', floor: i % 5, weight: i})));
  });

  test('pages in promise style, until hasMoreResults is false', async () => {
    const all = await pages(hub.registry.createQuery("SELECT * FROM devices WHERE tags.fleet = 'q'", 10));
    assert.deepEqual(all.map((page) => page.length), [10, 10, 5]);
    assert.deepEqual(all.flat().map((twin) => twin.deviceId).sort(), ids);
  });

  test('pages in callback style, where the query remembers the token', async () => {
    const query = hub.registry.createQuery("select * from devices where tags.fleet='q'", 7);
    const sizes = [];
    const seen = new Set();
    while (query.hasMoreResults) {
      assert.ok(sizes.length < 10, 'the query does not end');
      const [rows, response] = await called((done) => query.next(done));
      assert.equal(response.headers['x-ms-item-type'], 'Twin');
      sizes.push(rows.length);
      for (const row of rows) seen.add(row.deviceId);
    }
    assert.deepEqual(sizes, [7, 7, 7, 4]);
    assert.equal(seen.size, count);
  });

  test('a last page that is exactly full has no continuation', async () => {
    const all = await pages(hub.registry.createQuery("SELECT * FROM devices WHERE tags.fleet = 'q'", 5));
    assert.deepEqual(all.map((page) => page.length), [5, 5, 5, 5, 5]);
    const query = hub.registry.createQuery("SELECT * FROM devices WHERE tags.fleet = 'q'", 25);
    const {message} = await query.next();
    assert.equal(query.hasMoreResults, false);
    assert.equal('x-ms-continuation' in message.headers, false);
  });

  test('no row at all is one empty page', async () => {
    const all = await pages(hub.registry.createQuery("SELECT * FROM devices WHERE tags.fleet = 'nobody'"));
    assert.deepEqual(all, [[]]);
  });

  test('nextAsTwin gives twins that can be changed', async () => {
    const query = hub.registry.createQuery("SELECT * FROM devices WHERE deviceId = 'q-07'");
    const {result: [twin]} = await query.nextAsTwin();
    await twin.update({tags: {seen: true}});
    assert.equal((await hub.registry.getTwin('q-07')).responseBody.tags.seen, true);
  });

  test('a projection is Raw and holds what was asked for', async () => {
    const query = hub.registry.createQuery("SELECT deviceId, tags.floor AS floor FROM devices WHERE tags.fleet = 'q' AND tags.weight < 3");
    const {result, message} = await query.next();
    assert.equal(message.headers['x-ms-item-type'], 'Raw');
    assert.deepEqual(result.sort((a, b) => a.floor - b.floor),
      [{deviceId: 'q-00', floor: 0}, {deviceId: 'q-01', floor: 1}, {deviceId: 'q-02', floor: 2}]);
  });

  test('aggregates, grouped and over all', async () => {
    const one = hub.registry.createQuery("SELECT COUNT() AS n, SUM(tags.weight) AS w, MAX(tags.weight) AS m FROM devices WHERE tags.fleet = 'q'");
    const {result, message} = await one.next();
    assert.equal(message.headers['x-ms-item-type'], 'Raw');
    assert.deepEqual(result, [{n: 25, w: 300, m: 24}]);
    const rows = await hub.rows("SELECT tags.floor AS floor, COUNT() AS n FROM devices WHERE tags.fleet = 'q' GROUP BY tags.floor");
    assert.deepEqual(rows.sort((a, b) => a.floor - b.floor), [0, 1, 2, 3, 4].map((floor) => ({floor, n: 5})));
  });

  test('a query sees a change at once', async () => {
    for (let i = 0; i < 5; i++) {
      await hub.registry.updateTwin('q-03', {tags: {turn: i}}, '*');
      const rows = await hub.rows(`SELECT deviceId FROM devices WHERE tags.fleet = 'q' AND tags.turn = ${i}`);
      assert.deepEqual(rows, [{deviceId: 'q-03'}]);
    }
  });

  test('a text that does not parse is ArgumentError and names the place', async () => {
    const error = await refusal(hub.registry.createQuery('SELECT * FROM devices WHERE tags.a = = 1').next());
    assert.equal(error.name, 'ArgumentError');
    assert.match(error.message, /\b1:3\d\b|column 3\d/);
  });

  test('the connection state of a device follows it', async () => {
    const device = await (await hub.device('q-online', {tags: {fleet: 'online'}})).open();
    const states = () => hub.rows("SELECT deviceId, connectionState FROM devices WHERE tags.fleet = 'online' AND connectionState = 'Connected'");
    await eventually('the query finds it', async () => (await states()).length === 1);
    await device.close();
    await eventually('the query finds it no more', async () => (await states()).length === 0);
  });
});
