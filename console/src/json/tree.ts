/**
 * JSON as it was written: numbers keep their digits, objects their order, and everything knows where it stands. The
 * browser's own reader loses the first two, and a twin or a template has to come out of an editor as it went in.
 */
export type JsonNode = JsonObject | JsonArray | JsonScalar;

interface Place {
  /** Offsets into the text; `end` is behind the last character. */
  readonly start: number;
  readonly end: number;
}

export interface JsonObject extends Place {
  readonly kind: "object";
  readonly members: readonly JsonMember[];
}

export interface JsonMember {
  readonly name: string;
  readonly value: JsonNode;
}

export interface JsonArray extends Place {
  readonly kind: "array";
  readonly items: readonly JsonNode[];
}

export interface JsonScalar extends Place {
  readonly kind: "string" | "number" | "boolean" | "null";
  /** As it stands in the text, a string with its quotes. */
  readonly raw: string;
}

/** The text is no JSON; it goes wrong at `offset`. */
export class JsonFault extends Error {
  override readonly name = "JsonFault";

  constructor(readonly offset: number) {
    super(`no JSON at ${offset}`);
  }
}

/** Deeper text is refused rather than read until the stack is used up. */
const DEPTH_MAX = 200;

const SPACE = /[ \t\n\r]*/y;
// The control characters are those that JSON does not allow in a string.
// eslint-disable-next-line no-control-regex
const STRING = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[\da-fA-F]{4}))*"/y;
const NUMBER = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const WORD = /true|false|null/y;

/**
 * Reads a document.
 *
 * @throws JsonFault where it is none
 */
export function readJson(text: string): JsonNode {
  let at = 0;

  const match = (pattern: RegExp): string | undefined => {
    pattern.lastIndex = at;
    const found = pattern.exec(text)?.[0];
    at += found?.length ?? 0;
    return found;
  };
  const peek = () => {
    match(SPACE);
    return text[at];
  };
  const expect = (character: string) => {
    if (peek() !== character) throw new JsonFault(at);
    at++;
  };
  /** What stands between brackets, separated by commas. */
  const list = <Item>(close: string, read: () => Item): Item[] => {
    at++;
    const items: Item[] = [];
    if (peek() === close) {
      at++;
      return items;
    }
    for (;;) {
      items.push(read());
      if (peek() === close) {
        at++;
        return items;
      }
      expect(",");
    }
  };
  const string = (): string => {
    peek();
    const raw = match(STRING);
    if (raw === undefined) throw new JsonFault(at);
    return raw;
  };
  const value = (depth: number): JsonNode => {
    const first = peek();
    const start = at;
    if (depth > DEPTH_MAX) throw new JsonFault(at);
    if (first === "{") {
      const members = list("}", () => {
        const name = JSON.parse(string()) as string;
        expect(":");
        return { name, value: value(depth + 1) };
      });
      return { kind: "object", members, start, end: at };
    }
    if (first === "[") {
      const items = list("]", () => value(depth + 1));
      return { kind: "array", items, start, end: at };
    }
    if (first === '"') return { kind: "string", raw: string(), start, end: at };
    const number = match(NUMBER);
    if (number !== undefined) return { kind: "number", raw: number, start, end: at };
    const word = match(WORD);
    if (word === undefined) throw new JsonFault(at);
    return { kind: word === "null" ? "null" : "boolean", raw: word, start, end: at };
  };

  const root = value(0);
  if (peek() !== undefined) throw new JsonFault(at);
  return root;
}

/** What an object has under a name; the last one where it stands twice, as everywhere. */
export function member(node: JsonNode | undefined, name: string): JsonNode | undefined {
  return node?.kind === "object" ? node.members.findLast((member) => member.name === name)?.value : undefined;
}

/** The text of a string. */
export function stringOf(node: JsonNode | undefined): string | undefined {
  return node?.kind === "string" ? (JSON.parse(node.raw) as string) : undefined;
}

/** The document with two spaces a level; short lists of numbers and the like are not taken apart. */
export function pretty(node: JsonNode, indent = ""): string {
  const inner = `${indent}  `;
  if (node.kind === "object") {
    if (node.members.length === 0) return "{}";
    const lines = node.members.map(
      ({ name, value }) => `${inner}${JSON.stringify(name)}: ${pretty(value, inner)}`,
    );
    return `{\n${lines.join(",\n")}\n${indent}}`;
  }
  if (node.kind === "array") {
    if (node.items.length === 0) return "[]";
    const flat = node.items.every((item) => item.kind !== "object" && item.kind !== "array");
    const line = flat ? `[${node.items.map((item) => pretty(item)).join(", ")}]` : "";
    if (flat && line.length + indent.length <= 100) return line;
    return `[\n${node.items.map((item) => inner + pretty(item, inner)).join(",\n")}\n${indent}]`;
  }
  return node.raw;
}

/** Where a path as the server's errors have it (`capabilityModel.contents[3].name`) ends, as far as it is there. */
export function follow(root: JsonNode, path: string): JsonNode {
  let node = root;
  for (const [, index, name] of path.matchAll(/\[(\d+)\]|([^.[\]]+)/g)) {
    const next =
      name !== undefined ? member(node, name) : node.kind === "array" ? node.items[Number(index)] : undefined;
    if (next === undefined) break;
    node = next;
  }
  return node;
}

/** Line and column of an offset, both from 1. */
export function placeOf(text: string, offset: number): { readonly line: number; readonly column: number } {
  const before = text.slice(0, offset);
  return { line: before.split("\n").length, column: offset - before.lastIndexOf("\n") };
}
