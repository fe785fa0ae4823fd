'use strict';
// Devices on azure-iot-device with azure-iot-device-mqtt: twin, telemetry, and above all what must go on by itself after
// a lost connection, a renewed token or a restart of the server, for the SDK subscribes to little or nothing again.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const {Message, SharedAccessKeyAuthenticationProvider, SharedAccessSignature, ConnectionString} = require('azure-iot-device');
const {Device, Link, eventually, refusal, soon, useHub} = require('./harness.js');

const hub = useHub({'host-name': ['old-hub.example.test']});

// What each connection of a device sends, only looked at: device id -> connections -> {username, packets}.
const sent = new Map();
const mqtt = require('mqtt');
const {connect} = mqtt;
mqtt.connect = (uri, options) => {
  const client = connect(uri, options);
  const packets = [];
  if (!sent.has(options.clientId)) sent.set(options.clientId, []);
  sent.get(options.clientId).push({username: options.username, packets});
  client.on('packetsend', (packet) => packets.push(packet));
  return client;
};
const subscriptions = (id, connection) => sent.get(id)[connection].packets
  .filter((packet) => packet.cmd === 'subscribe').flatMap((packet) => packet.subscriptions.map((s) => s.topic));

/** Calls a method until the device answers: it may just be on its way back. */
const answers = (id, payload, within = 30_000) => eventually(`${id} answers`, async () => {
  try {
    return (await hub.call(id, 'run', {payload, connectTimeoutInSeconds: 5})).result;
  } catch (error) {
    if (error.response?.statusCode === 404) return false;
    throw error;
  }
}, {within});

/** After whatever happened: methods, desired changes, twin reads and reports all work, without the application's doing. */
async function assertAllGoesOn(device, mark) {
  const before = device.calls.length;
  assert.deepEqual(await answers(device.id, mark), {status: 200, payload: {device: device.id, got: mark}});
  assert.equal(device.calls.length, before + 1);
  await hub.registry.updateTwin(device.id, {properties: {desired: {mark}}}, '*');
  await device.patched((patch) => patch.mark === mark);
  await device.sync();
  assert.equal(device.twin.properties.desired.mark, mark);
  await device.report({mark});
  assert.equal((await hub.registry.getTwin(device.id)).responseBody.properties.reported.mark, mark);
}

const quiet = {shouldRetry: () => false, nextRetryTimeout: () => -1};

describe('twin of the device', {concurrency: true}, () => {
  test('get, then desired changes one by one with $version and nulls', async () => {
    const device = await hub.device('t-desired');
    await hub.registry.updateTwin('t-desired', {tags: {secret: 1}, properties: {desired: {a: 1, b: {c: 2}}}}, '*');
    await (await device.open()).watch();
    const {update, ...reported} = device.twin.properties.reported;
    assert.equal(typeof update, 'function');
    assert.deepEqual(reported, {$version: 1});
    assert.deepEqual(device.twin.properties.desired, {a: 1, b: {c: 2}, $version: 2});
    const seen = [];
    device.twin.on('properties.desired.b.c', (value) => seen.push(value));

    device.patches.length = 0;
    for (let n = 0; n < 20; n++) await hub.registry.updateTwin('t-desired', {properties: {desired: {n}}}, '*');
    await hub.registry.updateTwin('t-desired', {properties: {desired: {a: null, b: {c: 3, d: null}}}}, '*');
    await device.patched((patch) => patch.b?.c === 3);
    const patches = device.patches.filter((patch) => patch.n !== undefined || patch.a === null);
    assert.deepEqual(patches.slice(0, 20), Array.from({length: 20}, (_, n) => ({n, $version: 3 + n})));
    assert.deepEqual(patches.at(-1), {a: null, b: {c: 3, d: null}, $version: 23});
    assert.equal(seen.at(-1), 3);
    assert.equal('tags' in device.twin, false);

    // A change of tags is no business of the device.
    await hub.registry.updateTwin('t-desired', {tags: {secret: 2}}, '*');
    await device.sync();
    assert.equal(device.twin.properties.desired.$version, 23);
  });

  test('a replacement by the service brings the whole new section', async () => {
    const device = await hub.device('t-replace');
    await hub.registry.updateTwin('t-replace', {properties: {desired: {a: 1, b: 2}}}, '*');
    await (await device.open()).watch();
    await hub.request('PUT', '/twins/t-replace', {body: {properties: {desired: {c: 3}}}, headers: {'If-Match': '*'}});
    assert.deepEqual(await device.patched((patch) => patch.c === 3), {c: 3, $version: 3});
  });

  test('reported updates merge and count, also many at once', async () => {
    const device = await (await hub.device('t-reported')).open();
    await device.watch();
    await device.report({a: 1, b: {c: 2, d: 3}});
    await device.report({b: {c: null}});
    await Promise.all(Array.from({length: 20}, (_, n) => device.report({[`k${n}`]: n})));
    const {responseBody: {properties: {reported}}} = await hub.registry.getTwin('t-reported');
    assert.equal(reported.a, 1);
    assert.deepEqual(reported.b, {d: 3});
    for (let n = 0; n < 20; n++) assert.equal(reported[`k${n}`], n);
    assert.equal(reported.$version, 23);
    assert.ok(reported.$metadata.b.d.$lastUpdated);
    await device.sync();
    assert.equal(device.twin.properties.reported.$version, 23);
  });

  test('a report that is refused surfaces as an error with a reason, and changes nothing', async () => {
    const device = await (await hub.device('t-refused')).open();
    await device.watch();
    let deep = 1;
    for (let level = 0; level < 11; level++) deep = {d: deep};
    for (const bad of [{'a.b': 1}, {a: [null]}, {deep}, {a: 'x'.repeat(4097)}, {a: 4503599627370497}, Object.fromEntries(Array.from({length: 9}, (_, n) => [`k${n}`, 'x'.repeat(4000)]))]) {
      const error = await refusal(device.report(bad));
      assert.ok(error.message.length > 10, error.message);
    }
    assert.equal((await hub.registry.getTwin('t-refused')).responseBody.properties.reported.$version, 1);
    await device.report({fine: true});
    assert.equal((await hub.registry.getTwin('t-refused')).responseBody.properties.reported.$version, 2);
  });
});

describe('telemetry', {concurrency: true}, () => {
  test('sendEvent is acknowledged, with every kind of property, also many at once', async () => {
    const device = await (await hub.device('t-events')).open();
    const message = new Message(JSON.stringify({temperature: 21.5}));
    Object.assign(message, {contentType: 'application/json', contentEncoding: 'utf-8', messageId: 'm/1', correlationId: 'c#1+', expiryTimeUtc: new Date()});
    message.properties.add('alert', 'yes & no = 1/2');
    message.properties.add('empty', '');
    const result = await soon('PUBACK', device.client.sendEvent(message));
    assert.equal(result.constructor.name, 'MessageEnqueued');
    await soon('PUBACKs', Promise.all(Array.from({length: 100}, (_, n) => device.client.sendEvent(new Message(Buffer.alloc(1000, n))))));
    await soon('PUBACK', device.client.sendEvent(new Message('x'.repeat(250_000))));
    assert.deepEqual(device.disconnects, []);
    await device.sync();
    await eventually('the hub has seen activity', async () =>
      (await hub.registry.getTwin('t-events')).responseBody.lastActivityTime > '2020');
  });

  test('a client that is not open connects by itself to send', async () => {
    const device = await hub.device('t-lazy');
    await soon('PUBACK', device.client.sendEvent(new Message('hello')));
    assert.equal(await hub.isConnected('t-lazy'), true);
  });
});

describe('who may connect', {concurrency: true}, () => {
  const denied = async (device) => {
    const error = await refusal(soon('the refusal', device.client.open()));
    assert.match(error.message, /Failure on first connection \(Not authorized\)/);
    return error;
  };

  test('not with a wrong key, not an unknown device', async () => {
    await hub.register('a-known');
    const wrong = Buffer.alloc(32, 7).toString('base64');
    assert.match((await denied(new Device(hub, 'a-known', wrong))).message, /Connection refused: Not authorized/);
    assert.match((await denied(new Device(hub, 'a-unknown', wrong))).message, /Connection refused: Not authorized/);
  });

  test('not with the key of another device', async () => {
    await hub.register('a-one');
    const key = await hub.register('a-two');
    await denied(new Device(hub, 'a-one', key));
  });

  test('with the secondary key', async () => {
    await hub.register('a-secondary');
    const key = (await hub.registry.get('a-secondary')).responseBody.authentication.symmetricKey.secondaryKey;
    await (await hub.device('a-secondary', {key})).open();
    assert.equal(await hub.isConnected('a-secondary'), true);
  });

  test('a disabled device is turned away, tries again, and is in when it is enabled', async () => {
    const link = await Link.to(hub);
    const device = await hub.device('a-disabled', {at: link.at});
    await hub.registry.update({deviceId: 'a-disabled', status: 'disabled'});
    const open = device.client.open();
    await eventually('it has been turned away twice', () => link.closed >= 2);
    await hub.registry.update({deviceId: 'a-disabled', status: 'enabled'});
    await soon('open', open);
    assert.equal(await hub.isConnected('a-disabled'), true);
  });

  test('under the old name of the hub, by GatewayHostName', async () => {
    const key = await hub.register('a-gateway');
    const {Client} = require('azure-iot-device');
    const {Mqtt} = require('azure-iot-device-mqtt');
    const client = Client.fromConnectionString(
      `HostName=old-hub.example.test;DeviceId=a-gateway;SharedAccessKey=${key};GatewayHostName=${hub.host}:${hub.mqttPort}`, Mqtt);
    await client.setOptions({ca: hub.ca.toString()});
    try {
      await soon('open', client.open());
      assert.equal(await hub.isConnected('a-gateway'), true);
      assert.match(sent.get('a-gateway')[0].username, /^old-hub\.example\.test\/a-gateway\//);
    } finally {
      await client.close();
    }
    await eventually('it is gone', async () => !await hub.isConnected('a-gateway'));
  });
});

describe('the connection ends and the device comes back', {concurrency: true}, () => {
  const ready = async (id, options) => {
    const link = await Link.to(hub);
    const device = await (await hub.device(id, {at: link.at, ...options})).open();
    await device.on('run').watch();
    return {link, device};
  };

  test('token renewal: a new connection, no SUBSCRIBE at all, nothing is lost', async () => {
    let provider;
    const {link, device} = await ready('s-renewal', {
      provider: (cs) => (provider = SharedAccessKeyAuthenticationProvider.fromConnectionString(cs)),
    });
    const renewed = new Promise((resolve) => { provider.once('newTokenAvailable', resolve); });
    provider.setTokenRenewalValues(3500, 600); // renews at once
    await soon('a new token', renewed);
    await eventually('the device has connected again', () => link.opened === 2 && link.closed === 1);
    await assertAllGoesOn(device, 'renewed');
    assert.equal(sent.get('s-renewal').length, 2);
    assert.deepEqual(subscriptions('s-renewal', 1), []);
  });

  test('a cut link: the SDK subscribes to methods only, the rest is remembered', async () => {
    const {link, device} = await ready('s-cut');
    for (const n of [1, 2, 3]) {
      link.cut();
      await eventually('the device has connected again', () => link.opened === n + 1 && link.closed === n);
      await assertAllGoesOn(device, `cut-${n}`);
      assert.deepEqual(subscriptions('s-cut', n).filter((topic) => !topic.startsWith('$iothub/methods')), []);
    }
  });

  test('a cut link of a device that only watches its twin: it subscribes to nothing', async () => {
    const link = await Link.to(hub);
    const device = await (await hub.device('s-watcher', {at: link.at})).open();
    await device.watch();
    link.cut();
    await eventually('the device is back', async () => link.opened === 2 && await hub.isConnected('s-watcher'));
    await hub.registry.updateTwin('s-watcher', {properties: {desired: {mark: 1}}}, '*');
    await device.patched((patch) => patch.mark === 1);
    assert.deepEqual(subscriptions('s-watcher', 1), []);
  });

  test('a device disabled in the middle is disconnected, and returns by itself when enabled', async () => {
    const {link, device} = await ready('s-disabled');
    await hub.registry.update({deviceId: 's-disabled', status: 'disabled'});
    await eventually('the connection is closed', () => link.closed >= 1);
    await eventually('the device has been turned away', () => link.closed >= 2);
    assert.equal(await hub.isConnected('s-disabled'), false);
    const error = await refusal(hub.call('s-disabled', 'run'));
    assert.equal(error.response.headers['iothub-errorcode'], 'DeviceNotFound');
    await hub.registry.update({deviceId: 's-disabled', status: 'enabled'});
    await eventually('the device is back', () => hub.isConnected('s-disabled'), {within: 40_000});
    await assertAllGoesOn(device, 'enabled');
  });

  test('a deleted device is disconnected and stays away, also when its id is registered anew', async () => {
    const {link, device} = await ready('s-deleted');
    device.client.setRetryPolicy(quiet);
    await hub.registry.delete('s-deleted');
    await eventually('the connection is closed', () => link.closed === 1);
    await hub.register('s-deleted');
    await refusal(soon('the refusal', device.client.open()));
    assert.equal(await hub.isConnected('s-deleted'), false);
  });

  test('new keys end the connection; the old key opens no more, the new one does', async () => {
    const {link, device} = await ready('s-keys');
    device.client.setRetryPolicy(quiet);
    const symmetricKey = {primaryKey: Buffer.alloc(32, 5).toString('base64'), secondaryKey: Buffer.alloc(32, 6).toString('base64')};
    await hub.registry.update({deviceId: 's-keys', authentication: {type: 'sas', symmetricKey}});
    await eventually('the connection is closed', () => link.closed === 1);
    await refusal(soon('the refusal', device.client.open()));
    await (await hub.device('s-keys', {key: symmetricKey.primaryKey})).open();
    assert.equal(await hub.isConnected('s-keys'), true);
  });

  test('a token that runs out ends the connection', async () => {
    const link = await Link.to(hub);
    const key = await hub.register('s-expiry');
    const {Client} = require('azure-iot-device');
    const {Mqtt} = require('azure-iot-device-mqtt');
    const cs = ConnectionString.parse(`HostName=${link.at};DeviceId=s-expiry;SharedAccessKey=${key}`);
    const sas = SharedAccessSignature.create(cs.HostName, cs.DeviceId, cs.SharedAccessKey, Math.floor(Date.now() / 1000) + 5).toString();
    const client = Client.fromSharedAccessSignature(sas, Mqtt);
    client.setRetryPolicy(quiet);
    const ended = new Promise((resolve) => { client.on('disconnect', resolve); });
    await soon('open', client.open());
    assert.equal(await hub.isConnected('s-expiry'), true);
    await soon('the end of the connection', ended);
    assert.equal(await hub.isConnected('s-expiry'), false);
    await client.close();
  });

  test('a second client of the same id takes over; the first one is disconnected', async () => {
    const {link, device: first} = await ready('s-twice');
    first.client.setRetryPolicy(quiet);
    first.client.onDeviceMethod('hold', () => first.calls.push('hold'));
    const held = refusal(hub.call('s-twice', 'hold', {responseTimeoutInSeconds: 60}));
    await eventually('the first has a call', () => first.calls.length === 1);

    const key = (await hub.registry.get('s-twice')).responseBody.authentication.symmetricKey.primaryKey;
    const second = await (await hub.device('s-twice', {key})).open();
    await second.on('run').watch();
    await eventually('the first connection is closed', () => link.closed === 1 && first.disconnects.length === 1);
    const error = await soon('the call in flight fails', held);
    assert.equal(error.response.statusCode, 404);
    assert.equal(await hub.isConnected('s-twice'), true);
    await assertAllGoesOn(second, 'second');
    assert.equal(first.calls.length, 1);
    assert.equal(link.opened, 1);
  });

  test('a second client with a wrong key takes nothing over', async () => {
    const {link, device} = await ready('s-intruder');
    await refusal(soon('the refusal', new Device(hub, 's-intruder', Buffer.alloc(32, 8).toString('base64')).client.open()));
    await assertAllGoesOn(device, 'still here');
    assert.deepEqual([link.opened, link.closed], [1, 0]);
  });

  test('closed and opened again by the application', async () => {
    const {device} = await ready('s-reopen');
    await soon('close', device.client.close());
    await eventually('it is disconnected', async () => !await hub.isConnected('s-reopen'));
    await device.open();
    await assertAllGoesOn(device, 'reopened');
  });

  test('a device that says goodbye is disconnected at once', async () => {
    const device = await (await hub.device('s-bye')).open();
    assert.equal(await hub.isConnected('s-bye'), true);
    await device.close();
    await eventually('it is disconnected', async () => !await hub.isConnected('s-bye'));
  });

  test('what was reported while nobody looked, and wished while it was away, is in the twin', async () => {
    const device = await (await hub.device('s-away')).open();
    await device.watch();
    await device.report({before: 1});
    await soon('close', device.client.close());
    await hub.registry.updateTwin('s-away', {properties: {desired: {wish: 1}}}, '*');
    const key = (await hub.registry.get('s-away')).responseBody.authentication.symmetricKey.primaryKey;
    const again = await (await hub.device('s-away', {key})).open();
    await again.watch();
    assert.equal(again.twin.properties.desired.wish, 1);
    assert.equal(again.twin.properties.reported.before, 1);
  });
});

describe('the server restarts', () => {
  test('on the same data and addresses, devices go on by themselves: after SIGTERM and after kill -9', async () => {
    const full = await (await hub.device('z-full')).open();
    await full.on('run').watch();
    const watcher = await (await hub.device('z-watcher')).open();
    await watcher.watch();
    for (const signal of ['SIGTERM', 'SIGKILL']) {
      const connections = sent.get('z-full').length;
      const how = await hub.restart(signal);
      assert.equal(how, signal === 'SIGTERM' ? 0 : 'SIGKILL');
      for (const device of [full, watcher]) await eventually(`${device.id} is back`, () => hub.isConnected(device.id), {within: 40_000});
      await assertAllGoesOn(full, `after ${signal}`);
      await hub.registry.updateTwin('z-watcher', {properties: {desired: {mark: signal}}}, '*');
      await watcher.patched((patch) => patch.mark === signal);
      for (let n = connections; n < sent.get('z-full').length; n++) {
        assert.deepEqual(subscriptions('z-full', n).filter((topic) => !topic.startsWith('$iothub/methods')), [], 'the rest was remembered');
      }
      assert.deepEqual(sent.get('z-watcher').slice(1).flatMap((_, n) => subscriptions('z-watcher', n + 1)), []);
    }
  });
});
