import { readJson, type JsonNode } from "./tree";

/** A number that JavaScript would round, by its digits. Where it is written by others it is a string of them. */
export class ExactNumber {
  constructor(readonly digits: string) {}

  toJSON(): string {
    return this.digits;
  }
}

const STRING_OR_NUMBER = /"(?:[^"\\]|\\.)*"|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

/**
 * What a JSON text says, for a page that shows it: numbers that JavaScript holds are numbers, others `ExactNumber`.
 *
 * @throws SyntaxError when `text` is no JSON
 */
export function readExact(text: string): unknown {
  const plain: unknown = JSON.parse(text);
  const rounded = text.match(STRING_OR_NUMBER)?.some((part) => !part.startsWith('"') && !isHeld(part));
  return rounded ? valueOf(readJson(text)) : plain;
}

/** The JSON text of a value, two spaces a level unless `indent` says otherwise, numbers with all their digits. */
export function writeExact(value: unknown, indent = 2): string {
  // Stands before digits that are to lose their quotes; nobody else can know it.
  const mark = crypto.randomUUID();
  const text = JSON.stringify(
    value,
    function (this: Readonly<Record<string, unknown>>, name, said: unknown) {
      const given = this[name];
      return given instanceof ExactNumber ? mark + given.digits : said;
    },
    indent,
  ) as string | undefined;
  return (text ?? "").replaceAll(new RegExp(`"${mark}([^"]*)"`, "g"), "$1");
}

/** Whether a JavaScript number says the same; a double as a computer writes it does. */
export function isHeld(digits: string): boolean {
  const value = Number(digits);
  if (!Number.isFinite(value)) return false;
  if (/^-?\d+$/.test(digits)) return Number.isSafeInteger(value);
  const significant = digits
    .replace(/[eE].*/, "")
    .replace(/\D/g, "")
    .replace(/^0+/, "");
  // Too small for any number it is read as none.
  if (value === 0) return significant === "";
  return significant.length <= 15 || String(value) === digits;
}

function valueOf(node: JsonNode): unknown {
  if (node.kind === "object")
    return Object.fromEntries(node.members.map(({ name, value }) => [name, valueOf(value)]));
  if (node.kind === "array") return node.items.map(valueOf);
  return node.kind === "number" && !isHeld(node.raw) ? new ExactNumber(node.raw) : JSON.parse(node.raw);
}
