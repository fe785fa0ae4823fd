import {
  Field,
  Input,
  MessageBar,
  MessageBarBody,
  Radio,
  RadioGroup,
  Subtitle2,
  Switch,
  Text,
} from "@fluentui/react-components";
import { useMemo } from "react";
import { fieldState, Picker } from "../../../components/Picker";
import { useTexts } from "../../../texts/texts";
import { RECURRENCES } from "../names";
import { devicesOf, type ScheduleForm } from "./form";
import { NextRuns } from "./NextRuns";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";
import { ownZone, zones } from "./zone";

/** Whether the job runs now or by a schedule, and when. */
export function ScheduleStep({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change, faultAt } = wizard;
  const { schedule } = form;
  const zoneOptions = useMemo(
    () => zones([ownZone(), schedule.zone]).map((zone) => ({ value: zone, text: zone.replaceAll("_", " ") })),
    [schedule.zone],
  );
  const set = (part: Partial<ScheduleForm>) => change({ schedule: { ...schedule, ...part } });
  const recurring = schedule.recurrence !== "once";
  const onGroup = form.from === "group" && devicesOf(form) === undefined;

  return (
    <div className={styles.step}>
      <section className={styles.section}>
        <Switch
          checked={schedule.on}
          disabled={schedule.fixed ? schedule.on : !onGroup && !schedule.on}
          label={t("wizard.schedule.use")}
          onChange={(_, { checked }) => set({ on: checked })}
        />
        {schedule.fixed && <Text className={styles.muted}>{t("wizard.schedule.stays")}</Text>}
        {form.rerun && <Text className={styles.muted}>{t("wizard.rerun.now")}</Text>}
        {!onGroup && !form.rerun && (
          <MessageBar intent={schedule.on ? "error" : "info"} layout="multiline">
            <MessageBarBody>{t("wizard.schedule.groupOnly")}</MessageBarBody>
          </MessageBar>
        )}
        {!schedule.on && !schedule.fixed && !form.rerun && (
          <Text className={styles.muted}>{t("wizard.schedule.now")}</Text>
        )}
      </section>
      {schedule.on && (
        <>
          <section className={styles.section}>
            <Field label={t("wizard.recurrence")} {...fieldState(faultAt("schedule.recurrence"))}>
              <RadioGroup
                layout="horizontal"
                value={schedule.recurrence}
                onChange={(_, { value }) => set({ recurrence: value as ScheduleForm["recurrence"] })}
              >
                {(Object.keys(RECURRENCES) as ScheduleForm["recurrence"][]).map((recurrence) => (
                  <Radio key={recurrence} value={recurrence} label={t(RECURRENCES[recurrence])} />
                ))}
              </RadioGroup>
            </Field>
            <div className={styles.row}>
              <Field label={t("wizard.start.date")} required {...fieldState(faultAt("schedule.start"))}>
                <Input
                  type="date"
                  value={schedule.start.date}
                  onChange={(_, { value }) => set({ start: { ...schedule.start, date: value } })}
                />
              </Field>
              <Field label={t("wizard.start.time")} required>
                <Input
                  type="time"
                  value={schedule.start.time}
                  onChange={(_, { value }) => set({ start: { ...schedule.start, time: value.slice(0, 5) } })}
                />
              </Field>
            </div>
            <Picker
              label={t("wizard.zone")}
              hint={t("wizard.zone.hint")}
              options={zoneOptions}
              value={schedule.zone}
              fault={faultAt("schedule.zone")}
              onChange={(zone) => set({ zone })}
            />
          </section>
          {recurring && (
            <section className={styles.section}>
              <Field label={t("wizard.end")}>
                <RadioGroup
                  value={schedule.end}
                  onChange={(_, { value }) => set({ end: value as ScheduleForm["end"] })}
                >
                  <Radio value="never" label={t("wizard.end.never")} />
                  <Radio value="date" label={t("wizard.end.date")} />
                  <Radio value="occurrences" label={t("wizard.end.after")} />
                </RadioGroup>
              </Field>
              {schedule.end === "date" && (
                <Field label={t("wizard.end.day")} required {...fieldState(faultAt("schedule.end"))}>
                  <Input
                    type="date"
                    value={schedule.endDate}
                    onChange={(_, { value }) => set({ endDate: value })}
                  />
                </Field>
              )}
              {schedule.end === "occurrences" && (
                <Field label={t("wizard.end.runs")} required {...fieldState(faultAt("schedule.end"))}>
                  <Input
                    type="number"
                    min={1}
                    max={999}
                    className={styles.number}
                    value={schedule.occurrences}
                    onChange={(_, { value }) => set({ occurrences: value })}
                  />
                </Field>
              )}
            </section>
          )}
          <section className={styles.section} aria-live="polite">
            <Subtitle2 as="h2" className={styles.heading}>
              {t("wizard.nextRuns")}
            </Subtitle2>
            <NextRuns times={wizard.preview?.nextRuns ?? []} zone={schedule.zone} />
            <Text className={styles.muted}>{t("wizard.schedule.members")}</Text>
          </section>
        </>
      )}
    </div>
  );
}
