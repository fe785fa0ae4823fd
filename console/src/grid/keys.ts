/** The cell that the keyboard is at. */
export interface Cell {
  readonly row: number;
  readonly column: number;
}

interface Keys {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
}

/**
 * Where a key leads from `cell`, after the grid pattern of the ARIA Authoring Practices; undefined when the key is not
 * one that moves.
 */
export function moveBy(
  { key, ctrlKey, metaKey }: Keys,
  cell: Cell,
  rows: number,
  columns: number,
  page: number,
): Cell | undefined {
  const far = ctrlKey || metaKey;
  const at = (row: number, column: number): Cell => ({
    row: Math.min(Math.max(row, 0), Math.max(0, rows - 1)),
    column: Math.min(Math.max(column, 0), Math.max(0, columns - 1)),
  });
  switch (key) {
    case "ArrowDown":
      return at(far ? rows : cell.row + 1, cell.column);
    case "ArrowUp":
      return at(far ? 0 : cell.row - 1, cell.column);
    case "ArrowRight":
      return at(cell.row, cell.column + 1);
    case "ArrowLeft":
      return at(cell.row, cell.column - 1);
    case "PageDown":
      return at(cell.row + page, cell.column);
    case "PageUp":
      return at(cell.row - page, cell.column);
    case "Home":
      return at(far ? 0 : cell.row, 0);
    case "End":
      return at(far ? rows : cell.row, columns);
    default:
      return undefined;
  }
}
