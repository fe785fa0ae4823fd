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
import { ColumnEditRegular } from "@fluentui/react-icons";
import { useState } from "react";
import { useTexts } from "../texts/texts";
import type { GridColumn, Visibility } from "./column";

const useStyles = makeStyles({ list: { display: "flex", flexDirection: "column" } });

interface Props {
  readonly columns: readonly Pick<GridColumn<never>, "id" | "header" | "fixed">[];
  readonly visibility: Visibility;
  readonly onChange: (visibility: Visibility) => void;
}

/** The button beside a grid that lets a person choose its columns. */
export function ColumnChooser({ columns, visibility, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [open, setOpen] = useState(false);
  const [draft, setDraft] = useState(visibility);
  const free = columns.filter(({ fixed }) => !fixed);
  const shown = free.filter(({ id }) => draft[id] !== false).length;

  return (
    <Dialog
      open={open}
      onOpenChange={(_, data) => {
        setDraft(visibility);
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
                setDraft(Object.fromEntries(free.map(({ id }) => [id, checked !== false])))
              }
            />
            {columns.map(({ id, header, fixed }) => (
              <Checkbox
                key={id}
                label={header}
                disabled={fixed === true}
                checked={draft[id] !== false}
                onChange={(_, { checked }) => setDraft({ ...draft, [id]: checked === true })}
              />
            ))}
          </DialogContent>
          <DialogActions>
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
