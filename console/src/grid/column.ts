import type { ReactNode } from "react";

/** A column of a `DataGrid`. */
export interface GridColumn<Row> {
  readonly id: string;
  readonly header: string;
  /** In px, until another width is chosen; a column that grows takes its share of what is left beside that. */
  readonly width: number;
  readonly grows?: boolean;
  /** Stays at the beginning, whatever is chosen. The first column should. */
  readonly fixed?: boolean;
  /** Only shown to who chooses it. */
  readonly hidden?: boolean;
  readonly sortable?: boolean;
  /** Numbers stand at the end of their cell. */
  readonly numeric?: boolean;
  /**
   * What stands in the cell, one line high. Links and buttons in it take `tabIndex={-1}`: one reaches them with the
   * arrow keys and Enter, so that Tab leaves the grid.
   */
  readonly cell: (row: Row) => ReactNode;
}

export interface GridSort {
  readonly by: string;
  readonly descending: boolean;
}
