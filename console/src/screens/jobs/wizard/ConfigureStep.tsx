import { Field, Input, Subtitle2, Text, Textarea } from "@fluentui/react-components";
import { fieldState, Picker } from "../../../components/Picker";
import { useTexts } from "../../../texts/texts";
import { ActionFields } from "./ActionFields";
import { DeviceFields } from "./DeviceFields";
import { GroupDevices } from "./GroupDevices";
import { MatchedDevices } from "./MatchedDevices";
import { isOnOffer, useOrganizations } from "./organization";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

/** What the job is called, on which devices it runs, and what it does to them. */
export function ConfigureStep({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change, faultAt, groups } = wizard;
  const organizations = useOrganizations() ?? [];

  const hub = form.rerun?.hub;
  return (
    <div className={styles.columns}>
      <div className={styles.step}>
        {hub === undefined && (
          <section className={styles.section}>
            <Field label={t("wizard.name")} required {...fieldState(faultAt("displayName"))}>
              <Input value={form.name} maxLength={256} onChange={(_, { value }) => change({ name: value })} />
            </Field>
            <Field label={t("wizard.description")} {...fieldState(faultAt("description"))}>
              <Textarea
                value={form.description}
                maxLength={1024}
                resize="vertical"
                onChange={(_, { value }) => change({ description: value })}
              />
            </Field>
            {organizations.length > 0 && !form.rerun && (
              <Picker
                label={t("wizard.organization")}
                hint={t("wizard.organization.hint")}
                options={organizations.map(({ id, displayName, parent }) => ({
                  value: id ?? "",
                  text: displayName,
                  ...(parent && {
                    note: organizations.find((other) => other.id === parent)?.displayName ?? parent,
                  }),
                }))}
                value={form.organization}
                clearable
                placeholder={t("wizard.organization.own")}
                fault={faultAt("organizations")}
                onChange={(organization) => {
                  const group = groups.find(({ id }) => id === form.group);
                  // A group of another branch is no longer on offer.
                  const keeps = !group || isOnOffer(group, organization, organizations);
                  change({
                    organization,
                    ...(!keeps && { group: "", ticked: undefined, leftOut: undefined }),
                  });
                }}
              />
            )}
          </section>
        )}
        <section className={styles.section}>
          <Subtitle2 as="h2" className={styles.heading}>
            {t("wizard.devices")}
          </Subtitle2>
          <DeviceFields wizard={wizard} />
        </section>
        <section className={styles.section}>
          <Subtitle2 as="h2" className={styles.heading}>
            {t("wizard.action")}
          </Subtitle2>
          {hub === undefined ? <ActionFields wizard={wizard} /> : <Text>{t("wizard.rerun.hub")}</Text>}
        </section>
      </div>
      {form.rerun && (
        <div>
          <div className={styles.sticky}>
            <MatchedDevices wizard={wizard} />
          </div>
        </div>
      )}
      {form.from === "group" && form.group !== "" && (
        <div>
          <div className={styles.sticky}>
            <GroupDevices key={form.group} wizard={wizard} />
          </div>
        </div>
      )}
    </div>
  );
}
