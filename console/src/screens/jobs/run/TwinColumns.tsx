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
import { useEffect, useMemo, useState, type SyntheticEvent } from "react";
import { useStored } from "../../../app/stored";
import { useTexts } from "../../../texts/texts";
import { isPath, PATHS_MAX, readPaths } from "./filter";

const useStyles = makeStyles({
  surface: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, maxWidth: "360px" },
  row: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS },
  path: { flexGrow: 1, overflowWrap: "anywhere" },
});

function isPaths(value: unknown): value is string[] {
  return (
    Array.isArray(value) &&
    value.length <= PATHS_MAX &&
    value.every((path) => typeof path === "string" && isPath(path))
  );
}

/**
 * The values of the twins that are shown beside the results: those of the address, else those that this browser remembers,
 * which then come into the address.
 *
 * @param given comma-separated, out of the address
 */
export function useTwinColumns(
  given: string | undefined,
  onGive: (columns: string | undefined, replace: boolean) => void,
): [paths: readonly string[], set: (paths: string[]) => void] {
  const [stored, store] = useStored<string[]>("run.twinColumns", () => [], isPaths);
  const text = given ?? stored.join(",");
  useEffect(() => {
    if (given === undefined && text !== "") onGive(text, true);
  }, [given, text, onGive]);
  const paths = useMemo(() => readPaths(text) ?? [], [text]);
  const set = (paths: string[]) => {
    store(paths);
    onGive(paths.length > 0 ? paths.join(",") : undefined, true);
  };
  return [paths, set];
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
  const full = paths.length >= PATHS_MAX;
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
