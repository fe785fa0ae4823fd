import { Button, Checkbox, mergeClasses } from "@fluentui/react-components";
import { ArrowDownRegular, ArrowUpRegular } from "@fluentui/react-icons";
import { useTexts } from "../texts/texts";
import type { GridColumn, GridSort } from "./column";
import { ResizeHandle } from "./ResizeHandle";
import { useGridStyles } from "./styles";

interface Props {
  readonly columns: readonly GridColumn<never>[];
  /** Widths that were chosen, in px. */
  readonly sizing: Readonly<Record<string, number>>;
  readonly onResize: (id: string, width: number | undefined) => void;
  readonly template: string;
  /** What the box over the rows on screen shows; none without selection. */
  readonly box?: boolean | "mixed" | undefined;
  readonly onBox: (chosen: boolean) => void;
  readonly sort?: GridSort | undefined;
  readonly onSort?: ((sort: GridSort) => void) | undefined;
}

/** The row of column heads: sorts, and chooses the rows on screen. */
export function GridHeader({ columns, sizing, onResize, template, box, onBox, sort, onSort }: Props) {
  const styles = useGridStyles();
  const { t } = useTexts();
  return (
    <div role="rowgroup" className={styles.header}>
      <div role="row" aria-rowindex={1} className={styles.row} style={{ gridTemplateColumns: template }}>
        {box !== undefined && (
          <div role="columnheader" className={mergeClasses(styles.cell, styles.box)}>
            <Checkbox
              aria-label={t("grid.select.page")}
              checked={box}
              onChange={(_, { checked }) => onBox(checked !== false)}
            />
          </div>
        )}
        {columns.map(({ id, header, sortable, numeric, width }) => {
          const sorted = sort?.by === id;
          const Arrow = sort?.descending ? ArrowDownRegular : ArrowUpRegular;
          return (
            <div
              key={id}
              role="columnheader"
              aria-sort={sorted ? (sort.descending ? "descending" : "ascending") : undefined}
              className={mergeClasses(styles.cell, styles.head, numeric && styles.numeric)}
            >
              {sortable && onSort ? (
                <Button
                  appearance="transparent"
                  className={styles.sort}
                  iconPosition="after"
                  icon={sorted ? <Arrow /> : null}
                  onClick={() => onSort({ by: id, descending: sorted && !sort.descending })}
                >
                  {header}
                </Button>
              ) : (
                <span>{header}</span>
              )}
              <ResizeHandle
                name={header}
                width={sizing[id] ?? width}
                onResize={(width) => onResize(id, width)}
              />
            </div>
          );
        })}
      </div>
    </div>
  );
}
