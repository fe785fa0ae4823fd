'use strict';
// Direct methods: Client.invokeDeviceMethod of npm azure-iothub, answered by azure-iot-device over MQTT.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const {eventually, refusal, soon, useHub} = require('./harness.js');

const hub = useHub();

/** The numeric code, which /methods answers as JSON inside the text of `Message`. */
const numeric = (error) => JSON.parse(JSON.parse(error.responseBody).Message).errorCode;

function assertNotOnline(error) {
  assert.equal(error.response.statusCode, 404);
  assert.equal(error.response.headers['iothub-errorcode'], 'DeviceNotOnline');
  assert.equal(numeric(error), 404103);
}

describe('invokeDeviceMethod', {concurrency: true}, () => {
  test('an answer comes back with its status and payload, whatever JSON that is', async () => {
    const device = await (await hub.device('m-echo')).open();
    device.on('echo', (request, response) => response.send(200, request.payload));
    await device.sync();
    for (const payload of [{a: {b: [1, 2.5, 'ä€😀']}, c: null}, 'text', 42, true, [], [null], 0, false, '']) {
      const {result} = await hub.call('m-echo', 'echo', {payload});
      assert.deepEqual(result, {status: 200, payload}, JSON.stringify(payload));
    }
    assert.equal(device.calls[0].methodName, 'echo');
  });

  test('callback style', async () => {
    const device = await (await hub.device('m-callback')).open();
    await device.on('run').sync();
    const [result, response] = await soon('the callback', new Promise((resolve, reject) => {
      hub.service.invokeDeviceMethod('m-callback', {methodName: 'run', payload: {x: 1}, responseTimeoutInSeconds: 10},
        (error, ...rest) => (error ? reject(error) : resolve(rest)));
    }));
    assert.deepEqual(result, {status: 200, payload: {device: 'm-callback', got: {x: 1}}});
    assert.equal(response.statusCode, 200);
  });

  test('without a payload the device gets null, and may answer without one', async () => {
    const device = await (await hub.device('m-null')).open();
    device.on('bare', (request, response) => response.send(204));
    await device.sync();
    const {result} = await hub.call('m-null', 'bare');
    assert.equal(device.calls[0].payload, null);
    assert.equal(result.status, 204);
    assert.equal(result.payload ?? null, null);
  });

  test('an error status of the device is a result, not an error', async () => {
    const device = await (await hub.device('m-error')).open();
    device.on('fail', (request, response) => response.send(500, {reason: 'stuck'}));
    await device.sync();
    assert.deepEqual((await hub.call('m-error', 'fail')).result, {status: 500, payload: {reason: 'stuck'}});
  });

  test('a device that is not connected: 404 DeviceNotOnline at once', async () => {
    await hub.register('m-offline');
    const began = Date.now();
    assertNotOnline(await refusal(hub.call('m-offline', 'run', {responseTimeoutInSeconds: 30})));
    assert.ok(Date.now() - began < 10_000);
  });

  test('a device that listens to no method: 404 DeviceNotOnline', async () => {
    await (await hub.device('m-deaf')).open();
    assertNotOnline(await refusal(hub.call('m-deaf', 'run')));
  });

  test('a device that is not known, or disabled: 404 DeviceNotFound', async () => {
    const unknown = await refusal(hub.call('m-nobody', 'run'));
    assert.equal(unknown.response.statusCode, 404);
    assert.equal(unknown.response.headers['iothub-errorcode'], 'DeviceNotFound');
    assert.equal(numeric(unknown), 404001);

    await hub.register('m-disabled');
    await hub.registry.update({deviceId: 'm-disabled', status: 'disabled'});
    const disabled = await refusal(hub.call('m-disabled', 'run'));
    assert.equal(disabled.response.statusCode, 404);
    assert.equal(numeric(disabled), 404001);
  });

  test('a silent device is GatewayTimeoutError; what it says later is heard by nobody', async () => {
    const device = await (await hub.device('m-silent')).open();
    const held = [];
    device.on('hold', (request, response) => held.push(response));
    await device.on('run').sync();
    const error = await refusal(hub.call('m-silent', 'hold', {responseTimeoutInSeconds: 5}));
    assert.equal(error.name, 'GatewayTimeoutError');
    assert.equal(error.response.statusCode, 504);
    assert.equal(error.response.headers['iothub-errorcode'], 'GatewayTimeout');
    assert.equal(numeric(error), 504101);
    await held[0].send(200, 'too late');
    assert.deepEqual((await hub.call('m-silent', 'run', {payload: 1})).result, {status: 200, payload: {device: 'm-silent', got: 1}});
  });

  test('a method without a handler is answered by the SDK with nothing: GatewayTimeoutError', async () => {
    const device = await (await hub.device('m-other')).open();
    await device.on('known').sync();
    const error = await refusal(hub.call('m-other', 'unknown', {responseTimeoutInSeconds: 5}));
    assert.equal(error.name, 'GatewayTimeoutError');
  });

  test('connectTimeoutInSeconds waits for a device that connects meanwhile', async () => {
    const device = await hub.device('m-late');
    let answered = false;
    const call = hub.call('m-late', 'run', {payload: 'hello', responseTimeoutInSeconds: 60, connectTimeoutInSeconds: 60})
      .finally(() => { answered = true; });
    assertNotOnline(await refusal(hub.call('m-late', 'run')));
    assert.equal(answered, false);
    await device.open();
    device.on('run');
    assert.deepEqual((await soon('the call', call)).result, {status: 200, payload: {device: 'm-late', got: 'hello'}});
  });

  test('connectTimeoutInSeconds ends when no device comes', async () => {
    await hub.register('m-never');
    assertNotOnline(await refusal(hub.call('m-never', 'run', {responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 1})));
  });

  test('a device that goes away in the middle: 404', async () => {
    const device = await (await hub.device('m-gone')).open();
    device.on('hold', () => {});
    await device.sync();
    const call = refusal(hub.call('m-gone', 'hold', {responseTimeoutInSeconds: 30}));
    await eventually('the call is there', () => device.calls.length === 1);
    await device.close();
    const error = await soon('the call', call);
    assert.equal(error.response.statusCode, 404);
    // Either symbol is documented (iot-hub.md §6.2); the SDK tells them apart no more than this.
    assert.equal(numeric(error), 404103, error.responseBody);
  });

  test('many calls of one device at once, answered out of order', async () => {
    const device = await (await hub.device('m-many')).open();
    const held = [];
    device.on('hold', (request, response) => {
      held.push([request, response]);
      if (held.length === 20) for (const [q, a] of held.reverse()) a.send(200 + q.payload, q.payload);
    });
    await device.sync();
    const results = await Promise.all(Array.from({length: 20}, (_, i) => hub.call('m-many', 'hold', {payload: i, responseTimeoutInSeconds: 30})));
    assert.deepEqual(results.map(({result}) => result), Array.from({length: 20}, (_, i) => ({status: 200 + i, payload: i})));
  });

  test('100 KB each way', async () => {
    const device = await (await hub.device('m-large')).open();
    device.on('echo', (request, response) => response.send(200, request.payload));
    await device.sync();
    const payload = {text: 'x'.repeat(100_000)};
    assert.deepEqual((await hub.call('m-large', 'echo', {payload})).result.payload, payload);
    const error = await refusal(hub.call('m-large', 'echo', {payload: 'x'.repeat(131_073)}));
    assert.ok([400, 413].includes(error.response.statusCode), String(error.response.statusCode));
  });

  test('a name with a star, as components have it', async () => {
    const device = await (await hub.device('m-star')).open();
    await device.on('thermostat1*getMaxMinReport').sync();
    assert.equal((await hub.call('m-star', 'thermostat1*getMaxMinReport', {payload: 1})).result.status, 200);
  });

  test('an odd device id', async () => {
    const id = "m:1.2%3_4,5(6)@7!$'";
    const device = await (await hub.device(id)).open();
    await device.on('run').sync();
    assert.deepEqual((await hub.call(id, 'run', {payload: 1})).result.payload, {device: id, got: 1});
  });

  test('bad arguments are ArgumentError', async () => {
    await hub.register('m-arguments');
    for (const rest of [
      {responseTimeoutInSeconds: 4}, {responseTimeoutInSeconds: 301},
      {connectTimeoutInSeconds: 301, responseTimeoutInSeconds: 300}, {connectTimeoutInSeconds: 20, responseTimeoutInSeconds: 10},
      {methodName: 'a b'}, {methodName: 'a/b'}, {methodName: 'a+'}, {methodName: '#'}, {methodName: 'x'.repeat(257)},
    ]) {
      const error = await refusal(hub.call('m-arguments', 'run', rest));
      assert.equal(error.name, 'ArgumentError', JSON.stringify(rest));
      assert.equal(numeric(error), 400004, JSON.stringify(rest));
    }
  });

  test('an answer that is no JSON (from a plain MQTT client) is BadDeviceResponseError', async () => {
    const key = await hub.register('m-garbage');
    const {ConnectionString, SharedAccessSignature} = require('azure-iot-device');
    const host = `${hub.host}:${hub.mqttPort}`;
    const cs = ConnectionString.parse(`HostName=${host};DeviceId=m-garbage;SharedAccessKey=${key}`);
    const password = SharedAccessSignature.create(cs.HostName, cs.DeviceId, cs.SharedAccessKey, Math.floor(Date.now() / 1000) + 600).toString();
    const client = require('mqtt').connect(`mqtts://${host}`, {
      protocolVersion: 4, clientId: 'm-garbage', username: `${host}/m-garbage/?api-version=2021-04-12`, password, reconnectPeriod: 0,
    });
    try {
      await soon('CONNACK', new Promise((resolve, reject) => client.on('connect', resolve).on('error', reject)));
      await soon('SUBACK', new Promise((resolve, reject) => client.subscribe('$iothub/methods/POST/#', (e) => (e ? reject(e) : resolve()))));
      client.on('message', (topic) => client.publish(`$iothub/methods/res/200/?$rid=${topic.split('$rid=')[1]}`, 'no JSON {'));
      const error = await refusal(hub.call('m-garbage', 'run'));
      assert.equal(error.name, 'BadDeviceResponseError');
      assert.equal(error.response.statusCode, 502);
    } finally {
      client.end(true);
    }
  });
});
