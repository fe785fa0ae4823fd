import {
  Button,
  Field,
  Input,
  makeStyles,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Text,
  tokens,
} from "@fluentui/react-components";
import { AddRegular, DismissRegular } from "@fluentui/react-icons";
import { useState, type SyntheticEvent } from "react";
import { useStored } from "../../../app/stored";
import { useTexts } from "../../../texts/texts";

/** The server reads no more of them at once. */
const MOST = 10;

const useStyles = makeStyles({
  surface: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, maxWidth: "360px" },
  row: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS },
  path: { flexGrow: 1, overflowWrap: "anywhere" },
});

/** Whether this names a value in a twin: a section, and names in it. */
export function isPath(text: string): boolean {
  return /^(tags|desired|reported)(\.[^.,\s]+)+$/u.test(text);
}

function isPaths(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= MOST &&
    value.every((path) => typeof path === "string" && isPath(path))
  );
}

/** The values of the twins that this browser shows beside the results, wherever they are shown. */
export function useTwinColumns() {
  return useStored<string[]>("run.twinColumns", () => [], isPaths);
}

interface Props {
  readonly paths: readonly string[];
  readonly onChange: (paths: string[]) => void;
}

/** Lets a person show values of the twins beside the results: a tag, a reported property. */
export function TwinColumns({ paths, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [typed, setTyped] = useState("");
  const path = typed.trim();
  const full = paths.length >= MOST;
  const ready = isPath(path) && !paths.includes(path) && !full;
  return (
    <Popover trapFocus>
      <PopoverTrigger disableButtonEnhancement>
        <Button appearance="subtle" icon={<AddRegular />}>
          {t("run.twin.button")}
        </Button>
      </PopoverTrigger>
      <PopoverSurface className={styles.surface} aria-label={t("run.twin.button")}>
        <Text>{t("run.twin.about")}</Text>
        {paths.map((path) => (
          <div key={path} className={styles.row}>
            <Text className={styles.path}>{path}</Text>
            <Button
              size="small"
              appearance="subtle"
              icon={<DismissRegular />}
              aria-label={t("run.twin.remove", { path })}
              onClick={() => onChange(paths.filter((other) => other !== path))}
            />
          </div>
        ))}
        <form
          onSubmit={(event: SyntheticEvent) => {
            event.preventDefault();
            if (!ready) return;
            onChange([...paths, path]);
            setTyped("");
          }}
        >
          <Field label={t("run.twin.path")} hint={t("run.twin.hint")}>
            <Input
              value={typed}
              placeholder="tags.site"
              disabled={full}
              onChange={(_, data) => setTyped(data.value)}
              contentAfter={
                <Button type="submit" size="small" appearance="transparent" disabled={!ready}>
                  {t("run.twin.add")}
                </Button>
              }
            />
          </Field>
        </form>
      </PopoverSurface>
    </Popover>
  );
}
