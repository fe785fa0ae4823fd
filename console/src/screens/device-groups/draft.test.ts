import { expect, test } from "vitest";
import { capabilitiesOf } from "../../dtdl/model";
import { brokenBy, draftOf, emptyRow, filterOf, operandsOf, withOperand } from "./draft";
import { readFilter, writeFilter } from "./filter";

const capabilities = capabilitiesOf(
  {
    "@type": "Interface",
    contents: [
      { "@type": "Property", name: "speed", schema: "double" },
      { "@type": ["Property", "Cloud"], name: "site", schema: "string" },
      { "@type": "Property", name: "shape", schema: { "@type": "Object", fields: [] } },
      {
        "@type": "Property",
        name: "mode",
        schema: { "@type": "Enum", valueSchema: "integer", enumValues: [{ name: "slow", enumValue: 1 }] },
      },
      { "@type": "Command", name: "restart" },
      {
        "@type": "Component",
        name: "fan",
        schema: { "@type": "Interface", contents: [{ "@type": "Property", name: "on", schema: "boolean" }] },
      },
    ],
  },
  "en",
);

test("rows can be about what a device is and what its template compares", () => {
  const operands = operandsOf(capabilities).map(({ name, kind }) => `${name} ${kind}`);
  expect(operands).toEqual([
    "$id string",
    "$displayName string",
    "$provisioned boolean",
    "$simulated boolean",
    "$enabled boolean",
    "speed number",
    "site string",
    "mode number",
    "fan.on boolean",
  ]);
});

test("what was read is written again, an empty text too", () => {
  const text = 'SELECT * FROM devices WHERE $template = "t" AND site = "" AND speed > 1.50';
  const filter = readFilter(text);
  const again = filter && filterOf(draftOf(filter));
  expect(again && writeFilter(again)).toBe(text);
});

test("a row that lacks something makes no filter: it would select more than is shown", () => {
  const draft = { template: "t", joiner: "AND", rows: [emptyRow()] } as const;
  expect(filterOf(draft)).toBeUndefined();
  const [row] = draft.rows;
  expect(
    filterOf({ ...draft, rows: [{ ...row, operand: "speed", kind: "number", text: "fast" }] }),
  ).toBeUndefined();
  expect(
    filterOf({ ...draft, rows: [{ ...row, operand: "speed", kind: "number", text: "1" }] }),
  ).toBeDefined();
  expect(filterOf({ ...draft, rows: [] })).toBeDefined();
});

test("another operand keeps what still means something", () => {
  const operands = new Map(operandsOf(capabilities).map((operand) => [operand.name, operand]));
  const row = { ...emptyRow(), operand: "speed", kind: "number", operator: "<", text: "5" } as const;
  const site = operands.get("site");
  const on = operands.get("fan.on");
  expect(site && withOperand(row, site)).toMatchObject({ kind: "string", text: undefined, operator: "<" });
  expect(on && withOperand(row, on)).toMatchObject({ kind: "boolean", operator: "=" });
});

test("a filter that names what is gone is broken", () => {
  const templates = new Map([["t", capabilities]]);
  const broken = (text: string) => {
    const filter = readFilter(text);
    return filter && brokenBy(filter, templates);
  };
  expect(broken('SELECT * FROM devices WHERE $template = "t" AND fan.on = true')).toBeUndefined();
  expect(broken("SELECT * FROM devices WHERE $enabled = true")).toBeUndefined();
  expect(broken('SELECT * FROM devices WHERE $template = "u"')).toEqual({ template: "u" });
  expect(broken('SELECT * FROM devices WHERE $template = "t" AND restart = 1')).toEqual({
    property: "restart",
  });
  expect(broken("SELECT * FROM devices WHERE speed = 1")).toEqual({ property: "speed" });
});
