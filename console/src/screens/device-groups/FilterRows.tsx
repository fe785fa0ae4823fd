import { Button, Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import { AddRegular, DeleteRegular } from "@fluentui/react-icons";
import { Picker } from "../../components/Picker";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { capabilityName } from "../devices/capabilities";
import { emptyRow, isWhole, withOperand, type DraftFilter, type DraftRow, type Operand } from "./draft";
import { METADATA, OPERATORS, type Operator } from "./filter";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 3fr) 148px minmax(0, 3fr) auto",
    gap: tokens.spacingHorizontalS,
    alignItems: "start",
    "@media (max-width: 640px)": { gridTemplateColumns: "minmax(0, 1fr) auto" },
  },
  remove: { marginTop: "26px" },
  joiner: { maxWidth: "320px" },
});

const OPERATOR_TEXTS = {
  "=": "groups.operator.equal",
  "!=": "groups.operator.notEqual",
  "<": "groups.operator.less",
  "<=": "groups.operator.lessOrEqual",
  ">": "groups.operator.greater",
  ">=": "groups.operator.greaterOrEqual",
} as const satisfies Record<Operator, TextKey>;

const METADATA_TEXTS = {
  $id: "groups.field.id",
  $displayName: "groups.field.displayName",
  $provisioned: "groups.field.provisioned",
  $simulated: "groups.field.simulated",
  $enabled: "groups.field.enabled",
} as const satisfies Record<(typeof METADATA)[number], TextKey>;

interface Props {
  readonly draft: DraftFilter;
  readonly operands: readonly Operand[];
  readonly readOnly: boolean;
  readonly onChange: (draft: DraftFilter) => void;
}

/** The conditions of a device group: property, comparison, value. */
export function FilterRows({ draft, operands, readOnly, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const change = (row: DraftRow) =>
    onChange({ ...draft, rows: draft.rows.map((other) => (other.key === row.key ? row : other)) });
  return (
    <div className={styles.root}>
      {draft.rows.length > 1 && (
        <Field label={t("groups.joiner")} className={styles.joiner}>
          <Select
            value={draft.joiner}
            disabled={readOnly}
            onChange={(_, { value }) => onChange({ ...draft, joiner: value === "OR" ? "OR" : "AND" })}
          >
            <option value="AND">{t("groups.joiner.and")}</option>
            <option value="OR">{t("groups.joiner.or")}</option>
          </Select>
        </Field>
      )}
      {draft.rows.map((row, index) => (
        <Row
          key={row.key}
          row={row}
          number={index + 1}
          operands={operands}
          readOnly={readOnly}
          onChange={change}
          onRemove={() => onChange({ ...draft, rows: draft.rows.filter(({ key }) => key !== row.key) })}
        />
      ))}
      <div>
        <Button
          icon={<AddRegular />}
          disabled={readOnly}
          onClick={() => onChange({ ...draft, rows: [...draft.rows, emptyRow()] })}
        >
          {t("groups.addRow")}
        </Button>
      </div>
    </div>
  );
}

interface RowProps {
  readonly row: DraftRow;
  readonly number: number;
  readonly operands: readonly Operand[];
  readonly readOnly: boolean;
  readonly onChange: (row: DraftRow) => void;
  readonly onRemove: () => void;
}

function Row({ row, number, operands, readOnly, onChange, onRemove }: RowProps) {
  const styles = useStyles();
  const { t } = useTexts();
  const operand = operands.find(({ name }) => name === row.operand);
  const gone = row.operand !== "" && !operand;
  const options = operands.map(({ name, capability }) => {
    const known = METADATA.find((one) => one === name);
    return {
      value: name,
      text: known ? t(METADATA_TEXTS[known]) : capability ? capabilityName(capability) : name,
      note: capability
        ? t(capability.kind === "cloudProperty" ? "groups.field.cloud" : "groups.field.property", {
            path: name,
          })
        : name,
    };
  });
  // Of a boolean nothing is greater.
  const operators = row.kind === "boolean" ? OPERATORS.slice(0, 2) : OPERATORS;
  return (
    <div className={styles.row} role="group" aria-label={t("groups.row", { number: String(number) })}>
      <Picker
        label={t("groups.property")}
        value={row.operand}
        options={options}
        disabled={readOnly}
        fault={gone ? t("groups.field.gone") : undefined}
        onChange={(name) => {
          const chosen = operands.find((one) => one.name === name);
          if (chosen) onChange(withOperand(row, chosen));
        }}
      />
      <Field label={t("groups.operator")}>
        <Select
          value={row.operator}
          disabled={readOnly}
          onChange={(_, { value }) =>
            onChange({ ...row, operator: OPERATORS.find((one) => one === value) ?? "=" })
          }
        >
          {operators.map((one) => (
            <option key={one} value={one}>
              {t(OPERATOR_TEXTS[one])}
            </option>
          ))}
        </Select>
      </Field>
      <ValueCell row={row} operand={operand} readOnly={readOnly} onChange={onChange} />
      <Button
        className={styles.remove}
        appearance="subtle"
        icon={<DeleteRegular />}
        disabled={readOnly}
        aria-label={t("groups.removeRow", { number: String(number) })}
        onClick={onRemove}
      />
    </div>
  );
}

interface ValueProps {
  readonly row: DraftRow;
  readonly operand: Operand | undefined;
  readonly readOnly: boolean;
  readonly onChange: (row: DraftRow) => void;
}

function ValueCell({ row, operand, readOnly, onChange }: ValueProps) {
  const { t } = useTexts();
  const schema = operand?.schema;
  const write = (text: string) => onChange({ ...row, kind: operand?.kind ?? row.kind, text });
  const fault =
    row.text !== undefined && row.operand !== "" && !isWhole(row) ? t("groups.value.number") : undefined;
  const field = {
    label: t("groups.value"),
    ...(fault !== undefined && { validationMessage: fault, validationState: "error" as const }),
  };
  const options =
    schema?.kind === "enum"
      ? schema.options.map(({ value, label }) => ({ value: String(value), label }))
      : row.kind === "boolean"
        ? [
            { value: "true", label: t("value.true") },
            { value: "false", label: t("value.false") },
          ]
        : undefined;
  if (!options)
    return (
      <Field {...field}>
        <Input
          value={row.text ?? ""}
          disabled={readOnly}
          {...(row.kind === "number" && { inputMode: "decimal" as const })}
          onChange={(_, { value }) => write(value)}
        />
      </Field>
    );
  const known = row.text === undefined || options.some(({ value }) => value === row.text);
  return (
    <Field {...field}>
      <Select value={row.text ?? ""} disabled={readOnly} onChange={(_, { value }) => write(value)}>
        {row.text === undefined && <option value="">{t("value.choose")}</option>}
        {!known && <option value={row.text}>{row.text}</option>}
        {options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </Select>
    </Field>
  );
}
