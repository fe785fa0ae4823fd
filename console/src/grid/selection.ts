/** What is chosen of a list that is too long to name: some rows by id, or the whole list but for some. */
export type Selection =
  | { readonly kind: "some"; readonly ids: ReadonlySet<string> }
  | { readonly kind: "allBut"; readonly ids: ReadonlySet<string> };

export const NOTHING: Selection = { kind: "some", ids: new Set() };
export const EVERYTHING: Selection = { kind: "allBut", ids: new Set() };

export function isSelected(selection: Selection, id: string): boolean {
  return selection.ids.has(id) === (selection.kind === "some");
}

export function countSelected(selection: Selection, total: number): number {
  return selection.kind === "some" ? selection.ids.size : Math.max(0, total - selection.ids.size);
}

/** The selection with these rows chosen, or no longer chosen. */
export function select(selection: Selection, ids: Iterable<string>, chosen: boolean): Selection {
  const next = new Set(selection.ids);
  for (const id of ids) {
    if (chosen === (selection.kind === "some")) next.add(id);
    else next.delete(id);
  }
  return { kind: selection.kind, ids: next };
}

/** What a box over several rows shows: all of them, none, or "mixed". */
export function boxOver(selection: Selection, ids: readonly string[]): boolean | "mixed" {
  const chosen = ids.filter((id) => isSelected(selection, id)).length;
  return chosen === 0 ? false : chosen === ids.length || "mixed";
}

/** What the box over the whole list shows. */
export function boxOverAll(selection: Selection, total: number): boolean | "mixed" {
  const chosen = countSelected(selection, total);
  return chosen === 0 ? false : chosen === total || "mixed";
}
