import type { GridColumn } from "./column";

/** What a person chose about a grid's columns; all by the column's id. Columns that are not named are as they come. */
export interface ColumnChoice {
  readonly visibility: Readonly<Record<string, boolean>>;
  /** From left to right; columns that are not in it stand behind these. */
  readonly order: readonly string[];
  /** Widths in px. */
  readonly sizing: Readonly<Record<string, number>>;
}

/** Narrower than this nothing can be read, nor taken hold of to make it wider. */
export const MIN_WIDTH = 56;
export const MAX_WIDTH = 1200;

export function isColumnChoice(value: unknown): value is ColumnChoice {
  if (typeof value !== "object" || value === null) return false;
  const { visibility, order, sizing } = value as Record<keyof ColumnChoice, unknown>;
  return (
    recordOf(visibility, (shown) => typeof shown === "boolean") &&
    Array.isArray(order) &&
    order.every((id) => typeof id === "string") &&
    recordOf(sizing, (width) => typeof width === "number" && width >= MIN_WIDTH && width <= MAX_WIDTH)
  );
}

function recordOf(value: unknown, isRight: (member: unknown) => boolean): boolean {
  return typeof value === "object" && value !== null && Object.values(value).every(isRight);
}

export function initialChoice(columns: readonly GridColumn<never>[]): ColumnChoice {
  const hidden = columns.filter(({ hidden }) => hidden).map(({ id }) => [id, false] as const);
  return { visibility: Object.fromEntries(hidden), order: [], sizing: {} };
}

/** The ids of all columns from left to right: fixed ones, those of `order`, the others. */
export function ordered(
  columns: readonly Pick<GridColumn<never>, "id" | "fixed">[],
  order: readonly string[],
): string[] {
  const fixed = columns.filter(({ fixed }) => fixed).map(({ id }) => id);
  const free = columns.filter(({ fixed }) => !fixed).map(({ id }) => id);
  const chosen = order.filter((id) => free.includes(id));
  return [...fixed, ...chosen, ...free.filter((id) => !chosen.includes(id))];
}

/** `order` with the column one place further to the left (`by` -1) or right (1), if there is a place. */
export function moveColumn(order: readonly string[], id: string, by: -1 | 1): string[] {
  const at = order.indexOf(id);
  const other = order[at + by];
  if (at < 0 || other === undefined) return [...order];
  const next = [...order];
  next[at] = other;
  next[at + by] = id;
  return next;
}

export function boundedWidth(width: number): number {
  return Math.round(Math.min(Math.max(width, MIN_WIDTH), MAX_WIDTH));
}
