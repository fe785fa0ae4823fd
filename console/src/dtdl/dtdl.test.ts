import { describe, expect, test } from "vitest";
import { parseExact } from "./exactJson";
import { capabilitiesOf } from "./model";
import type { Schema, SimpleKind } from "./schema";
import { translator } from "../texts/catalogue";
import { en } from "../texts/en";
import { sayFault } from "./sayFault";
import { faultsOf, settled } from "./value";

const model = {
  "@id": "dtmi:acme:cooler;1",
  "@type": "Interface",
  contents: [
    { "@type": ["Telemetry", "Temperature"], name: "temperature", schema: "double" },
    {
      "@type": ["Property", "NumberValue"],
      name: "speed",
      displayName: { en: "Speed", ko: "속도" },
      writable: true,
      schema: "integer",
      minValue: 0,
      maxValue: 100,
      displayUnit: "rpm",
    },
    { "@type": "Property", name: "serial", schema: "string" },
    { "@type": ["SemanticType/Property", "SemanticType/Cloud"], name: "customer", schema: "string" },
    {
      "@type": "Command",
      name: "restart",
      durable: true,
      request: {
        name: "how",
        schema: {
          "@type": "Object",
          fields: [
            { name: "after", schema: "duration" },
            { name: "mode", schema: "dtmi:acme:mode;1" },
          ],
        },
      },
    },
    { "@type": "Command", name: "blink" },
    { "@type": "Component", name: "fan", displayName: "Fan", schema: "dtmi:acme:fan;1" },
    { "@type": ["Relationship", "EdgeModule"], name: "edge", target: [] },
  ],
  extends: {
    "@type": "Interface",
    "@id": "dtmi:acme:base;1",
    contents: [
      {
        "@type": "Property",
        name: "mode",
        writable: true,
        schema: {
          "@id": "dtmi:acme:mode;1",
          "@type": "Enum",
          valueSchema: "integer",
          enumValues: [
            { name: "slow", enumValue: 1 },
            { name: "fast", displayName: "Fast", enumValue: 2 },
          ],
        },
      },
    ],
  },
  schemas: [
    {
      "@id": "dtmi:acme:fan;1",
      "@type": "Interface",
      contents: [{ "@type": "Property", name: "target", writable: true, schema: "double" }],
    },
  ],
};

describe("what a template says", () => {
  const found = capabilitiesOf(model, "ko-KR");

  test("properties and commands, inherited ones and those of components", () => {
    expect(found.map(({ path, kind }) => [path, kind])).toEqual([
      ["speed", "property"],
      ["serial", "readOnlyProperty"],
      ["customer", "cloudProperty"],
      ["restart", "command"],
      ["blink", "command"],
      ["mode", "property"],
      ["fan.target", "property"],
    ]);
  });

  test("names in the reader's language, bounds, unit, the component's name", () => {
    expect(found[0]).toMatchObject({ label: "속도", minimum: 0, maximum: 100, unit: "rpm" });
    expect(found.at(-1)).toMatchObject({ label: "target", component: "Fan" });
  });

  test("a request's schema, its references followed", () => {
    const restart = found[3];
    expect(restart).toMatchObject({ takesValue: true, durable: true });
    const fields = restart?.schema?.kind === "object" ? restart.schema.fields : [];
    expect(fields[1]?.schema).toMatchObject({
      kind: "enum",
      options: [{ label: "slow" }, { label: "Fast" }],
    });
    expect(found[4]).toMatchObject({ takesValue: false, schema: undefined });
  });

  test("nonsense and rings are left out", () => {
    const ring = { "@id": "a", "@type": "Interface", contents: [], extends: "a" };
    for (const odd of [null, 7, [], {}, { contents: {} }, { contents: [null, 3, {}] }, ring])
      expect(capabilitiesOf(odd, "en")).toEqual([]);
  });
});

describe("values", () => {
  const simple = (kind: SimpleKind): Schema => ({ kind });
  test.each<[SimpleKind, unknown[], unknown[]]>([
    ["boolean", [true, "false"], [1, "yes", null]],
    ["integer", [0, "-2147483648", 2147483647], [1.5, 2147483648, "1.0", "", "1e3"]],
    ["long", ["9223372036854775807", 5], ["9223372036854775808", "x"]],
    ["double", [1.5, "-0.25", "1e5"], ["1.", "1e999", "", "NaN", true]],
    ["string", ["", "x"], [1, null, {}]],
    ["date", ["2024-02-29"], ["2026-02-29", "2026-2-3", 1]],
    ["time", ["23:59:60Z", "12:30:00.5"], ["24:00:00", "12:00"]],
    ["dateTime", ["2021-06-15T05:00:00.000Z", "2021-06-15T05:00:00"], ["2021-06-15", "2021-06-31T05:00:00Z"]],
    ["duration", ["PT5M", "P1DT2H", "-P1W", "PT0.5S"], ["P", "PT", "5 minutes", "PT5"]],
    [
      "geopoint",
      [
        { lat: 1, lon: 2 },
        { lat: 1, lon: 2, alt: 3 },
      ],
      [{ lat: 1 }, { lat: 1, lon: 2, x: 1 }, []],
    ],
    ["vector", [{ x: 1, y: 2, z: "3" }], [{ x: 1, y: 2 }, "1"]],
  ])("%s", (kind, right, wrong) => {
    for (const value of right) expect(faultsOf(simple(kind), value), JSON.stringify(value)).toEqual([]);
    for (const value of wrong) expect(faultsOf(simple(kind), value), JSON.stringify(value)).not.toEqual([]);
  });

  test("faults say where and what", () => {
    expect(faultsOf({ kind: "double" }, 101, { minimum: 0, maximum: 100 })).toEqual([
      { path: [], rule: "most", bound: 100 },
    ]);
    const schema: Schema = {
      kind: "object",
      fields: [{ name: "a", label: "a", schema: { kind: "array", items: { kind: "integer" } } }],
    };
    expect(faultsOf(schema, { a: [1, "x"], b: 1 })).toEqual([
      { path: ["b"], rule: "field" },
      { path: ["a", "[1]"], rule: "whole" },
    ]);
  });

  test("faults are sentences", () => {
    const t = translator(en, "en");
    expect(sayFault({ path: ["a", "[1]", "b"], rule: "whole" }, t)).toBe(
      "a[1].b: This must be a whole number.",
    );
    expect(sayFault({ path: [], rule: "most", bound: 100 }, t)).toBe("This must be at most 100.");
  });

  test("what was typed is sent as what it is; digits are never lost", () => {
    expect(settled({ kind: "integer" }, "12")).toBe(12);
    expect(settled({ kind: "double" }, "1.50")).toBe(1.5);
    expect(settled({ kind: "long" }, "9007199254740993")).toBe("9007199254740993");
    expect(settled({ kind: "double" }, "1.")).toBe("1.");
    expect(settled({ kind: "double" }, "0.12345678901234567891")).toBe("0.12345678901234567891");
    expect(settled({ kind: "string" }, "12")).toBe("12");
    expect(settled({ kind: "geopoint" }, { lat: "1", lon: undefined })).toEqual({ lat: 1 });
  });
});

test("JSON is read without losing digits", () => {
  expect(
    parseExact(
      '{"a":9007199254740993,"b":[1.50,-7],"c":1e999,"e":0.12345678901234567891,"d":"9007199254740993"}',
    ),
  ).toEqual({
    a: "9007199254740993",
    b: [1.5, -7],
    c: "1e999",
    e: "0.12345678901234567891",
    d: "9007199254740993",
  });
  expect(() => parseExact("{")).toThrow(SyntaxError);
});
