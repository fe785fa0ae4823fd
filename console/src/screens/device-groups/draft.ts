import type { Capability } from "../../dtdl/model";
import type { Schema } from "../../dtdl/schema";
import { METADATA, type Filter, type Literal, type Operator } from "./filter";

/** A row while it is edited: everything may still be missing. */
export interface DraftRow {
  /** Tells rows apart while they are edited. */
  readonly key: number;
  /** Empty: not chosen yet. */
  readonly operand: string;
  readonly operator: Operator;
  readonly kind: Literal["kind"];
  /** Undefined: not entered yet. An empty text is a value. */
  readonly text: string | undefined;
}

export interface DraftFilter {
  /** Empty: none. */
  readonly template: string;
  readonly joiner: "AND" | "OR";
  readonly rows: readonly DraftRow[];
}

let lastKey = 0;

export function emptyRow(): DraftRow {
  return { key: ++lastKey, operand: "", operator: "=", kind: "string", text: undefined };
}

export function draftOf({ template, joiner, rows }: Filter): DraftFilter {
  return {
    template: template ?? "",
    joiner,
    rows: rows.map(({ operand, operator, value }) => ({
      key: ++lastKey,
      operand,
      operator,
      kind: value.kind,
      text: value.text,
    })),
  };
}

/** The filter; undefined while a row lacks something: leaving the row out would select more than is shown. */
export function filterOf({ template, joiner, rows }: DraftFilter): Filter | undefined {
  const whole = rows.filter(isWhole);
  if (whole.length < rows.length) return undefined;
  return {
    template: template === "" ? undefined : template,
    joiner,
    rows: whole.map(({ operand, operator, kind, text }) => ({ operand, operator, value: { kind, text } })),
  };
}

export function isWhole(row: DraftRow): row is DraftRow & { readonly text: string } {
  return row.operand !== "" && row.text !== undefined && isLiteral(row.kind, row.text);
}

function isLiteral(kind: Literal["kind"], text: string): boolean {
  if (kind === "number") return /^-?\d+(\.\d+)?([eE][+-]?\d+)?$/.test(text);
  return kind === "string" || text === "true" || text === "false";
}

/** What a row can be about. */
export interface Operand {
  readonly name: string;
  readonly kind: Literal["kind"];
  readonly schema: Schema | undefined;
  /** Undefined for what the server itself knows. */
  readonly capability?: Capability;
}

/** What the rows of a filter can be about: what is known of every device, then properties and cloud properties. */
export function operandsOf(capabilities: readonly Capability[]): readonly Operand[] {
  const known = METADATA.map((name): Operand =>
    name === "$id" || name === "$displayName"
      ? { name, kind: "string", schema: undefined }
      : { name, kind: "boolean", schema: { kind: "boolean" } },
  );
  const modeled = capabilities
    .filter(({ kind }) => kind !== "command")
    .flatMap((capability): Operand[] => {
      const kind = literalKind(capability.schema);
      return kind ? [{ name: capability.path, kind, schema: capability.schema, capability }] : [];
    });
  return [...known, ...modeled];
}

/** What a value of the schema is compared with; undefined for objects and the like, which nothing is equal to. */
function literalKind(schema: Schema | undefined): Literal["kind"] | undefined {
  switch (schema?.kind) {
    case "boolean":
      return "boolean";
    case "integer":
    case "long":
    case "float":
    case "double":
      return "number";
    case "enum":
      return schema.of === "integer" ? "number" : "string";
    case "string":
    case "date":
    case "dateTime":
    case "time":
    case "duration":
      return "string";
    default:
      return undefined;
  }
}

/** The row about something else: what was entered stays only where it still means something. */
export function withOperand(row: DraftRow, operand: Operand): DraftRow {
  const keeps = row.text !== undefined && row.kind === operand.kind && operand.schema?.kind !== "enum";
  return {
    ...row,
    operand: operand.name,
    kind: operand.kind,
    text: keeps ? row.text : undefined,
    operator: operand.kind === "boolean" && row.operator !== "!=" ? "=" : row.operator,
  };
}

/** Why a group can have no members, as far as its text shows it: what it names is gone. */
export function brokenBy(
  filter: Filter,
  templates: ReadonlyMap<string, readonly Capability[]>,
): { readonly template: string } | { readonly property: string } | undefined {
  const named = filter.rows.filter(({ operand }) => !operand.startsWith("$"));
  if (filter.template === undefined) return named[0] && { property: named[0].operand };
  const capabilities = templates.get(filter.template);
  if (!capabilities) return { template: filter.template };
  const gone = named.find(
    ({ operand }) => !capabilities.some(({ path, kind }) => path === operand && kind !== "command"),
  );
  return gone && { property: gone.operand };
}
