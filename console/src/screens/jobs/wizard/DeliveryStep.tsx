import {
  Field,
  Input,
  Radio,
  RadioGroup,
  Spinner,
  Subtitle2,
  Switch,
  Text,
} from "@fluentui/react-components";
import { fieldState } from "../../../components/Picker";
import { useTexts } from "../../../texts/texts";
import type { AmountForm } from "./form";
import { deliverySentences } from "./sentence";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

/** How the devices are taken one batch after the other, and how many failures are borne. */
export function DeliveryStep({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change, faultAt } = wizard;
  if (form.rerun?.hub !== undefined) return <DeliverySentence wizard={wizard} />;
  return (
    <div className={styles.step}>
      <section className={styles.section}>
        <Subtitle2 as="h2" className={styles.heading}>
          {t("wizard.batches")}
        </Subtitle2>
        <Text className={styles.muted}>{t("wizard.batches.about")}</Text>
        <Switch
          checked={form.batch.on}
          label={t("wizard.batches.use")}
          onChange={(_, { checked }) => change({ batch: { ...form.batch, on: checked } })}
        />
        {form.batch.on && (
          <Amount
            label={t("wizard.batches.size")}
            amount={form.batch}
            fault={faultAt("batch")}
            onChange={(part) => change({ batch: { ...form.batch, ...part } })}
          />
        )}
      </section>
      <section className={styles.section}>
        <Subtitle2 as="h2" className={styles.heading}>
          {t("wizard.threshold")}
        </Subtitle2>
        <Text className={styles.muted}>{t("wizard.threshold.about")}</Text>
        <Switch
          checked={form.threshold.on}
          label={t("wizard.threshold.use")}
          onChange={(_, { checked }) => change({ threshold: { ...form.threshold, on: checked } })}
        />
        {form.threshold.on && (
          <>
            <Amount
              label={t("wizard.threshold.size")}
              amount={form.threshold}
              fault={faultAt("cancellationThreshold")}
              onChange={(part) => change({ threshold: { ...form.threshold, ...part } })}
            />
            <Field label={t("wizard.threshold.scope")}>
              <RadioGroup
                layout="horizontal"
                value={form.threshold.perBatch && form.batch.on ? "batch" : "job"}
                onChange={(_, { value }) =>
                  change({ threshold: { ...form.threshold, perBatch: value === "batch" } })
                }
              >
                <Radio value="job" label={t("wizard.threshold.job")} />
                <Radio value="batch" label={t("wizard.threshold.batch")} disabled={!form.batch.on} />
              </RadioGroup>
            </Field>
          </>
        )}
      </section>
      <section className={styles.section} aria-live="polite">
        <Subtitle2 as="h2" className={styles.heading}>
          {t("wizard.sentence.title")}
        </Subtitle2>
        <DeliverySentence wizard={wizard} />
      </section>
    </div>
  );
}

/** What will happen, with the devices that are matched now. */
export function DeliverySentence({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t, formats } = useTexts();
  const { preview, previewIsOld } = wizard;
  return (
    <div className={styles.sentence} data-testid="sentence">
      {preview === undefined ? (
        <Text>{t("wizard.sentence.unknown")}</Text>
      ) : (
        <div className={styles.live}>
          <Text weight="semibold">{deliverySentences(preview, t, formats).join(" ")}</Text>
          {previewIsOld && <Spinner size="extra-tiny" aria-label={t("wizard.counting")} />}
        </div>
      )}
    </div>
  );
}

interface AmountProps {
  readonly label: string;
  readonly amount: AmountForm;
  readonly fault: string | undefined;
  readonly onChange: (part: Partial<AmountForm>) => void;
}

function Amount({ label, amount, fault, onChange }: AmountProps) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  return (
    <div className={styles.row}>
      <Field label={label} required {...fieldState(fault)}>
        <Input
          type="number"
          min={0}
          step="any"
          className={styles.number}
          value={amount.value}
          contentAfter={amount.unit === "percentage" ? "%" : ""}
          onChange={(_, { value }) => onChange({ value })}
        />
      </Field>
      <RadioGroup
        layout="horizontal"
        aria-label={t("wizard.unit", { label })}
        value={amount.unit}
        onChange={(_, { value }) => onChange({ unit: value === "number" ? "number" : "percentage" })}
      >
        <Radio value="percentage" label={t("wizard.unit.percentage")} />
        <Radio value="number" label={t("wizard.unit.number")} />
      </RadioGroup>
    </div>
  );
}
