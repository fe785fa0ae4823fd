import {
  Button,
  Field,
  MessageBar,
  MessageBarBody,
  Radio,
  RadioGroup,
  Switch,
  Text,
  Tooltip,
} from "@fluentui/react-components";
import { AddRegular, DeleteRegular } from "@fluentui/react-icons";
import { templateName } from "../../../api/lists";
import { fieldState, Picker, type PickerOption } from "../../../components/Picker";
import type { Capability } from "../../../dtdl/model";
import { ValueEditor } from "../../../dtdl/ValueEditor";
import type { Translate } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { TYPES } from "../names";
import { emptyEntry, type Entry, type JobType } from "./form";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

/** What the job does to each device. */
export function ActionFields({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change, templates, faultAt } = wizard;
  const choice = templates.map((template): PickerOption => ({
    value: template["@id"] ?? "",
    text: templateName(template),
    note: template["@id"] ?? "",
  }));

  const setEntry = (key: number, part: Partial<Entry>) =>
    change({ entries: form.entries.map((entry) => (entry.key === key ? replaced(entry, part) : entry)) });

  // What is about the entries together has no field of its own.
  const together = wizard.problems.filter(({ member }) => member === "data");

  return (
    <>
      <Field label={t("wizard.type")}>
        <RadioGroup
          value={form.type}
          onChange={(_, { value }) =>
            change({ type: value as JobType, entries: [emptyEntry(form.template)] })
          }
        >
          {(Object.keys(TYPES) as JobType[]).map((type) => (
            <Radio
              key={type}
              value={type}
              label={
                <>
                  {t(TYPES[type].name)}
                  <br />
                  <Text size={200} className={styles.muted}>
                    {t(TYPES[type].about)}
                  </Text>
                </>
              }
            />
          ))}
        </RadioGroup>
      </Field>
      {form.type === "deviceTemplateMigration" ? (
        <Picker
          label={t("wizard.migration")}
          required
          placeholder={t("wizard.template.choose")}
          options={choice}
          value={form.migration}
          fault={faultAt("data[0].template") ?? faultAt("data")}
          onChange={(migration) => change({ migration })}
        />
      ) : (
        <>
          <Picker
            label={t("wizard.template")}
            required
            hint={t("wizard.template.hint")}
            placeholder={t("wizard.template.choose")}
            options={choice}
            value={form.template}
            onChange={(template) => change({ template, entries: [emptyEntry(template)] })}
          />
          {form.entries.map((entry, index) => (
            <EntryCard
              key={entry.key}
              wizard={wizard}
              entry={entry}
              index={index}
              onChange={(part) => setEntry(entry.key, part)}
              {...(form.entries.length > 1 && {
                onRemove: () => change({ entries: form.entries.filter(({ key }) => key !== entry.key) }),
              })}
            />
          ))}
          {form.type !== "command" && (
            <div>
              <Button
                icon={<AddRegular />}
                disabled={form.template === ""}
                onClick={() => change({ entries: [...form.entries, emptyEntry(form.template)] })}
              >
                {t("wizard.property.add")}
              </Button>
            </div>
          )}
        </>
      )}
      {together.map(({ message }) => (
        <MessageBar key={message} intent="error" layout="multiline" role="alert">
          <MessageBarBody>{message}</MessageBarBody>
        </MessageBar>
      ))}
    </>
  );
}

/** A change takes what was half typed with it. */
function replaced(entry: Entry, part: Partial<Entry>): Entry {
  const { key, target, path, value } = { ...entry, ...part };
  return { key, target, path, value, ...(part.raw !== undefined && { raw: part.raw }) };
}

interface EntryProps {
  readonly wizard: Wizard;
  readonly entry: Entry;
  readonly index: number;
  readonly onChange: (part: Partial<Entry>) => void;
  readonly onRemove?: () => void;
}

function EntryCard({ wizard, entry, index, onChange, onRemove }: EntryProps) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, faultAt, capabilities, capabilityOf } = wizard;
  const kind =
    form.type === "command" ? "command" : form.type === "cloudProperty" ? "cloudProperty" : "property";
  const options = capabilities(entry.target)
    .filter((capability) => capability.kind === kind)
    .map((capability): PickerOption => ({
      value: capability.path,
      text: capability.component ? `${capability.component} / ${capability.label}` : capability.label,
      note: capability.description ? `${capability.path} · ${capability.description}` : capability.path,
    }));
  const capability = capabilityOf(entry.target, entry.path);
  const command = kind === "command";
  const valueFault = faultAt(`data[${index}].value`);
  // With another template than the one above there is nothing to choose of: the entry stays as it came.
  const foreign = entry.target !== "" && entry.target !== form.template;

  return (
    <div className={styles.card}>
      <div className={styles.cardHead}>
        <div className={styles.grow}>
          <Picker
            label={t(command ? "wizard.command" : "wizard.property")}
            required
            disabled={entry.target === ""}
            placeholder={t(command ? "wizard.command.choose" : "wizard.property.choose")}
            options={options}
            value={entry.path}
            hint={
              entry.target === ""
                ? t("wizard.template.first")
                : foreign
                  ? t("wizard.template.other", { template: entry.target })
                  : options.length === 0
                    ? t("wizard.property.none")
                    : undefined
            }
            fault={faultAt(`data[${index}].path`) ?? faultAt(`data[${index}].target`)}
            onChange={(path) => onChange({ path, value: undefined })}
          />
        </div>
        {onRemove && (
          <Tooltip content={t("wizard.property.remove")} relationship="label">
            <Button appearance="subtle" icon={<DeleteRegular />} onClick={onRemove} />
          </Tooltip>
        )}
      </div>
      {command && capability?.takesValue && (
        <Switch
          checked={entry.value !== undefined || entry.raw !== undefined}
          label={t("wizard.command.request")}
          onChange={(_, { checked }) => onChange({ value: checked ? startOf(capability) : undefined })}
        />
      )}
      {entry.path !== "" && (command ? entry.value !== undefined || entry.raw !== undefined : true) && (
        <ValueEditor
          key={entry.path}
          label={t(command ? "wizard.request" : "wizard.value")}
          schema={capability?.schema}
          value={entry.value}
          raw={entry.raw}
          required={!command}
          hint={boundsHint(capability, t)}
          fault={valueFault}
          onChange={(value, raw) => onChange(raw === undefined ? { value } : { value, raw })}
        />
      )}
      {command && capability && !capability.takesValue && (
        <Text className={styles.muted}>{t("wizard.command.noRequest")}</Text>
      )}
      {command && capability?.durable && <Text className={styles.muted}>{t("wizard.command.durable")}</Text>}
      {entry.path !== "" && !capability && valueFault === undefined && (
        <Field {...fieldState(undefined, t("wizard.property.unknown"))} />
      )}
    </div>
  );
}

/** What a request begins with, so that its fields show. */
function startOf({ schema }: Capability): unknown {
  return schema?.kind === "object" ||
    schema?.kind === "geopoint" ||
    schema?.kind === "vector" ||
    schema?.kind === "map"
    ? {}
    : schema?.kind === "array"
      ? []
      : schema?.kind === "boolean"
        ? false
        : "";
}

function boundsHint(capability: Capability | undefined, t: Translate): string | undefined {
  if (!capability) return undefined;
  const { minimum, maximum, unit } = capability;
  const range =
    minimum !== undefined && maximum !== undefined
      ? t("wizard.value.range", { minimum: String(minimum), maximum: String(maximum) })
      : minimum !== undefined
        ? t("wizard.value.least", { minimum: String(minimum) })
        : maximum !== undefined
          ? t("wizard.value.most", { maximum: String(maximum) })
          : undefined;
  return [range, unit].filter((part) => part !== undefined).join(" · ") || undefined;
}
