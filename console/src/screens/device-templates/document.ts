import {
  follow,
  JsonFault,
  member,
  placeOf,
  pretty,
  readJson,
  stringOf,
  type JsonNode,
} from "../../json/tree";

/** A template's text that is no template; `text` is a key of the catalogue. */
export interface DocumentFault {
  readonly line: number;
  readonly column: number;
  readonly rule:
    "json" | "object" | "model" | "interface" | "contents" | "name" | "twice" | "kind" | "schema";
  /** What the rule is about: a name, or the path to the place. */
  readonly what: string;
}

const NAME = /^[A-Za-z](?:[A-Za-z0-9_]{0,62}[A-Za-z0-9])?$|^[A-Za-z][A-Za-z0-9_]{0,63}$/;
const KINDS = ["Telemetry", "Property", "Command", "Component", "Relationship"];

/** Faults that are told while one types; the first ones of each kind of mistake. The server checks everything. */
export function faultsOf(text: string, most = 20): readonly DocumentFault[] {
  let root: JsonNode;
  try {
    root = readJson(text);
  } catch (error) {
    if (!(error instanceof JsonFault)) throw error;
    return [{ ...placeOf(text, error.offset), rule: "json", what: "" }];
  }
  const faults: DocumentFault[] = [];
  const tell = (node: JsonNode, rule: DocumentFault["rule"], what = "") =>
    faults.push({ ...placeOf(text, node.start), rule, what });
  if (root.kind !== "object") tell(root, "object");
  else {
    const model = member(root, "capabilityModel");
    if (model?.kind !== "object") tell(model ?? root, "model");
    else checkInterface(model, tell);
  }
  return faults.slice(0, most);
}

type Tell = (node: JsonNode, rule: DocumentFault["rule"], what?: string) => void;

function checkInterface(node: JsonNode, tell: Tell): void {
  if (!typesOf(node).includes("Interface")) tell(member(node, "@type") ?? node, "interface");
  const contents = member(node, "contents");
  if (contents === undefined || contents.kind === "null") return;
  if (contents.kind !== "array") {
    tell(contents, "contents");
    return;
  }
  const names = new Set<string>();
  for (const content of contents.items) {
    const name = stringOf(member(content, "name"));
    const place = member(content, "name") ?? content;
    if (name === undefined || !NAME.test(name)) tell(place, "name", name ?? "");
    else if (names.has(name)) tell(place, "twice", name);
    else names.add(name);
    const types = typesOf(content);
    const kinds = KINDS.filter((kind) => types.includes(kind));
    if (kinds.length !== 1) tell(member(content, "@type") ?? content, "kind", KINDS.join(", "));
    const schema = member(content, "schema");
    const needs = ["Telemetry", "Property", "Component"].some((kind) => types.includes(kind));
    if (needs && (schema === undefined || schema.kind === "null")) tell(content, "schema", name ?? "");
    // A component that is only named is written out elsewhere.
    if (types.includes("Component") && schema?.kind === "object") checkInterface(schema, tell);
  }
}

function typesOf(node: JsonNode): readonly string[] {
  const types = member(node, "@type");
  const words = types?.kind === "array" ? types.items.map(stringOf) : [stringOf(types)];
  return words.filter((word) => word !== undefined).map((word) => word.replace(/^SemanticType\//, ""));
}

/** Where the server's message points to: `capabilityModel.contents[3].name: must …`. */
export function placeOfMessage(text: string, message: string): { line: number; column: number } | undefined {
  const [, path] = /^([@\w$]+(?:\.[@\w$]+|\[\d+\])*): /.exec(message) ?? [];
  if (path === undefined) return undefined;
  try {
    const root = readJson(text);
    const node = follow(root, path);
    return node === root ? undefined : placeOf(text, node.start);
  } catch {
    return undefined;
  }
}

/** A template's document as it is edited: what the server sets is left out. */
export function editable(text: string): string {
  const root = readJson(text);
  return root.kind === "object"
    ? pretty({ ...root, members: root.members.filter(({ name }) => name !== "@id" && name !== "etag") })
    : pretty(root);
}

/** The document as it is exported: with its id, without the etag, so that it can be imported elsewhere. */
export function exported(text: string): string {
  const root = readJson(text);
  return root.kind === "object"
    ? `${pretty({ ...root, members: root.members.filter(({ name }) => name !== "etag") })}\n`
    : text;
}

export interface ImportedTemplate {
  /** Empty when the file does not say it. */
  readonly id: string;
  readonly name: string;
  /** To be edited or published. */
  readonly text: string;
}

/**
 * A template out of a file: one that was exported from IoT Central or from here, a DTDL interface, or a list of interfaces
 * whose first one is the device's. Undefined when it is none of these.
 *
 * @throws JsonFault when it is no JSON
 */
export function importedTemplate(file: string): ImportedTemplate | undefined {
  const root = readJson(file.replace(/^\uFEFF/, ""));
  if (member(root, "capabilityModel")) {
    return {
      id: stringOf(member(root, "@id")) ?? "",
      name: nameOf(root) ?? nameOf(member(root, "capabilityModel")) ?? "",
      text: editable(pretty(root)),
    };
  }
  const interfaces = root.kind === "array" ? root.items : [root];
  const [main, ...others] = interfaces;
  if (!main || !interfaces.every((one) => typesOf(one).includes("Interface"))) return undefined;
  const id = stringOf(member(main, "@id")) ?? "";
  const name = nameOf(main) ?? id;
  return { id, name, text: templateText(name, pretty(inlined(main, others))) };
}

/** The document around a capability model. */
export function templateText(name: string, model: string): string {
  return pretty(
    readJson(
      `{"@type": ["ModelDefinition", "DeviceModel"], "displayName": ${JSON.stringify(name)}, "capabilityModel": ${model}}`,
    ),
  );
}

function nameOf(node: JsonNode | undefined): string | undefined {
  const shown = member(node, "displayName");
  return stringOf(shown) ?? stringOf(member(shown, "en"));
}

/** The interface with those that it names by `@id` written out, each where it is named first, as a template has them. */
function inlined(main: JsonNode, others: readonly JsonNode[]): JsonNode {
  const left = new Map(
    others.flatMap((other) => {
      const id = stringOf(member(other, "@id"));
      return id === undefined ? [] : [[id, other] as const];
    }),
  );
  const write = (node: JsonNode, name: string): JsonNode => {
    if (node.kind === "object")
      return {
        ...node,
        members: node.members.map((one) => ({ name: one.name, value: write(one.value, one.name) })),
      };
    if (node.kind === "array") return { ...node, items: node.items.map((item) => write(item, name)) };
    if (node.kind !== "string" || !["schema", "extends", "target"].includes(name)) return node;
    const id = stringOf(node) ?? "";
    const found = left.get(id);
    if (!found) return node;
    left.delete(id);
    return write(found, name);
  };
  return write(main, "");
}

/** A first template, to be changed. */
export function sampleTemplate(name: string, id: string): string {
  const model = {
    "@id": id,
    "@type": "Interface",
    displayName: name,
    contents: [
      { "@type": "Telemetry", name: "temperature", displayName: "Temperature", schema: "double" },
      {
        "@type": "Property",
        name: "reportInterval",
        displayName: "Report interval (s)",
        schema: "integer",
        writable: true,
        minValue: 1,
      },
      { "@type": "Property", name: "firmware", displayName: "Firmware", schema: "string" },
      { "@type": ["Property", "Cloud"], name: "site", displayName: "Site", schema: "string" },
      { "@type": "Command", name: "restart", displayName: "Restart" },
    ],
  };
  return templateText(name, JSON.stringify(model));
}

/** An id out of a name: `dtmi:devices:nightFan;1`. */
export function idOfName(name: string): string {
  const words = name
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .split(/[^A-Za-z0-9]+/)
    .filter((word) => word !== "");
  const joined = words
    .map(
      (word, index) =>
        (index === 0 ? word.charAt(0).toLowerCase() : word.charAt(0).toUpperCase()) + word.slice(1),
    )
    .join("");
  const first = /^[A-Za-z]/.test(joined) ? joined : `t${joined}`;
  return `dtmi:devices:${first === "t" ? "template" : first};1`;
}

/** The id of the next version of a template: `…;1` becomes `…;2`. */
export function nextVersion(id: string): string {
  const [, stem = id, version = "1"] = /^(.*?)(?:;(\d+))?$/.exec(id) ?? [];
  return `${stem};${Number(version) + 1}`;
}

/** The rule for ids of templates (iot-central §2, §8.1). */
export function isTemplateId(text: string): boolean {
  return /^[\x21-\x7e]{1,256}$/.test(text) && !/["'\\`]/.test(text);
}
