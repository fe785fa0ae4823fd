/** What values have to be, as a device template says it (DTDL version 2, with IoT Central's extensions). */
export type Schema =
  | { readonly kind: SimpleKind }
  | { readonly kind: "enum"; readonly of: "integer" | "string"; readonly options: readonly Option[] }
  | { readonly kind: "object"; readonly fields: readonly Field[] }
  | { readonly kind: "map"; readonly values: Schema }
  | { readonly kind: "array"; readonly items: Schema };

export type SimpleKind = (typeof SIMPLE)[number];

const SIMPLE = [
  "boolean",
  "date",
  "dateTime",
  "double",
  "duration",
  "float",
  "geopoint",
  "integer",
  "long",
  "string",
  "time",
  "vector",
] as const;

export interface Option {
  readonly value: string | number;
  readonly label: string;
}

export interface Field {
  readonly name: string;
  readonly label: string;
  readonly schema: Schema;
}

/** The server refuses deeper ones; a ring of references ends here too. */
const DEPTH_MAX = 5;

/** Any JSON value read as an object; what is none has no members. */
export type Json = Readonly<Record<string, unknown>>;

export function members(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}

/** What a template writes out under an `@id`, so that it may be named elsewhere in it. */
export type Named = ReadonlyMap<string, Json>;

export function collectNamed(value: unknown, into = new Map<string, Json>()): Map<string, Json> {
  if (Array.isArray(value)) for (const item of value) collectNamed(item, into);
  const object = members(value);
  const id = object["@id"];
  if (typeof id === "string" && !into.has(id)) into.set(id, object);
  for (const member of Object.values(object)) collectNamed(member, into);
  return into;
}

/** The words of `@type`; old templates write `SemanticType/` before some. */
export function typesOf(value: Json): string[] {
  const words = value["@type"];
  const list: unknown[] = Array.isArray(words) ? words : [words];
  return list.filter((word) => typeof word === "string").map((word) => word.replace(/^SemanticType\//, ""));
}

/** A name for people: text, or texts by language, of which the wanted, English or the first is taken. */
export function displayName(value: Json, language: string): string {
  const shown = value["displayName"];
  const name = typeof value["name"] === "string" ? value["name"] : "";
  if (typeof shown === "string") return shown || name;
  const texts = members(shown);
  const wanted = [language, language.split("-")[0] ?? "", "en", ...Object.keys(texts)];
  const text = wanted.map((one) => texts[one]).find((one) => typeof one === "string" && one !== "");
  return typeof text === "string" ? text : name;
}

/** Reads what stands as `schema`; undefined where it cannot be read, so that only raw JSON can be given. */
export function readSchema(value: unknown, named: Named, language: string, depth = 0): Schema | undefined {
  if (typeof value === "string") {
    const simple = SIMPLE.find((name) => name === value);
    if (simple) return { kind: simple };
    const found = named.get(value);
    return found && depth < DEPTH_MAX ? complex(found, named, language, depth) : undefined;
  }
  return depth < DEPTH_MAX ? complex(members(value), named, language, depth) : undefined;
}

function complex(value: Json, named: Named, language: string, depth: number): Schema | undefined {
  const types = typesOf(value);
  if (types.includes("Enum")) return enumeration(value, language);
  if (types.includes("Map")) {
    const values = readSchema(members(value["mapValue"])["schema"], named, language, depth + 1);
    return values && { kind: "map", values };
  }
  if (types.includes("Array")) {
    const items = readSchema(value["elementSchema"], named, language, depth + 1);
    return items && { kind: "array", items };
  }
  if (!types.includes("Object")) return undefined;
  const fields: Field[] = [];
  for (const field of list(value["fields"])) {
    const schema = readSchema(field["schema"], named, language, depth + 1);
    if (schema === undefined || typeof field["name"] !== "string") return undefined;
    fields.push({ name: field["name"], label: displayName(field, language), schema });
  }
  return { kind: "object", fields };
}

function enumeration(value: Json, language: string): Schema | undefined {
  const of = value["valueSchema"];
  if (of !== "integer" && of !== "string") return undefined;
  const options = list(value["enumValues"]).flatMap((item): Option[] => {
    const given = item["enumValue"];
    return typeof given === "string" || typeof given === "number"
      ? [{ value: given, label: displayName(item, language) || String(given) }]
      : [];
  });
  return { kind: "enum", of, options };
}

export function list(value: unknown): Json[] {
  return Array.isArray(value) ? value.map(members) : [];
}
