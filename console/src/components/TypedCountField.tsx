import { Field, Input } from "@fluentui/react-components";
import { useTexts } from "../texts/texts";

interface Props {
  readonly count: number;
  readonly value: string;
  readonly onChange: (typed: string) => void;
}

/** Asks for the number of devices that something touches; `saysCount` tells whether it was typed. */
export function TypedCountField({ count, value, onChange }: Props) {
  const { t, formats } = useTexts();
  return (
    <Field label={t("confirm.typeCount", { number: formats.number(count) })} required>
      <Input
        value={value}
        inputMode="numeric"
        autoComplete="off"
        onChange={(_, { value }) => onChange(value)}
      />
    </Field>
  );
}
