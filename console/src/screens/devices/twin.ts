import { member, stringOf, type JsonNode } from "../../json/tree";

/** A line of a section of a twin. */
export interface TwinRow {
  /** The names from the outside; the last is this line's. */
  readonly path: readonly string[];
  /** As it was written; undefined for an object, whose members follow. */
  readonly value: string | undefined;
  /** RFC 3339. */
  readonly updated?: string;
  readonly version?: string;
  /** Of a desired value: what became of it on the device. */
  readonly reply?: Reply;
}

/** What a device did with a desired value. */
export type Reply =
  | { readonly kind: "pending" }
  | { readonly kind: "accepted" }
  /** It answered with a status that is no success, and perhaps says why. */
  | { readonly kind: "refused"; readonly status: string; readonly text: string | undefined };

/**
 * The lines of a section in the document's order, with version and time of each from its `$metadata` (tags have none).
 * With `reported` the section is the desired one, and its values are held against what the device says.
 */
export function twinRows(section: JsonNode, reported?: JsonNode): readonly TwinRow[] {
  const rows: TwinRow[] = [];
  const walk = (
    node: JsonNode,
    metadata: JsonNode | undefined,
    there: JsonNode | undefined,
    path: readonly string[],
  ) => {
    if (node.kind !== "object") return;
    for (const { name, value } of node.members) {
      // `$metadata` and `$version` belong to the section, `__t` marks a component; none of them is a value.
      if (name === "__t" || (path.length === 0 && (name === "$metadata" || name === "$version"))) continue;
      const about = member(metadata, name);
      const updated = stringOf(member(about, "$lastUpdated"));
      const version = scalarOf(member(about, "$lastUpdatedVersion"));
      const inner = [...path, name];
      const isGroup = value.kind === "object" && value.members.length > 0;
      const said = member(there, name);
      rows.push({
        path: inner,
        value: isGroup ? undefined : flat(value),
        ...(updated !== undefined && { updated }),
        ...(version !== undefined && { version }),
        ...(reported && !isGroup && { reply: replyOf(value, said) }),
      });
      if (isGroup) walk(value, about, said, inner);
    }
  };
  walk(section, member(section, "$metadata"), reported, []);
  return rows;
}

/** What a device says to a desired value: the same plainly, or the answer of Plug and Play (iot-central §7.2). */
function replyOf(wanted: JsonNode, said: JsonNode | undefined): Reply {
  const status = scalarOf(member(said, "ac"));
  const value = member(said, "value");
  if (said?.kind === "object" && status !== undefined && value !== undefined) {
    if (flat(value) !== flat(wanted)) return { kind: "pending" };
    return /^2\d\d$/.test(status)
      ? { kind: "accepted" }
      : { kind: "refused", status, text: stringOf(member(said, "ad")) };
  }
  return said !== undefined && flat(said) === flat(wanted) ? { kind: "accepted" } : { kind: "pending" };
}

function scalarOf(node: JsonNode | undefined): string | undefined {
  return node === undefined || node.kind === "object" || node.kind === "array" ? undefined : node.raw;
}

/** On one line. */
export function flat(node: JsonNode): string {
  if (node.kind === "object")
    return `{${node.members.map(({ name, value }) => `${JSON.stringify(name)}: ${flat(value)}`).join(", ")}}`;
  if (node.kind === "array") return `[${node.items.map(flat).join(", ")}]`;
  return node.raw;
}

/** The section's version. */
export function versionOf(section: JsonNode): string | undefined {
  return scalarOf(member(section, "$version"));
}

/** The section without what is about it. */
export function withoutMetadata(section: JsonNode): JsonNode {
  return section.kind === "object"
    ? {
        ...section,
        members: section.members.filter(({ name }) => name !== "$metadata" && name !== "$version"),
      }
    : section;
}
