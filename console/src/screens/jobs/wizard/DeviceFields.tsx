import {
  Button,
  Field,
  MessageBar,
  MessageBarBody,
  Radio,
  RadioGroup,
  Spinner,
  Text,
  Textarea,
} from "@fluentui/react-components";
import { ArrowUploadRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { ErrorState } from "../../../components/ErrorState";
import { fieldState, Picker } from "../../../components/Picker";
import { useTexts } from "../../../texts/texts";
import { emptyEntry, templateOfFilter, type JobForm } from "./form";
import { IDS_MAX, readIds, writeIds, type IdList } from "./ids";
import { isOnOffer, useOrganizations } from "./organization";
import { membersQuery } from "./queries";
import { RerunDevices } from "./RerunDevices";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

/** Where the devices come from: a group, all of it or ticked ones, or a list of ids; those of a rerun stand fast. */
export function DeviceFields({ wizard }: { wizard: Wizard }) {
  const { t } = useTexts();
  const { form, change } = wizard;
  if (form.rerun) return <RerunDevices wizard={wizard} rerun={form.rerun} />;
  return (
    <>
      <RadioGroup
        layout="horizontal"
        aria-label={t("wizard.devices")}
        value={form.from}
        onChange={(_, { value }) => change({ from: value === "list" ? "list" : "group" })}
      >
        <Radio value="group" label={t("wizard.from.group")} />
        <Radio value="list" label={t("wizard.from.list")} />
      </RadioGroup>
      {form.from === "group" ? <GroupField wizard={wizard} /> : <ListField wizard={wizard} />}
    </>
  );
}

function GroupField({ wizard }: { wizard: Wizard }) {
  const { t } = useTexts();
  const { form, change, faultAt } = wizard;
  const organizations = useOrganizations();
  const groups = wizard.groups.filter((group) => isOnOffer(group, form.organization, organizations));
  return (
    <>
      <Picker
        label={t("wizard.group")}
        required
        placeholder={t("wizard.group.choose")}
        options={groups.map(({ id, displayName, description }) => ({
          value: id ?? "",
          text: displayName,
          ...(description && { note: description }),
        }))}
        value={form.group}
        fault={faultAt("group") ?? faultAt("devices")}
        onChange={(group) => {
          const filter = groups.find(({ id }) => id === group)?.filter ?? "";
          change({
            group,
            ticked: undefined,
            leftOut: undefined,
            ...withTemplate(form, templateOfFilter(filter)),
          });
        }}
      />
      {form.group !== "" && <GroupCount wizard={wizard} />}
    </>
  );
}

/** The template that the group is about, as long as nothing was chosen of another one. */
function withTemplate(form: JobForm, template: string | undefined): Partial<JobForm> {
  if (template === undefined || form.entries.some(({ path }) => path !== "")) return {};
  return { template, entries: [emptyEntry(template)] };
}

/** How many devices the group covers, now. */
function GroupCount({ wizard }: { wizard: Wizard }) {
  const { t, formats } = useTexts();
  const { group, ticked, leftOut } = wizard.form;
  const members = useQuery(membersQuery(group));
  if (members.error) return <ErrorState error={members.error} onRetry={() => void members.refetch()} />;
  if (members.data === undefined)
    return <Spinner size="tiny" label={t("wizard.counting")} labelPosition="after" />;
  // Beside it stands that it is broken, and at the field that it cannot be used.
  if (members.data.broken || leftOut !== undefined) return null;
  const devices = members.data.devices ?? 0;
  const met = wizard.previewIsOld ? undefined : wizard.preview?.devices;
  return (
    <Text aria-live="polite" data-testid="group-count">
      {ticked === undefined
        ? [
            t("wizard.group.count", { count: devices }),
            // The organization of the job may leave some out.
            ...(met !== undefined && met < devices ? [t("wizard.group.met", { count: met })] : []),
          ].join(". ")
        : t("wizard.group.ticked", { count: ticked.length, devices: formats.number(devices) })}
    </Text>
  );
}

function ListField({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t, formats } = useTexts();
  const { form, change, faultAt, copyOf } = wizard;
  const file = useRef<HTMLInputElement>(null);
  const [text, setText] = useState(() => writeIds(form.listed.slice(0, SHOWN)));
  const [read, setRead] = useState<IdList>();
  const cut = form.listed.length > SHOWN;

  const take = (list: IdList, text: string) => {
    setRead(list);
    setText(text);
    change({ listed: list.ids });
  };
  return (
    <>
      {copyOf?.devices && copyOf.devices.taken < copyOf.devices.total && (
        <MessageBar intent="warning" layout="multiline">
          <MessageBarBody>
            {copyOf.devices.total > IDS_MAX
              ? t("wizard.copy.tooMany", { count: copyOf.devices.total })
              : t("wizard.copy.fewer", {
                  count: copyOf.devices.taken,
                  total: formats.number(copyOf.devices.total),
                })}
          </MessageBarBody>
        </MessageBar>
      )}
      <Field
        label={t("wizard.list")}
        required
        {...fieldState(
          faultAt("devices"),
          cut ? t("wizard.list.cut", { count: form.listed.length - SHOWN }) : t("wizard.list.hint"),
        )}
      >
        <Textarea
          rows={8}
          resize="vertical"
          spellCheck={false}
          value={text}
          readOnly={cut}
          onChange={(_, { value }) => take(readIds(value), value)}
        />
      </Field>
      <div className={styles.live}>
        <Button icon={<ArrowUploadRegular />} onClick={() => file.current?.click()}>
          {t("wizard.list.upload")}
        </Button>
        <Button disabled={form.listed.length === 0} onClick={() => take({ ids: [], repeated: 0 }, "")}>
          {t("wizard.list.clear")}
        </Button>
        <Text aria-live="polite">
          {t("wizard.list.count", { count: form.listed.length })}{" "}
          {read && read.repeated > 0 && t("wizard.list.repeated", { count: read.repeated })}
        </Text>
        <input
          ref={file}
          type="file"
          accept=".csv,.txt,text/csv,text/plain"
          hidden
          aria-label={t("wizard.list.upload")}
          onChange={(event) => {
            const chosen = event.target.files?.[0];
            event.target.value = "";
            void chosen?.text().then((content) => {
              const list = readIds(content);
              take(list, writeIds(list.ids.slice(0, SHOWN)));
            });
          }}
        />
      </div>
    </>
  );
}

/** Most ids of a list that are shown to be edited by hand. */
const SHOWN = 1_000;
