'use strict';
// Devices that speak MQTT over WebSocket, by the SDK's own transport for it.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const https = require('node:https');
const {Message} = require('azure-iot-device');
const {WebSocket} = require('ws');
const {Device, eventually, refusal, soon, useHub} = require('./harness.js');

const hub = useHub();
/** The transport dials port 443 and opens its sockets itself: nothing in this process can lead them elsewhere. */
const overSocket = (name, body) => test(name, (t) => {
  const {redirect} = hub.where;
  return redirect ? t.skip(`port 443 may not be bound here: ${redirect}`) : body();
});
const socketDevice = async (id, options = {}) => (await hub.device(id, {transport: 'MqttWs', ...options})).open();

/** How the server answers a request to open a WebSocket. */
const upgrade = (path, protocol, headers = {}) => soon(`${path} is answered`, new Promise((resolve, reject) => {
  const request = https.request({
    host: hub.host, port: hub.port, path, agent: false, ca: hub.ca,
    headers: {
      'Connection': 'Upgrade', 'Upgrade': 'websocket', 'Sec-WebSocket-Version': '13', 'Sec-WebSocket-Key': 'AAAAAAAAAAAAAAAAAAAAAA==',
      ...(protocol ? {'Sec-WebSocket-Protocol': protocol} : {}), ...headers,
    },
  });
  request.on('upgrade', (response, socket) => { socket.destroy(); resolve([101, response.headers['sec-websocket-protocol']]); });
  request.on('response', (response) => {
    const chunks = [];
    response.on('data', (chunk) => chunks.push(chunk));
    response.on('end', () => resolve([response.statusCode, Buffer.concat(chunks).toString()]));
  });
  request.on('error', reject);
  request.end();
}));

describe('A device over WebSocket', () => {
  overSocket('has its twin, methods and telemetry', async () => {
    const device = await socketDevice('ws-1');
    device.on('run');
    await device.watch();
    assert.equal(await hub.isConnected('ws-1'), true);
    const {result} = await hub.call('ws-1', 'run', {payload: {a: 1}});
    assert.deepEqual(result.payload, {device: 'ws-1', got: {a: 1}});
    await hub.registry.updateTwin('ws-1', {properties: {desired: {n: 1}}}, '*');
    await device.patched((patch) => patch.n === 1);
    await device.report({firmware: '1.2'});
    assert.equal((await hub.registry.getTwin('ws-1')).responseBody.properties.reported.firmware, '1.2');
    await soon('telemetry is taken', device.client.sendEvent(new Message('{"t":1}')));
    // Longer than what is written or read at a time.
    await soon('a long message is taken', device.client.sendEvent(new Message('x'.repeat(250_000))));
    const large = 'y'.repeat(100_000);
    assert.equal((await hub.call('ws-1', 'run', {payload: {large}})).result.payload.got.large, large);
    await device.close();
    await eventually('it is gone', async () => !(await hub.isConnected('ws-1')));
  });

  overSocket('is refused with a wrong key', async () => {
    await hub.register('ws-wrong');
    const device = new Device(hub, 'ws-wrong', Buffer.alloc(32, 7).toString('base64'), {transport: 'MqttWs'});
    assert.equal((await refusal(device.open())).name, 'UnauthorizedError');
  });

  overSocket('and one over TCP of the same id: the newer stays', async () => {
    const key = await hub.register('ws-two');
    const first = await socketDevice('ws-two', {key});
    const second = await (await hub.device('ws-two', {key})).open();
    second.on('run');
    await second.sync();
    assert.equal((await hub.call('ws-two', 'run')).result.status, 200);
    assert.equal(second.calls.length, 1);
    await first.close();
  });

  overSocket('comes back after a restart of the server, with all that it had subscribed to', async () => {
    const device = await socketDevice('ws-back');
    device.on('run');
    await device.watch();
    await hub.restart();
    await eventually('it answers again', async () => {
      try {
        return (await hub.call('ws-back', 'run', {connectTimeoutInSeconds: 5})).result.status === 200;
      } catch {
        return false;
      }
    }, {within: 60_000, every: 500});
    await hub.registry.updateTwin('ws-back', {properties: {desired: {after: true}}}, '*');
    await device.patched((patch) => patch.after === true);
  });
});

describe('Opening a WebSocket', () => {
  test('the sub-protocol comes back as it was offered, at both paths', async () => {
    assert.deepEqual(await upgrade('/$iothub/websocket', 'mqtt'), [101, 'mqtt']);
    assert.deepEqual(await upgrade('/$iothub/websocket', 'MQTT'), [101, 'MQTT']);
    assert.deepEqual(await upgrade('/$iothub/websocket?iothub-no-client-cert=true', 'mqtt'), [101, 'mqtt']);
    assert.deepEqual(await upgrade('/', 'mqtt'), [101, 'mqtt']);
  });

  test('what is no MQTT is told so', async () => {
    for (const [protocol, text] of [['AMQPWSB10', /AMQP is not served/], [undefined, /sub-protocol mqtt/]]) {
      const [status, body] = await upgrade('/$iothub/websocket', protocol);
      assert.equal(status, 400);
      assert.match(JSON.parse(body).Message, text);
    }
    const plain = await hub.request('GET', '/$iothub/websocket', {token: null, bare: true});
    assert.equal(plain.status, 400);
    assert.match(plain.json.Message, /^ErrorCode:GenericBadRequest;/);
  });

  test('text, and frames that are too long, end the connection', async () => {
    for (const message of ['text', Buffer.alloc(300 * 1024)]) {
      const socket = new WebSocket(`wss://${hub.host}:${hub.port}/$iothub/websocket`, 'mqtt', {ca: hub.ca});
      await soon('it opens', new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject)));
      const closed = new Promise((resolve) => socket.once('close', resolve).on('error', () => {}));
      socket.send(message);
      await soon('it is closed', closed);
    }
    assert.equal((await hub.request('GET', '/readyz', {token: null, bare: true})).status, 200);
  });
});
