import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { connectionString, mosquittoSnippet, partsOf, signature, snippet } from "./snippets";

const connection = {
  host: "hub.example.test:8884",
  idScope: "0ne000A1",
  deviceId: "pump'7",
  key: Buffer.from("secret of the device").toString("base64"),
};

test("host, scope, id and key stand in every program", () => {
  for (const language of ["python", "node", "csharp"] as const) {
    for (const part of [connection.host, connection.deviceId, connection.key]) {
      expect(snippet(language, "direct", connection)).toContain(part);
      expect(snippet(language, "provisioning", connection)).toContain(part);
    }
    expect(snippet(language, "provisioning", connection)).toContain(connection.idScope);
  }
  expect(connectionString(connection)).toBe(
    `HostName=hub.example.test:8884;DeviceId=pump'7;SharedAccessKey=${connection.key}`,
  );
});

test("a token that the server accepts", async () => {
  const text = await signature(connection, 1_800_000_000);
  const resource = "hub.example.test%2Fdevices%2Fpump'7";
  const signed = createHmac("sha256", "secret of the device")
    .update(`${resource}\n1800000000`)
    .digest("base64");
  expect(text).toBe(`SharedAccessSignature sr=${resource}&sig=${encodeURIComponent(signed)}&se=1800000000`);
});

test("the shell reads id and token as they are", () => {
  const text = mosquittoSnippet(connection, "a'b");
  expect(text).toContain(String.raw`-i 'pump'\''7'`);
  expect(text).toContain(String.raw`-P 'a'\''b'`);
  expect(text).toContain("-h hub.example.test -p 8884 ");
  expect(mosquittoSnippet({ ...connection, host: "h" }, "")).toContain("-h h -p 8883 ");
});

test("host and port", () => {
  expect(partsOf("h:1")).toEqual({ name: "h", port: "1" });
  expect(partsOf("h")).toEqual({ name: "h", port: undefined });
  expect(partsOf("[::1]:8883")).toEqual({ name: "[::1]", port: "8883" });
});
