import { isHeld } from "../json/exact";
import { members, type Field, type Schema } from "./schema";

/**
 * The value as it is sent. A number that was typed is a string until it is one; `undefined` stands for nothing given,
 * and fields of an object that have nothing are left out.
 */
export function settled(schema: Schema | undefined, value: unknown): unknown {
  if (schema === undefined || value === undefined || value === null) return value;
  switch (schema.kind) {
    case "integer":
    case "long":
    case "float":
    case "double":
      return typeof value === "string" ? asNumber(value) : value;
    case "object":
    case "geopoint":
    case "vector":
      return isObject(value) ? settledObject(fieldsOf(schema) ?? [], value) : value;
    default:
      return value;
  }
}

function settledObject(fields: readonly Field[], value: object): Record<string, unknown> {
  const result: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) {
    const schema = fields.find((field) => field.name === name)?.schema;
    const settledMember = settled(schema, member);
    if (settledMember !== undefined) result[name] = settledMember;
  }
  return result;
}

/** A number that JavaScript holds exactly; a longer one stays the string of its digits, which the server reads. */
function asNumber(text: string): string | number {
  return isNumber(text) && isHeld(text) ? Number(text) : text;
}

const NUMBER = /^-?(0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?$/;

function isNumber(text: string): boolean {
  return NUMBER.test(text);
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The members of a value that a form of fields can be made of. */
export function fieldsOf(schema: Schema): readonly Field[] | undefined {
  const doubles = (names: readonly string[]): Field[] =>
    names.map((name) => ({ name, label: name, schema: { kind: "double" } }));
  if (schema.kind === "object") return schema.fields;
  if (schema.kind === "geopoint") return doubles(["lat", "lon", "alt"]);
  if (schema.kind === "vector") return doubles(["x", "y", "z"]);
  return undefined;
}

/** What is wrong with a value; the texts are in the catalogue as `value.fault.…`. */
export interface ValueFault {
  /** Where in the value: the names of fields from the outside. */
  readonly path: readonly string[];
  readonly rule:
    | "missing"
    | "boolean"
    | "whole"
    | "range32"
    | "range64"
    | "number"
    | "text"
    | "option"
    | "date"
    | "dateTime"
    | "time"
    | "duration"
    | "object"
    | "array"
    | "field"
    | "least"
    | "most";
  /** The bound of `least` and `most`. */
  readonly bound?: number;
}

interface Bounds {
  readonly minimum?: number;
  readonly maximum?: number;
}

const DATE = /^\d{4}-\d{2}-\d{2}$/;
const TIME = /^([01]\d|2[0-3]):[0-5]\d:([0-5]\d|60)(\.\d+)?(Z|z|[+-]\d{2}:\d{2})?$/;
const DURATION =
  /^[+-]?P(?=.)(\d+([.,]\d+)?Y)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?W)?(\d+([.,]\d+)?D)?(T(?=\d)(\d+([.,]\d+)?H)?(\d+([.,]\d+)?M)?(\d+([.,]\d+)?S)?)?$/i;

/** The first things that are wrong with a value that is there; the same rules as the server's (iot-central §8.1). */
export function faultsOf(schema: Schema | undefined, value: unknown, bounds: Bounds = {}): ValueFault[] {
  if (schema === undefined) return [];
  const rule = simpleFault(schema, value);
  if (rule) return [{ path: [], rule }];
  const number = typeof value === "number" || typeof value === "string" ? Number(value) : NaN;
  if (["integer", "long", "float", "double"].includes(schema.kind)) {
    if (bounds.minimum !== undefined && number < bounds.minimum)
      return [{ path: [], rule: "least", bound: bounds.minimum }];
    if (bounds.maximum !== undefined && number > bounds.maximum)
      return [{ path: [], rule: "most", bound: bounds.maximum }];
  }
  const under = (name: string, faults: readonly ValueFault[]) =>
    faults.map((fault) => ({ ...fault, path: [name, ...fault.path] }));
  if (schema.kind === "array" && Array.isArray(value))
    return value.flatMap((item, index) => under(`[${index}]`, faultsOf(schema.items, item)));
  if (schema.kind === "map")
    return Object.entries(members(value)).flatMap(([name, item]) =>
      under(name, faultsOf(schema.values, item)),
    );
  const fields = fieldsOf(schema);
  if (!fields) return [];
  const given = members(value);
  const unknown = Object.keys(given).filter((name) => !fields.some((field) => field.name === name));
  const needed =
    schema.kind === "geopoint" ? ["lat", "lon"] : schema.kind === "vector" ? ["x", "y", "z"] : [];
  return [
    ...unknown.map((name): ValueFault => ({ path: [name], rule: "field" })),
    ...fields.flatMap((field) => {
      const member = given[field.name];
      if (member !== undefined) return under(field.name, faultsOf(field.schema, member));
      return needed.includes(field.name) ? [{ path: [field.name], rule: "missing" as const }] : [];
    }),
  ];
}

function simpleFault(schema: Schema, value: unknown): ValueFault["rule"] | undefined {
  const text = typeof value === "string" ? value : undefined;
  // What a string holds stands in for the value itself where no string is wanted.
  const plain = text ?? (typeof value === "number" || typeof value === "boolean" ? String(value) : "");
  switch (schema.kind) {
    case "boolean":
      return plain === "true" || plain === "false" ? undefined : "boolean";
    case "integer":
      return wholeFault(plain, 31n, "range32");
    case "long":
      return wholeFault(plain, 63n, "range64");
    case "float":
    case "double":
      return isNumber(plain) && Number.isFinite(Number(plain)) ? undefined : "number";
    case "string":
      return text === undefined ? "text" : undefined;
    case "enum":
      return schema.options.some((option) =>
        schema.of === "integer" ? String(option.value) === plain : option.value === text,
      )
        ? undefined
        : "option";
    case "date":
      return text !== undefined && isDate(text) ? undefined : "date";
    case "time":
      return text !== undefined && TIME.test(text) ? undefined : "time";
    case "dateTime":
      return text !== undefined && isDateTime(text) ? undefined : "dateTime";
    case "duration":
      return text !== undefined && DURATION.test(text) ? undefined : "duration";
    case "array":
      return Array.isArray(value) ? undefined : "array";
    case "object":
    case "map":
    case "geopoint":
    case "vector":
      return isObject(value) ? undefined : "object";
  }
}

function wholeFault(
  text: string,
  bits: bigint,
  tooLarge: "range32" | "range64",
): ValueFault["rule"] | undefined {
  if (!/^-?(0|[1-9]\d*)$/.test(text)) return "whole";
  const value = BigInt(text);
  return value >= -(2n ** bits) && value < 2n ** bits ? undefined : tooLarge;
}

function isDate(text: string): boolean {
  if (!DATE.test(text)) return false;
  const date = new Date(`${text}T00:00:00Z`);
  return !Number.isNaN(date.getTime()) && date.toISOString().startsWith(text);
}

function isDateTime(text: string): boolean {
  const [date = "", time = ""] = text.split(/[Tt]/);
  return isDate(date) && TIME.test(time);
}
