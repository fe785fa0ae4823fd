import { Field, Input, makeStyles, Select, Text, tokens } from "@fluentui/react-components";
import { fieldState } from "../components/Picker";
import { useTexts } from "../texts/texts";
import { members, type Schema } from "./schema";
import { fieldsOf } from "./value";

const useStyles = makeStyles({
  group: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalM,
    margin: 0,
    minWidth: 0,
    padding: `0 0 0 ${tokens.spacingHorizontalM}`,
    border: "none",
    borderLeft: `${tokens.strokeWidthThick} solid ${tokens.colorNeutralStroke2}`,
  },
  fault: { color: tokens.colorStatusDangerForeground1 },
  legend: { padding: 0, marginBottom: tokens.spacingVerticalS },
});

interface Props {
  readonly schema: Schema;
  readonly label: string;
  readonly value: unknown;
  /** `undefined`: nothing given. */
  readonly onChange: (value: unknown) => void;
  readonly fault?: string | undefined;
  readonly hint?: string | undefined;
  readonly required?: boolean;
}

/** Whether a form can be made of the schema; of others the value is written as JSON. */
export function hasForm(schema: Schema | undefined): schema is Schema {
  if (schema === undefined || schema.kind === "map" || schema.kind === "array") return false;
  return schema.kind !== "object" || schema.fields.every((field) => hasForm(field.schema));
}

/** The field of a value, made from its schema; of an object a group of fields. */
export function ValueField(props: Props) {
  const { schema, label, value, onChange, fault, hint, required } = props;
  const styles = useStyles();
  const { t } = useTexts();
  const text =
    typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
  const field = { label, ...fieldState(fault, hint), ...(required && { required }) };

  const fields = fieldsOf(schema);
  if (fields) {
    const given = members(value);
    return (
      <fieldset className={styles.group}>
        <legend className={styles.legend}>
          <Text weight="semibold">{label}</Text>
        </legend>
        {fields.map(({ name, label, schema: inner }) => (
          <ValueField
            key={name}
            schema={inner}
            label={label}
            value={given[name]}
            onChange={(next) => onChange(withMember(given, name, emptied(inner, next)))}
          />
        ))}
        {fault && (
          <Text size={200} className={styles.fault} role="alert">
            {fault}
          </Text>
        )}
      </fieldset>
    );
  }

  if (schema.kind === "boolean" || schema.kind === "enum") {
    const options =
      schema.kind === "enum"
        ? schema.options
        : [
            { value: true, label: t("value.true") },
            { value: false, label: t("value.false") },
          ];
    const change = (chosen: string) =>
      onChange(options.find((option) => String(option.value) === chosen)?.value);
    return (
      <Field {...field}>
        <Select value={text} onChange={(_, data) => change(data.value)}>
          <option value="">{t("value.choose")}</option>
          {options.map((option) => (
            <option key={String(option.value)} value={String(option.value)}>
              {option.label}
            </option>
          ))}
        </Select>
      </Field>
    );
  }

  if (schema.kind === "dateTime") {
    const local = localOf(text);
    return (
      <Field {...field} {...fieldState(fault, text ? t("value.sent", { value: text }) : hint)}>
        <Input
          type="datetime-local"
          step={1}
          value={local}
          onChange={(_, data) => onChange(instantText(data.value))}
        />
      </Field>
    );
  }

  const numeric = ["integer", "long", "float", "double"].includes(schema.kind);
  return (
    <Field {...field}>
      <Input
        value={schema.kind === "time" ? text.slice(0, 8) : text}
        type={schema.kind === "date" ? "date" : schema.kind === "time" ? "time" : "text"}
        {...(schema.kind === "time" && { step: 1 })}
        {...(numeric && { inputMode: "decimal" as const })}
        {...(schema.kind === "duration" && { placeholder: "PT5M" })}
        onChange={(_, data) => {
          if (schema.kind === "string") onChange(data.value);
          // The browser leaves the seconds out where they are none.
          else if (schema.kind === "time" && /^\d\d:\d\d$/.test(data.value)) onChange(`${data.value}:00`);
          else onChange(data.value === "" ? undefined : data.value);
        }}
      />
    </Field>
  );
}

function withMember(given: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  const rest = Object.fromEntries(Object.entries(given).filter(([other]) => other !== name));
  return value === undefined ? rest : { ...rest, [name]: value };
}

/** In an object an empty field is one that is not given. */
function emptied(schema: Schema, value: unknown): unknown {
  const empty = value === "" || (fieldsOf(schema) !== undefined && Object.keys(members(value)).length === 0);
  return empty ? undefined : value;
}

/** A date and time as the browser's control takes it, in the zone of whoever looks; empty when it is none. */
function localOf(text: string): string {
  const time = new Date(text);
  if (text === "" || Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 19);
}

function instantText(local: string): string | undefined {
  const time = new Date(local);
  return local === "" || Number.isNaN(time.getTime()) ? undefined : time.toISOString().replace(".000Z", "Z");
}
