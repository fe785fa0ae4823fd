import { Button, Checkbox, Text } from "@fluentui/react-components";
import { ArrowSyncRegular } from "@fluentui/react-icons";
import {
  useCallback,
  useEffect,
  useId,
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
} from "react";
import { ErrorState } from "../components/ErrorState";
import type { Translate } from "../texts/catalogue";
import { useTexts } from "../texts/texts";
import type { GridColumn, GridSort } from "./column";
import { ColumnChooser } from "./ColumnChooser";
import { GridHeader } from "./GridHeader";
import { cellId, GridRow } from "./GridRow";
import { useAttended, useHeld, useRenewals } from "./held";
import { moveBy, type Cell } from "./keys";
import {
  boxOver,
  boxOverAll,
  countSelected,
  EVERYTHING,
  isSelected,
  NOTHING,
  select,
  type Selection,
} from "./selection";
import { HEADER_HEIGHT, ROW_HEIGHT, useGridStyles } from "./styles";
import { useColumns } from "./useColumns";
import { useRows } from "./useRows";
import { useWindows, type RowSource } from "./windows";

interface Props<Row> {
  /** Under which name this browser remembers the chosen columns: "jobs.devices". */
  readonly name: string;
  /** What the rows are, for who cannot see them. */
  readonly label: string;
  readonly source: RowSource<Row>;
  /** Keep them in a memo: new columns draw every row anew. */
  readonly columns: readonly GridColumn<Row>[];
  readonly rowId: (row: Row) => string;
  /** How a row is called in the label of its box. */
  readonly rowName: (row: Row) => string;
  readonly selection?: Selection;
  /** Whether a row may be chosen; without it all may. */
  readonly isSelectable?: (row: Row) => boolean;
  /** What a click on a row or Enter does where the cell has no link of its own. Keep it the same between renders. */
  readonly onOpen?: (row: Row) => void;
  readonly onSelection?: (selection: Selection) => void;
  readonly sort?: GridSort;
  readonly onSort?: (sort: GridSort) => void;
  /** What stands in place of the rows when there are none. */
  readonly empty: ReactNode;
  /** Filters and commands, left of the column chooser. */
  readonly tools?: ReactNode;
}

function saySelected(selection: Selection | undefined, chosen: number, more: boolean, t: Translate): string {
  if (!more || selection?.kind !== "allBut") return t("grid.selected", { count: chosen });
  return selection.ids.size === 0
    ? t("grid.selected.whole")
    : t("grid.selected.wholeBut", { count: selection.ids.size });
}

/**
 * A list of any length. Rows are read in windows by index and forgotten again; only what is in view is drawn, and the
 * scrolled element stays below what browsers can lay out (`scale.ts`). The upper box chooses the whole list, also what
 * was never read; the box in the head the rows on screen. With the keyboard it is one stop of the Tab key; arrow keys,
 * Home, End and Page keys move, Space chooses the row, Enter follows the cell's link. While somebody points at a list that is
 * read again and again, or is in it with the keyboard, its rows stay where they are (`held.ts`).
 */
export function DataGrid<Row>(props: Props<Row>) {
  const { name, label, source, columns, rowId, rowName, selection, onSelection, sort, onSort, empty, tools } =
    props;
  const { isSelectable = () => true, onOpen } = props;
  const styles = useGridStyles();
  const { t } = useTexts();
  const gridId = useId();
  const [scroller, setScroller] = useState<HTMLDivElement | null>(null);
  const [total, setTotal] = useState(0);
  const rows = useRows(scroller, total, ROW_HEIGHT, HEADER_HEIGHT);
  const { scrollToRow } = rows;
  const read = useWindows(source, rows.first, rows.last);
  const { attended, handlers } = useAttended(scroller);
  const { offset, rows: present, name: piece, version } = read.inView;
  const held = useHeld(present, {
    list: piece,
    version,
    // A list that is read once does not move by itself.
    holding: (source.refresh !== undefined || source.moves === true) && attended,
    renewals: useRenewals(...(source.moves ? [] : [source.key.slice(0, 1)])),
    idOf: rowId,
  });
  const shownTotal =
    read.total === undefined ? undefined : read.total + held.rows.length - (present?.length ?? 0);
  if (shownTotal !== undefined && shownTotal !== total) setTotal(shownTotal);
  const rowAt = (index: number) => held.rows[index - offset] ?? read.rowAt(index);

  const { shown, tracks, choice, choose, resize } = useColumns(name, columns);
  const template = [...(selection ? ["40px"] : []), ...tracks].join(" ");

  const [active, setActive] = useState<Cell>({ row: 0, column: 0 });
  const onActive = useCallback((row: number, column: number) => setActive({ row, column }), []);
  // Another filter or order is another list, which begins at its top.
  const list = JSON.stringify(source.key);
  const shownList = useRef(list);
  useEffect(() => {
    if (shownList.current === list) return;
    shownList.current = list;
    scrollToRow(0);
    setActive({ row: 0, column: 0 });
  }, [list, scrollToRow]);

  const latest = useRef({ selection, onSelection });
  useLayoutEffect(() => {
    latest.current = { selection, onSelection };
  }, [selection, onSelection]);
  const onSelect = useCallback((id: string, chosen: boolean) => {
    const { selection, onSelection } = latest.current;
    if (selection) onSelection?.(select(selection, [id], chosen));
  }, []);

  const chosen = selection ? countSelected(selection, total) : 0;
  const onScreen: string[] = [];
  for (let index = rows.viewFirst; index < rows.viewLast; index++) {
    const row = rowAt(index);
    if (row !== undefined && isSelectable(row)) onScreen.push(rowId(row));
  }

  const onKeyDown = (event: KeyboardEvent) => {
    // Boxes and buttons in the head have keys of their own.
    if (event.target !== event.currentTarget) return;
    const next = moveBy(event, active, total, shown.length + (selection ? 1 : 0), rows.pageSize);
    if (next) {
      setActive(next);
      scrollToRow(next.row);
    } else if (event.key === " " && selection) {
      const row = rowAt(active.row);
      if (row !== undefined && isSelectable(row)) {
        onSelect(rowId(row), !isSelected(selection, rowId(row)));
      }
    } else if (event.key === "Enter") {
      const inside = document
        .getElementById(cellId(gridId, active.row, active.column))
        ?.querySelector<HTMLElement>("a, button, input");
      const row = rowAt(active.row);
      if (inside) inside.click();
      else if (row !== undefined) onOpen?.(row);
    } else {
      return;
    }
    event.preventDefault();
  };

  const drawn = [];
  for (let index = rows.first; index < rows.last; index++) {
    const row = rowAt(index);
    const id = row === undefined ? undefined : rowId(row);
    drawn.push(
      <GridRow
        // A row that leaves at one end is the one that comes in at the other: nothing is made anew while one scrolls.
        key={index % rows.pool}
        gridId={gridId}
        index={index}
        shift={rows.shift}
        template={template}
        columns={shown}
        row={row}
        id={id}
        name={row === undefined ? "" : rowName(row)}
        gone={id !== undefined && held.gone.has(id)}
        selectable={row !== undefined && isSelectable(row)}
        selected={
          row !== undefined && !isSelectable(row)
            ? selection && false
            : selection && id !== undefined
              ? isSelected(selection, id)
              : selection && selection.kind === "allBut"
        }
        active={active.row === index ? active.column : undefined}
        onSelect={onSelect}
        onActive={onActive}
        onOpen={onOpen}
      />,
    );
  }
  const activeDrawn = active.row >= rows.first && active.row < rows.last;

  return (
    <section className={styles.root} aria-label={label}>
      <div className={styles.bar}>
        {selection && (
          <Checkbox
            label={read.more ? t("grid.select.whole") : t("grid.select.all", { count: total })}
            checked={boxOverAll(selection, total)}
            disabled={total === 0}
            onChange={(_, { checked }) => onSelection?.(checked === true ? EVERYTHING : NOTHING)}
          />
        )}
        <Text aria-live="polite">
          {!selection &&
            (read.more ? t("grid.total.more", { count: total - 1 }) : t("grid.total", { count: total }))}
          {chosen > 0 && saySelected(selection, chosen, read.more, t)}
        </Text>
        {chosen > 0 && (
          <Button appearance="transparent" size="small" onClick={() => onSelection?.(NOTHING)}>
            {t("grid.select.none")}
          </Button>
        )}
        {held.behind && (
          <Button appearance="primary" size="small" icon={<ArrowSyncRegular />} onClick={held.release}>
            {held.news > 0 ? t("grid.news", { count: held.news }) : t("grid.changed")}
          </Button>
        )}
        <div className={styles.right}>
          {tools}
          <ColumnChooser columns={columns} choice={choice} onChange={choose} />
        </div>
      </div>
      {read.error !== undefined && read.error !== null && (
        <ErrorState error={read.error} title={t("grid.rowsFailed")} onRetry={read.retry} />
      )}
      {shownTotal === 0 ? (
        empty
      ) : (
        <div
          ref={setScroller}
          role="grid"
          aria-label={label}
          aria-rowcount={total + 1}
          aria-colcount={shown.length + (selection ? 1 : 0)}
          aria-multiselectable={selection ? true : undefined}
          aria-activedescendant={activeDrawn ? cellId(gridId, active.row, active.column) : undefined}
          aria-busy={read.total === undefined}
          tabIndex={0}
          className={styles.scroller}
          onKeyDown={onKeyDown}
          {...handlers}
        >
          <GridHeader
            columns={shown}
            sizing={choice.sizing}
            onResize={resize}
            template={template}
            box={selection && boxOver(selection, onScreen)}
            onBox={(chosen) => selection && onSelection?.(select(selection, onScreen, chosen))}
            sort={sort}
            onSort={onSort}
          />
          <div role="rowgroup" className={styles.body} style={{ height: rows.height }}>
            {drawn}
          </div>
        </div>
      )}
    </section>
  );
}
