'use strict';
// Devices that know an ID scope and a key and nothing else: azure-iot-provisioning-device over MQTT and over HTTPS, then
// azure-iot-device on the hub that it names.
const {describe, test} = require('node:test');
const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const {ProvisioningDeviceClient} = require('azure-iot-provisioning-device');
const {Http} = require('azure-iot-provisioning-device-http');
const {Mqtt} = require('azure-iot-provisioning-device-mqtt');
const {SymmetricKeySecurityClient} = require('azure-iot-security-symmetric-key');
const {Device, refusal, soon, useHub} = require('./harness.js');

const hub = useHub({'provisioning-retry-after': 1});

/** As the samples compute it. */
const derived = (key, id) => crypto.createHmac('sha256', Buffer.from(key, 'base64')).update(id).digest('base64');

const group = async () => (await hub.central('GET', '/enrollmentGroups')).value.find((g) => g.id === 'SAS-IoT-Devices');
const keys = async () => (await group()).attestation.symmetricKey;

/** Where each transport finds the server, and what it is. */
const transports = {
  MQTT: () => [`${hub.host}:${hub.mqttPort}`, new Mqtt()],
  HTTPS: () => [hub.host, new Http()],
};

async function register(transport, id, key, {scope, payload} = {}) {
  const [host, made] = transports[transport]();
  const security = new SymmetricKeySecurityClient(id, key);
  const client = ProvisioningDeviceClient.create(host, scope ?? (await group()).idScope, made, security);
  if (payload) client.setProvisioningPayload(payload);
  return soon(`${id} registers over ${transport}`, client.register());
}

for (const transport of Object.keys(transports)) {
  describe(`provisioning over ${transport}`, () => {
    const name = (stem) => `${stem}-${transport.toLowerCase()}`;

    test('a new device, then its hub, a twin and a method', async () => {
      const id = name('new');
      const key = derived((await keys()).primaryKey, id);
      const result = await register(transport, id, key, {payload: {modelId: 'dtmi:com:example:Thermostat;1'}});
      assert.equal(result.status, 'assigned');
      assert.equal(result.deviceId, id);
      assert.equal(result.assignedHub, `${hub.host}:${hub.mqttPort}`);

      // The sample makes its connection string of just this.
      const device = new Device(hub, id, key, {at: result.assignedHub});
      await device.open();
      await device.on('run').watch();
      assert.ok(await hub.isConnected(id));
      await hub.registry.updateTwin(id, {properties: {desired: {a: 1}}}, '*');
      await device.patched((patch) => patch.a === 1);
      assert.deepEqual((await hub.call(id, 'run', {payload: 5})).result.payload, {device: id, got: 5});

      const told = await hub.central('GET', `/devices/${id}/credentials`);
      assert.equal(told.symmetricKey.primaryKey, key);
      const again = await register(transport, id, told.symmetricKey.secondaryKey);
      assert.equal(again.assignedHub, result.assignedHub);
      await device.sync();
    });

    test('who has no good key is refused', async () => {
      const id = name('refused');
      const {primaryKey} = await keys();
      for (const [key, scope] of [[primaryKey], [derived(primaryKey, 'other')], [derived(primaryKey, id), '0ne00000000']]) {
        const error = await refusal(register(transport, id, key, {scope}));
        // Over MQTT the client makes one plain error of every failure of its first connection.
        assert.match(`${error.name} ${error.message}`, /UnauthorizedError|Not authorized/);
      }
      assert.equal((await hub.request('GET', `/devices/${id}`)).status, 404);
    });

    test('a blocked device is told so', async () => {
      const id = name('blocked');
      const key = derived((await keys()).primaryKey, id);
      await register(transport, id, key);
      await hub.registry.update({...(await hub.registry.get(id)).responseBody, status: 'disabled'});
      const error = await refusal(register(transport, id, key));
      assert.equal(error.result?.status ?? error.responseBody?.status, 'disabled', `${error}`);
    });
  });
}
