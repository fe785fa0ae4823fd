import { quoted } from "../../app/shell";

/** What a device needs to connect. */
export interface Connection {
  /** The host that devices connect to, with a port where it is not the usual one. */
  readonly host: string;
  readonly idScope: string;
  readonly deviceId: string;
  /** Base64. */
  readonly key: string;
}

export type SnippetLanguage = "python" | "node" | "csharp" | "mosquitto";

/** How the hub is found: the provisioning service says it, or it is known. */
export type Way = "provisioning" | "direct";

export const SNIPPET_LANGUAGES: Record<SnippetLanguage, string> = {
  python: "Python",
  node: "Node.js",
  csharp: "C#",
  mosquitto: "mosquitto",
};

/** What the Azure IoT device SDKs take. */
export function connectionString({ host, deviceId, key }: Omit<Connection, "idScope">): string {
  return `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${key}`;
}

/** A program with the stock SDK of a language that connects and reports one property. */
export function snippet(
  language: Exclude<SnippetLanguage, "mosquitto">,
  way: Way,
  connection: Connection,
): string {
  return SNIPPETS[language][way](connection);
}

const SNIPPETS: Record<
  Exclude<SnippetLanguage, "mosquitto">,
  Record<Way, (connection: Connection) => string>
> = {
  python: {
    provisioning: ({ host, idScope, deviceId, key }) => `# pip install azure-iot-device
from azure.iot.device import IoTHubDeviceClient, ProvisioningDeviceClient

ca = open("ca.pem").read()
hub = ProvisioningDeviceClient.create_from_symmetric_key(
    provisioning_host="${host}", registration_id="${deviceId}", id_scope="${idScope}",
    symmetric_key="${key}", server_verification_cert=ca).register().registration_state.assigned_hub
device = IoTHubDeviceClient.create_from_symmetric_key(
    "${key}", hub, "${deviceId}", server_verification_cert=ca)
device.connect()
device.patch_twin_reported_properties({"hello": "world"})`,
    direct: (connection) => `# pip install azure-iot-device
from azure.iot.device import IoTHubDeviceClient
device = IoTHubDeviceClient.create_from_connection_string(
    "${connectionString(connection)}", server_verification_cert=open("ca.pem").read())
device.patch_twin_reported_properties({"hello": "world"})`,
  },
  node: {
    provisioning: ({
      host,
      idScope,
      deviceId,
      key,
    }) => `// npm install azure-iot-device azure-iot-device-mqtt azure-iot-provisioning-device \\
//   azure-iot-provisioning-device-mqtt azure-iot-security-symmetric-key
// NODE_EXTRA_CA_CERTS=ca.pem node device.mjs
import provisioning from "azure-iot-provisioning-device";
import provisioningMqtt from "azure-iot-provisioning-device-mqtt";
import security from "azure-iot-security-symmetric-key";
import device from "azure-iot-device";
import mqtt from "azure-iot-device-mqtt";

const key = new security.SymmetricKeySecurityClient("${deviceId}", "${key}");
const { assignedHub } = await provisioning.ProvisioningDeviceClient
  .create("${host}", "${idScope}", new provisioningMqtt.Mqtt(), key).register();
const client = device.Client.fromConnectionString(
  \`HostName=\${assignedHub};DeviceId=${deviceId};SharedAccessKey=${key}\`, mqtt.Mqtt);
const twin = await client.getTwin();
twin.properties.reported.update({ hello: "world" }, console.log);`,
    direct: (connection) => `// npm install azure-iot-device azure-iot-device-mqtt
// NODE_EXTRA_CA_CERTS=ca.pem node device.cjs
const [{ Client }, { Mqtt }] = [require("azure-iot-device"), require("azure-iot-device-mqtt")];
const device = Client.fromConnectionString("${connectionString(connection)}", Mqtt);
device.getTwin((error, twin) => twin.properties.reported.update({ hello: "world" }, console.log));`,
  },
  csharp: {
    provisioning: ({ host, idScope, deviceId, key }) => `// dotnet add package Microsoft.Azure.Devices.Client
// dotnet add package Microsoft.Azure.Devices.Provisioning.Client
// dotnet add package Microsoft.Azure.Devices.Provisioning.Transport.Mqtt
using Microsoft.Azure.Devices.Client;
using Microsoft.Azure.Devices.Provisioning.Client;
using Microsoft.Azure.Devices.Provisioning.Client.Transport;
using Microsoft.Azure.Devices.Shared;

using var key = new SecurityProviderSymmetricKey("${deviceId}", "${key}", null);
using var transport = new ProvisioningTransportHandlerMqtt();
var found = await ProvisioningDeviceClient
    .Create("${host}", "${idScope}", key, transport).RegisterAsync();
var device = DeviceClient.Create(found.AssignedHub,
    new DeviceAuthenticationWithRegistrySymmetricKey(found.DeviceId, "${key}"), TransportType.Mqtt);
await device.UpdateReportedPropertiesAsync(new TwinCollection("{\\"hello\\": \\"world\\"}"));`,
    direct: (connection) => `// dotnet add package Microsoft.Azure.Devices.Client
using Microsoft.Azure.Devices.Client;
var device = DeviceClient.CreateFromConnectionString("${connectionString(connection)}", TransportType.Mqtt);
await device.UpdateReportedPropertiesAsync(new(@"{""hello"": ""world""}"));`,
  },
};

/** A call of mosquitto's client that reports one property; the password is a token that the page signed. */
export function mosquittoSnippet({ host, deviceId }: Connection, password: string): string {
  const { name, port } = partsOf(host);
  return `mosquitto_pub -h ${name} -p ${port ?? "8883"} --cafile ca.pem -V mqttv311 \\
  -i ${quoted(deviceId)} -u ${quoted(`${name}/${deviceId}/?api-version=2021-04-12`)} \\
  -P ${quoted(password)} \\
  -t '$iothub/twin/PATCH/properties/reported/?$rid=1' -m '{"hello": "world"}'`;
}

/** Host and port; without a port the usual one holds. An IPv6 address stands in brackets. */
export function partsOf(host: string): { readonly name: string; readonly port: string | undefined } {
  const [, name = host, port] = /^(.*?)(?::(\d+))?$/.exec(host) ?? [];
  return { name, port };
}

/**
 * A shared access signature with which the device signs in until `expiry`, in s since 1970 (device-protocol.md §2). The
 * key does not leave the browser. Undefined where the browser signs nothing: the page did not come over HTTPS.
 */
export async function signature(
  { host, deviceId, key }: Omit<Connection, "idScope">,
  expiry: number,
): Promise<string | undefined> {
  // Lacks in pages that did not come over HTTPS, whatever the types say.
  const subtle = crypto.subtle as SubtleCrypto | undefined;
  if (!subtle) return undefined;
  const resource = encodeURIComponent(`${partsOf(host).name}/devices/${deviceId}`);
  const secret = Uint8Array.from(atob(key), (character) => character.charCodeAt(0));
  const signer = await subtle.importKey("raw", secret, { name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
  const signed = await subtle.sign("HMAC", signer, new TextEncoder().encode(`${resource}\n${expiry}`));
  const text = btoa(String.fromCharCode(...new Uint8Array(signed)));
  return `SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(text)}&se=${expiry}`;
}
