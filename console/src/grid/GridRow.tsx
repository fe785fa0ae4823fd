import { Checkbox, mergeClasses } from "@fluentui/react-components";
import { memo, type ReactNode } from "react";
import { useTexts } from "../texts/texts";
import type { GridColumn } from "./column";
import { ROW_HEIGHT, useGridStyles } from "./styles";

interface Props<Row> {
  readonly gridId: string;
  readonly index: number;
  readonly shift: number;
  readonly template: string;
  readonly columns: readonly GridColumn<Row>[];
  /** Undefined while it is on its way. */
  readonly row: Row | undefined;
  readonly id: string | undefined;
  readonly name: string;
  /** It is not in the list any more, and stands there only so that the others stay where they are. */
  readonly gone: boolean;
  readonly selectable: boolean;
  /** Undefined where rows cannot be chosen at all. */
  readonly selected: boolean | undefined;
  /** The number of the cell that the keyboard is at, if it is in this row. */
  readonly active: number | undefined;
  readonly onSelect: (id: string, chosen: boolean) => void;
  readonly onActive: (row: number, column: number) => void;
  readonly onOpen?: ((row: Row) => void) | undefined;
}

export function cellId(gridId: string, row: number, column: number): string {
  return `${gridId}-${row}-${column}`;
}

function Row<Row>(props: Props<Row>) {
  const { gridId, index, shift, template, columns, row, id, name, selected, active, onSelect, onActive } =
    props;
  const { gone, selectable, onOpen } = props;
  const styles = useGridStyles();
  const { t } = useTexts();
  const boxes = selected === undefined ? 0 : 1;

  // Cells are not in the tab order: the grid has the focus and says which of them is active (`aria-activedescendant`).
  const cell = (column: number, numeric: boolean | undefined, content: ReactNode) => (
    // eslint-disable-next-line jsx-a11y/interactive-supports-focus, jsx-a11y/click-events-have-key-events -- see above; keys are the grid's
    <div
      key={column}
      id={cellId(gridId, index, column)}
      role="gridcell"
      aria-colindex={column + 1}
      data-active={active === column ? "" : undefined}
      className={mergeClasses(styles.cell, numeric && styles.numeric, column < boxes && styles.box)}
      onClick={(event) => {
        onActive(index, column);
        // Links, buttons and boxes have an effect of their own.
        const own = (event.target as Element).closest("a, button, input, label");
        if (row !== undefined && !own && column >= boxes) onOpen?.(row);
      }}
    >
      {content}
    </div>
  );

  return (
    <div
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      {...(gone && { title: t("grid.gone") })}
      className={mergeClasses(
        styles.row,
        styles.bodyRow,
        gone && styles.gone,
        selected && styles.selected,
        onOpen && styles.opens,
      )}
      style={{ gridTemplateColumns: template, transform: `translateY(${index * ROW_HEIGHT + shift}px)` }}
    >
      {selected !== undefined &&
        cell(
          0,
          false,
          <Checkbox
            tabIndex={-1}
            aria-label={t("grid.select.row", { name })}
            checked={selected}
            disabled={!selectable}
            onChange={(_, { checked }) => id !== undefined && onSelect(id, checked === true)}
          />,
        )}
      {columns.map(({ numeric, cell: content }, column) =>
        cell(
          column + boxes,
          numeric,
          row === undefined ? <span className={styles.skeleton} /> : content(row),
        ),
      )}
    </div>
  );
}

export const GridRow = memo(Row) as typeof Row;
