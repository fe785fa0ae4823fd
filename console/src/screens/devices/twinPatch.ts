import { JsonFault, member, readJson, type JsonNode } from "../../json/tree";
import { flat } from "./twin";

/** One value that a patch changes. */
export interface TwinChange {
  readonly path: string;
  /** As it stands; undefined: it is not there. */
  readonly before: string | undefined;
  /** Undefined: it is removed. */
  readonly after: string | undefined;
}

export type TwinPatch =
  | { readonly kind: "changes"; readonly changes: readonly TwinChange[] }
  | { readonly kind: "fault"; readonly fault: "json" | "object" | "member" };

const SECTIONS = ["tags", "desired"];

/** What a patch, `{"tags": …, "desired": …}`, would change of a twin: objects merge, `null` takes away. */
export function readTwinPatch(text: string, twin: JsonNode): TwinPatch {
  let patch: JsonNode;
  try {
    patch = readJson(text);
  } catch (error) {
    if (error instanceof JsonFault) return { kind: "fault", fault: "json" };
    throw error;
  }
  if (patch.kind !== "object") return { kind: "fault", fault: "object" };
  if (patch.members.some(({ name }) => !SECTIONS.includes(name))) return { kind: "fault", fault: "member" };
  if (patch.members.some(({ value }) => value.kind !== "object")) return { kind: "fault", fault: "object" };
  const changes: TwinChange[] = [];
  const visit = (wanted: JsonNode, stands: JsonNode | undefined, path: readonly string[]) => {
    const before = stands && flat(stands);
    if (wanted.kind === "object" && (stands === undefined || stands.kind === "object")) {
      if (stands === undefined && wanted.members.length === 0)
        changes.push({ path: path.join("."), before, after: "{}" });
      for (const { name, value } of wanted.members) {
        // What is about a section is the server's.
        if (path.length === 1 && (name === "$metadata" || name === "$version")) continue;
        visit(value, member(stands, name), [...path, name]);
      }
      return;
    }
    const after = flat(wanted) === "null" ? undefined : flat(wanted);
    if (before !== after) changes.push({ path: path.join("."), before, after });
  };
  for (const { name, value } of patch.members) visit(value, member(twin, name), [name]);
  return { kind: "changes", changes };
}
