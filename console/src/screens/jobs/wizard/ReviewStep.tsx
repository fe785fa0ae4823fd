import {
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  mergeClasses,
  Subtitle2,
  Text,
} from "@fluentui/react-components";
import { getRouteApi } from "@tanstack/react-router";
import type { Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { CopyButton } from "../../../components/CopyButton";
import { useTexts } from "../../../texts/texts";
import { DeliverySentence } from "./DeliveryStep";
import type { ScheduleForm } from "./form";
import { MatchedDevices } from "./MatchedDevices";
import { NextRuns } from "./NextRuns";
import { useOrganizations } from "./organization";
import { stepOf } from "./problems";
import { curlOf, shortened, type ApiCall } from "./request";
import { JOB_TYPES, RECURRENCES } from "../names";
import { RerunName } from "./RerunDevices";
import { STEP_NAMES } from "./StepLinks";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

const route = getRouteApi("/shell/jobs/definitions/create/$step");

/** All that was chosen, whom it meets, what is wrong with it, and the call that a script would make. */
export function ReviewStep({ wizard, call }: { wizard: Wizard; call: ApiCall }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, body, preview } = wizard;
  const hub = form.rerun?.hub;
  const organizations = useOrganizations();
  const organizationName =
    organizations?.find(({ id }) => id === form.organization)?.displayName ?? form.organization;
  const origin = window.location.origin;
  const curl = curlOf(call, origin);

  return (
    <div className={styles.columns}>
      <div className={styles.step}>
        <Problems wizard={wizard} />
        <section className={styles.section}>
          <dl className={styles.facts}>
            {hub === undefined && (
              <>
                <dt>{t("wizard.name")}</dt>
                <dd>{form.name || "—"}</dd>
              </>
            )}
            {hub === undefined && form.description && (
              <>
                <dt>{t("wizard.description")}</dt>
                <dd>{form.description}</dd>
              </>
            )}
            {form.organization !== "" && form.from !== "rerun" && (
              <>
                <dt>{t("wizard.organization")}</dt>
                <dd>{organizationName}</dd>
              </>
            )}
            <dt>{t("wizard.devices")}</dt>
            <dd>
              <Devices wizard={wizard} />
            </dd>
            <dt>{t("wizard.type")}</dt>
            <dd>{t(JOB_TYPES[hub ?? form.type])}</dd>
            {hub === undefined &&
              body.data.map((data, index) => <Data key={index} data={data} wizard={wizard} />)}
            <dt>{t("wizard.step.delivery")}</dt>
            <dd>
              <DeliverySentence wizard={wizard} />
            </dd>
            <dt>{t("wizard.step.schedule")}</dt>
            <dd>
              {!form.schedule.on ? (
                t(form.rerun ? "wizard.rerun.now" : "wizard.schedule.now")
              ) : (
                <>
                  {t(RECURRENCES[form.schedule.recurrence])} · {form.schedule.zone.replaceAll("_", " ")}
                  <ScheduleEnd schedule={form.schedule} />
                  <NextRuns times={preview?.nextRuns ?? []} zone={form.schedule.zone} />
                </>
              )}
            </dd>
          </dl>
        </section>
        <section className={styles.section}>
          <div className={styles.live}>
            <Subtitle2 as="h2" className={styles.heading}>
              {t("wizard.call")}
            </Subtitle2>
            <CopyButton text={curl} what={t("wizard.call.what")} />
          </div>
          <Text className={styles.muted}>{t("wizard.call.about")}</Text>
          {/* A region that scrolls is reached with the keyboard. */}
          {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
          <pre className={styles.code} tabIndex={0} aria-label={t("wizard.call")}>
            {curlOf(shortened(call), origin)}
          </pre>
        </section>
      </div>
      <Matched wizard={wizard} />
    </div>
  );
}

function Problems({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const search = route.useSearch();
  if (wizard.problems.length === 0) return null;
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{t("wizard.problems", { count: wizard.problems.length })}</MessageBarTitle>
        <ul className={styles.list}>
          {wizard.problems.map(({ member, message }) => (
            <li key={`${member} ${message}`}>
              {message}{" "}
              {stepOf(member) !== "review" && (
                <AppLink
                  inline
                  to="/jobs/definitions/create/$step"
                  params={{ step: stepOf(member) }}
                  search={search}
                >
                  {t("wizard.problems.goTo", { step: t(STEP_NAMES[stepOf(member)]) })}
                </AppLink>
              )}
            </li>
          ))}
        </ul>
      </MessageBarBody>
    </MessageBar>
  );
}

function Devices({ wizard }: { wizard: Wizard }) {
  const { t } = useTexts();
  const { form, groups } = wizard;
  const group = groups.find(({ id }) => id === form.group);
  if (form.rerun) return <RerunName rerun={form.rerun} />;
  if (form.from === "list") return t("wizard.review.list", { count: form.listed.length });
  const link =
    form.group === "" ? (
      "—"
    ) : (
      <AppLink inline to="/device-groups/$groupId" params={{ groupId: form.group }} target="_blank">
        {group?.displayName ?? form.group}
      </AppLink>
    );
  if (form.leftOut !== undefined) return t("wizard.fault.reading");
  if (form.ticked === undefined) return link;
  return (
    <>
      {t("wizard.review.ticked", { count: form.ticked.length })} {link}
    </>
  );
}

/** When a schedule ends, if it does. */
function ScheduleEnd({ schedule }: { schedule: ScheduleForm }) {
  const { t } = useTexts();
  const { recurrence, end, endDate, occurrences } = schedule;
  if (recurrence === "once" || end === "never") return null;
  return (
    <>
      {" · "}
      {end === "date"
        ? `${t("wizard.end.day")}: ${endDate || "—"}`
        : `${t("wizard.end.runs")}: ${occurrences}`}
    </>
  );
}

function Data({ data, wizard }: { data: Schemas["JobData"]; wizard: Wizard }) {
  const { t } = useTexts();
  if (data.type === "deviceTemplateMigration") {
    const template = wizard.templates.find((template) => template["@id"] === data.template);
    return (
      <>
        <dt>{t("wizard.migration")}</dt>
        <dd>{template?.displayName ?? data.template}</dd>
      </>
    );
  }
  const capability = wizard.capabilityOf(data.target, data.path);
  return (
    <>
      <dt>{capability?.label ?? data.path}</dt>
      <dd>
        <code>{data.value === undefined ? t("wizard.review.noValue") : JSON.stringify(data.value)}</code>
      </dd>
    </>
  );
}

/** Whom the job would run on if it began now. */
function Matched({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { preview, form } = wizard;
  if (preview === undefined) return null;
  return (
    <section className={mergeClasses(styles.card, styles.top)} aria-live="polite" data-testid="matched">
      <Subtitle2 as="h2" className={styles.heading}>
        {t("wizard.matched", { count: preview.devices })}
      </Subtitle2>
      <Text className={styles.muted}>{t("wizard.matched.connected", { count: preview.connected })}</Text>
      <MatchedDevices wizard={wizard} />
      {form.from === "group" && form.organization !== "" && preview.devices > preview.sample.length && (
        <Text className={styles.muted}>
          {t("wizard.matched.more", { count: preview.devices - preview.sample.length })}
        </Text>
      )}
    </section>
  );
}
