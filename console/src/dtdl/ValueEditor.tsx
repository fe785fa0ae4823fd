import { Field, makeStyles, Tab, TabList, Textarea, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { fieldState } from "../components/Picker";
import { useTexts } from "../texts/texts";
import { parseExact } from "./exactJson";
import type { Schema } from "./schema";
import { settled } from "./value";
import { hasForm, ValueField } from "./ValueField";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS, minWidth: 0 },
  json: { "& textarea": { fontFamily: tokens.fontFamilyMonospace, maxHeight: "480px" } },
});

interface Props {
  readonly label: string;
  /** Undefined: only JSON can be given. */
  readonly schema: Schema | undefined;
  readonly value: unknown;
  /** What stands in the JSON view while it is no JSON. */
  readonly raw: string | undefined;
  readonly onChange: (value: unknown, raw: string | undefined) => void;
  readonly fault?: string | undefined;
  readonly hint?: string | undefined;
  readonly required?: boolean;
}

/** A value, by a form that its schema makes or as JSON; the two are views of one value. */
export function ValueEditor(props: Props) {
  const { label, schema, value, raw, onChange, hint, required } = props;
  const styles = useStyles();
  const { t } = useTexts();
  const fault = raw === undefined ? props.fault : t("value.fault.json");
  const [wanted, setWanted] = useState<"form" | "json">("form");
  const formable = hasForm(schema);
  // What is no JSON, and null, no form can show.
  const view = formable && raw === undefined && value !== null ? wanted : "json";
  const shown = raw ?? (value === undefined ? "" : JSON.stringify(settled(schema, value), null, 2));
  /** Kept while it says the value, so that what is typed is not laid out anew. */
  const [typed, setTyped] = useState(shown);

  const write = (text: string) => {
    setTyped(text);
    if (text.trim() === "") onChange(undefined, undefined);
    else {
      try {
        onChange(parseExact(text), undefined);
      } catch {
        onChange(value, text);
      }
    }
  };

  return (
    <div className={styles.root}>
      {formable && (
        <TabList
          size="small"
          selectedValue={view}
          aria-label={t("value.view", { label })}
          onTabSelect={(_, data) => {
            setTyped(shown);
            setWanted(data.value as "form" | "json");
          }}
        >
          <Tab value="form" disabled={raw !== undefined || value === null}>
            {t("value.form")}
          </Tab>
          <Tab value="json">JSON</Tab>
        </TabList>
      )}
      {view === "form" && schema ? (
        <ValueField
          {...{ schema, label, value, fault, hint }}
          {...(required && { required })}
          onChange={(next) => onChange(next, undefined)}
        />
      ) : (
        <Field label={label} {...fieldState(fault, hint)} {...(required && { required })}>
          <Textarea
            className={styles.json}
            resize="vertical"
            rows={Math.min(12, Math.max(3, typed.split("\n").length))}
            spellCheck={false}
            value={saysSame(typed, raw, shown) ? typed : shown}
            onChange={(_, data) => write(data.value)}
          />
        </Field>
      )}
    </div>
  );
}

function saysSame(typed: string, raw: string | undefined, shown: string): boolean {
  if (raw !== undefined) return typed === raw;
  if (typed.trim() === "" || shown === "") return typed.trim() === shown;
  try {
    return JSON.stringify(parseExact(typed)) === JSON.stringify(JSON.parse(shown));
  } catch {
    return false;
  }
}
