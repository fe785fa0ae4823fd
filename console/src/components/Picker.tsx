import {
  Combobox,
  Field,
  makeStyles,
  Option,
  Text,
  tokens,
  type FieldProps,
} from "@fluentui/react-components";
import { useMemo, useState, type ReactNode } from "react";
import { useTexts } from "../texts/texts";

const useStyles = makeStyles({
  box: { minWidth: 0, width: "100%" },
  bare: { minWidth: "140px", maxWidth: "220px" },
  input: { minWidth: 0 },
  option: { display: "flex", flexDirection: "column", minWidth: 0, overflowWrap: "anywhere" },
  note: { color: tokens.colorNeutralForeground3 },
});

/** Most options that are drawn; typing finds the others. */
const DRAWN = 100;

export interface PickerOption {
  readonly value: string;
  readonly text: string;
  /** A second line: where it belongs, what it is. */
  readonly note?: string;
}

interface Props {
  readonly label: string;
  readonly options: readonly PickerOption[];
  /** The chosen option's value; one that is not among the options is shown as it is. */
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly placeholder?: string;
  readonly required?: boolean;
  readonly disabled?: boolean;
  readonly hint?: ReactNode;
  /** What is wrong with the choice. */
  readonly fault?: string | undefined;
  /** One may choose nothing again. */
  readonly clearable?: boolean;
  /** Of a row of filters: the label is not shown, and says what is filtered by. */
  readonly bare?: boolean;
}

/** Chooses one of many by typing a part of its name. */
export function Picker(props: Props) {
  const { label, options, value, onChange, placeholder, required, disabled, hint, fault, clearable } = props;
  const { bare = false } = props;
  const styles = useStyles();
  const { t } = useTexts();
  /** What is typed while the list is open. */
  const [typed, setTyped] = useState<string>();
  const chosen = options.find((option) => option.value === value);
  const shown = chosen?.text ?? value;

  const found = useMemo(() => {
    const wanted = (typed ?? "").trim().toLocaleLowerCase();
    return options.filter(({ text, note, value }) =>
      [text, note ?? "", value].some((part) => part.toLocaleLowerCase().includes(wanted)),
    );
  }, [options, typed]);

  const box = (
    <Combobox
      className={bare ? styles.bare : styles.box}
      {...(bare && { "aria-label": label, input: { className: styles.input, size: 12 } })}
      value={typed ?? shown}
      selectedOptions={value === "" ? [] : [value]}
      {...(placeholder !== undefined && { placeholder })}
      {...(disabled && { disabled })}
      clearable={clearable ?? false}
      onChange={(event) => setTyped(event.target.value)}
      onOpenChange={(_, { open }) => {
        if (!open) setTyped(undefined);
      }}
      onOptionSelect={(event, { optionValue }) => {
        // Fluent also takes the choice away while one types; here it stays until another is made.
        if (optionValue === undefined && event.type !== "click") return;
        setTyped(undefined);
        onChange(optionValue ?? "");
      }}
    >
      {found.slice(0, DRAWN).map(({ value, text, note }) => (
        <Option key={value} value={value} text={text}>
          <span className={styles.option}>
            <Text>{text}</Text>
            {note && (
              <Text size={200} className={styles.note}>
                {note}
              </Text>
            )}
          </span>
        </Option>
      ))}
      {found.length === 0 && (
        <Option disabled value="" text="">
          {t("picker.none")}
        </Option>
      )}
      {found.length > DRAWN && (
        <Option disabled value="" text="">
          {t("picker.more", { count: found.length - DRAWN })}
        </Option>
      )}
    </Combobox>
  );
  if (bare) return box;
  return (
    <Field label={label} {...fieldState(fault, hint)} {...(required && { required })}>
      {box}
    </Field>
  );
}

/** What a `Field` says below its control: what is wrong, else the hint. */
export function fieldState(
  fault: string | undefined,
  hint?: ReactNode,
): Pick<FieldProps, "validationMessage" | "validationState" | "hint"> {
  return {
    ...(fault !== undefined && { validationMessage: fault, validationState: "error" as const }),
    ...(hint !== undefined && hint !== null && { hint: hint as NonNullable<FieldProps["hint"]> }),
  };
}
