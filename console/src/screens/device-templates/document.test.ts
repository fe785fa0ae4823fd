import { describe, expect, test } from "vitest";
import { capabilitiesOf } from "../../dtdl/model";
import {
  editable,
  exported,
  faultsOf,
  idOfName,
  importedTemplate,
  isTemplateId,
  nextVersion,
  placeOfMessage,
  sampleTemplate,
} from "./document";

const rules = (text: string) => faultsOf(text).map(({ rule, line }) => [rule, line]);

describe("faults while one types", () => {
  test("the sample has none", () => {
    expect(faultsOf(sampleTemplate("Fan", "dtmi:a:fan;1"))).toEqual([]);
  });

  test("no JSON, no object, no model, no interface", () => {
    expect(rules("{\n  x}")).toEqual([["json", 2]]);
    expect(rules("[]")).toEqual([["object", 1]]);
    expect(rules('{"capabilityModel": 1}')).toEqual([["model", 1]]);
    expect(rules('{"capabilityModel": {\n"@type": "Thing"}}')).toEqual([["interface", 2]]);
    expect(rules('{"capabilityModel": {"@type": "Interface",\n"contents": {}}}')).toEqual([["contents", 2]]);
  });

  test("names, kinds and schemas, in components too", () => {
    const text = `{"capabilityModel": {"@type": "Interface", "contents": [
      {"@type": "Property", "name": "a", "schema": "string"},
      {"@type": "Property", "name": "a", "schema": "string"},
      {"@type": "Property", "name": "_b", "schema": "string"},
      {"@type": ["Property", "Telemetry"], "name": "c", "schema": "string"},
      {"@type": "Property", "name": "d"},
      {"@type": "Command", "name": "e"},
      {"@type": "Component", "name": "f", "schema": {"@type": "Interface", "contents": [
        {"name": "g"}]}}]}}`;
    expect(rules(text)).toEqual([
      ["twice", 3],
      ["name", 4],
      ["kind", 5],
      ["schema", 6],
      ["kind", 9],
    ]);
  });
});

test("the server's message leads to its line", () => {
  const text = sampleTemplate("Fan", "dtmi:a:fan;1");
  const { line } = placeOfMessage(text, "capabilityModel.contents[1].schema: must be one of …") ?? {
    line: 0,
  };
  expect(text.split("\n")[line - 1]).toContain('"schema": "integer"');
  expect(placeOfMessage(text, "devices are assigned: to it")).toBeUndefined();
  expect(placeOfMessage("{", "capabilityModel: is missing")).toBeUndefined();
});

test("what the server sets is not edited, and the etag not exported; digits stay", () => {
  const text = '{"@id":"dtmi:a;1","etag":"x","capabilityModel":{"minValue":12345678901234567890}}';
  expect(editable(text)).toBe('{\n  "capabilityModel": {\n    "minValue": 12345678901234567890\n  }\n}');
  expect(exported(text)).toContain('"@id": "dtmi:a;1"');
  expect(exported(text)).not.toContain("etag");
});

describe("import", () => {
  test("a template as IoT Central exports it, with a byte-order mark", () => {
    const file = `\uFEFF{"@id":"dtmi:a:t;1","@type":["ModelDefinition","DeviceModel"],"displayName":"T",
      "capabilityModel":{"@type":"Interface","contents":[]},"etag":"1"}`;
    const found = importedTemplate(file);
    expect(found).toMatchObject({ id: "dtmi:a:t;1", name: "T" });
    expect(found && faultsOf(found.text)).toEqual([]);
    expect(found?.text).not.toContain("etag");
  });

  test("a DTDL interface, and a list of them: those that are named are written out once", () => {
    const file = JSON.stringify([
      {
        "@id": "dtmi:a:main;1",
        "@type": "Interface",
        displayName: { en: "Main" },
        contents: [
          { "@type": "Component", name: "one", schema: "dtmi:a:fan;1" },
          { "@type": "Component", name: "two", schema: "dtmi:a:fan;1" },
        ],
      },
      {
        "@id": "dtmi:a:fan;1",
        "@type": "Interface",
        contents: [{ "@type": "Property", name: "speed", schema: "double", writable: true }],
      },
    ]);
    const found = importedTemplate(file);
    expect(found).toMatchObject({ id: "dtmi:a:main;1", name: "Main" });
    const { capabilityModel } = JSON.parse(found?.text ?? "") as { capabilityModel: unknown };
    expect(capabilitiesOf(capabilityModel, "en").map(({ path }) => path)).toEqual(["one.speed", "two.speed"]);
    expect(found?.text.match(/"speed"/g)).toHaveLength(1);
  });

  test("what is no template is none", () => {
    for (const file of ["[]", "{}", "7", '[{"@type":"Interface"},{"@type":"Thing"}]'])
      expect(importedTemplate(file)).toBeUndefined();
    expect(() => importedTemplate("id,name")).toThrow();
  });
});

test("ids", () => {
  expect(idOfName("Night fan 2")).toBe("dtmi:devices:nightFan2;1");
  expect(idOfName("Kühlgerät")).toBe("dtmi:devices:kuhlgerat;1");
  expect(idOfName("팬")).toBe("dtmi:devices:template;1");
  expect(nextVersion("dtmi:a:b;9")).toBe("dtmi:a:b;10");
  expect(nextVersion("urn:a")).toBe("urn:a;2");
  expect(isTemplateId("dtmi:a:b;1")).toBe(true);
  for (const id of ["", "a b", 'a"b', "é", "x".repeat(257)]) expect(isTemplateId(id)).toBe(false);
});
