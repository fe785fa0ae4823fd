import {
  Button,
  Checkbox,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  DialogTrigger,
  makeStyles,
} from "@fluentui/react-components";
import { ArrowDownRegular, ArrowUpRegular, ColumnEditRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTexts } from "../texts/texts";
import type { GridColumn } from "./column";
import { initialChoice, moveColumn, ordered, type ColumnChoice } from "./columnChoice";

const useStyles = makeStyles({
  list: { display: "flex", flexDirection: "column" },
  row: { display: "flex", alignItems: "center" },
  name: { flexGrow: 1 },
});

interface Props {
  readonly columns: readonly GridColumn<never>[];
  readonly choice: ColumnChoice;
  readonly onChange: (choice: ColumnChoice) => void;
}

/** The button beside a grid that lets a person choose its columns and their order. */
export function ColumnChooser({ columns, choice, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState(choice);
  const free = columns.filter(({ fixed }) => !fixed);
  const shown = free.filter(({ id }) => draft.visibility[id] !== false).length;
  const order = ordered(columns, draft.order);
  const fixedCount = columns.length - free.length;
  const show = (ids: readonly string[], shown: boolean) =>
    setDraft({
      ...draft,
      visibility: { ...draft.visibility, ...Object.fromEntries(ids.map((id) => [id, shown])) },
    });

  return (
    <Dialog
      open={open}
      onOpenChange={(_, data) => {
        setDraft(choice);
        setOpen(data.open);
      }}
    >
      <DialogTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<ColumnEditRegular />}>
          {t("grid.columns")}
        </Button>
      </DialogTrigger>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{t("grid.columns.title")}</DialogTitle>
          <DialogContent className={styles.list}>
            <Checkbox
              label={t("grid.columns.all")}
              checked={shown === 0 ? false : shown === free.length || "mixed"}
              onChange={(_, { checked }) =>
                show(
                  free.map(({ id }) => id),
                  checked !== false,
                )
              }
            />
            {order.map((id, place) => {
              const column = columns.find((column) => column.id === id);
              if (!column) return null;
              return (
                <div key={id} className={styles.row}>
                  <Checkbox
                    className={styles.name}
                    label={column.header}
                    disabled={column.fixed === true}
                    checked={column.fixed === true || draft.visibility[id] !== false}
                    onChange={(_, { checked }) => show([id], checked === true)}
                  />
                  {!column.fixed && (
                    <>
                      <Button
                        appearance="subtle"
                        size="small"
                        icon={<ArrowUpRegular />}
                        aria-label={t("grid.columns.left", { name: column.header })}
                        disabled={place === fixedCount}
                        onClick={() => setDraft({ ...draft, order: moveColumn(order, id, -1) })}
                      />
                      <Button
                        appearance="subtle"
                        size="small"
                        icon={<ArrowDownRegular />}
                        aria-label={t("grid.columns.right", { name: column.header })}
                        disabled={place === order.length - 1}
                        onClick={() => setDraft({ ...draft, order: moveColumn(order, id, 1) })}
                      />
                    </>
                  )}
                </div>
              );
            })}
          </DialogContent>
          <DialogActions>
            <Button appearance="subtle" onClick={() => setDraft(initialChoice(columns))}>
              {t("grid.columns.reset")}
            </Button>
            <DialogTrigger disableButtonEnhancement>
              <Button>{t("action.cancel")}</Button>
            </DialogTrigger>
            <Button
              appearance="primary"
              onClick={() => {
                onChange(draft);
                setOpen(false);
              }}
            >
              {t("action.ok")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}
