import {
  columnOrderingFeature,
  columnSizingFeature,
  columnVisibilityFeature,
  tableFeatures,
  useTable,
} from "@tanstack/react-table";
import { useCallback, useMemo } from "react";
import { useStored } from "../app/stored";
import type { GridColumn } from "./column";
import { boundedWidth, initialChoice, isColumnChoice, ordered, type ColumnChoice } from "./columnChoice";

const features = tableFeatures({ columnOrderingFeature, columnSizingFeature, columnVisibilityFeature });

// The table is here for its columns alone: rows are read in windows and never held in one array.
const NO_ROWS: readonly Record<string, never>[] = [];

export interface Columns<Row> {
  /** Those that are shown, from left to right. */
  readonly shown: readonly GridColumn<Row>[];
  /** For `grid-template-columns`: one track a shown column. */
  readonly tracks: readonly string[];
  readonly choice: ColumnChoice;
  readonly choose: (choice: ColumnChoice) => void;
  /** Gives a column a width in px; undefined: its own again. */
  readonly resize: (id: string, width: number | undefined) => void;
}

/** Which columns a grid shows, in which order and how wide, as this browser remembers it under `name`. */
export function useColumns<Row>(name: string, columns: readonly GridColumn<Row>[]): Columns<Row> {
  const [choice, choose] = useStored(`columns.${name}`, () => initialChoice(columns), isColumnChoice);
  const definitions = useMemo(() => columns.map(({ id, width }) => ({ id, size: width })), [columns]);
  const state = useMemo(
    () => ({
      columnVisibility: Object.fromEntries(
        columns.map(({ id, fixed }) => [id, fixed === true || choice.visibility[id] !== false]),
      ),
      columnOrder: ordered(columns, choice.order),
      columnSizing: { ...choice.sizing },
    }),
    [columns, choice],
  );
  const table = useTable({ features, columns: definitions, data: NO_ROWS, state });

  const visible = table.getVisibleLeafColumns();
  const shown = useMemo(() => {
    const byId = new Map(columns.map((column) => [column.id, column]));
    return visible.flatMap(({ id }) => byId.get(id) ?? []);
  }, [columns, visible]);
  const tracks = visible.map((column) => {
    const size = column.getSize();
    const grows = shown.find(({ id }) => id === column.id)?.grows && choice.sizing[column.id] === undefined;
    return grows ? `minmax(${size}px, 1fr)` : `${size}px`;
  });

  const resize = useCallback(
    (id: string, width: number | undefined) => {
      const sizing = Object.fromEntries(Object.entries(choice.sizing).filter(([other]) => other !== id));
      choose({ ...choice, sizing: width === undefined ? sizing : { ...sizing, [id]: boundedWidth(width) } });
    },
    [choice, choose],
  );
  return { shown, tracks, choice, choose, resize };
}
