import { Button, mergeClasses, MessageBar, MessageBarBody, Tooltip } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { getRouteApi, useBlocker, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState } from "react";
import { answer, api } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { ErrorState } from "../../../components/ErrorState";
import { useNotify } from "../../../components/notify";
import { Page } from "../../../components/Page";
import { PageHeader } from "../../../components/PageHeader";
import { useMay, useSession } from "../../../session/session";
import { useTexts } from "../../../texts/texts";
import { HoldBanner } from "../hold/HoldBanner";
import { ConfigureStep } from "./ConfigureStep";
import { DeliveryStep } from "./DeliveryStep";
import { draftOf, isHalfTyped, type JobForm } from "./form";
import { isStep, STEPS, type Step } from "./steps";
import type { Source } from "./queries";
import { callOf, send } from "./request";
import { ReviewStep } from "./ReviewStep";
import { ScheduleStep } from "./ScheduleStep";
import { StepLinks } from "./StepLinks";
import { useWizardStyles } from "./styles";
import { useWizard } from "./useWizard";

const route = getRouteApi("/shell/jobs/definitions/create/$step");

/** A new job in four steps, or a draft, a copy or a scheduled job to change. */
export function Wizard({ source, initial }: { source: Source; initial: JobForm }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const may = useMay();
  const { server } = useSession();
  const { step: given } = route.useParams();
  const step: Step = isStep(given) ? given : "configure";
  const search = route.useSearch();
  const wizard = useWizard(initial, source);
  const { form, body, schedule, preview, attempt } = wizard;
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<unknown>();
  const [asking, setAsking] = useState(false);
  // One id for however often it is tried, so that one job comes of it.
  const [id] = useState(() => source.scheduled?.id ?? crypto.randomUUID());
  const [draft, setDraft] = useState(source.draft);
  const done = useRef(false);
  const editing = source.scheduled !== undefined;
  const call = callOf(form, body, schedule, { id, ...source });

  useBlocker({
    shouldBlockFn: ({ current, next }) =>
      wizard.changed &&
      !done.current &&
      current.routeId !== next.routeId &&
      !window.confirm(t("wizard.leave")),
    enableBeforeUnload: () => wizard.changed && !done.current,
  });

  // What is missing is said on each step once one has gone on from it.
  const before = useRef(step);
  useEffect(() => {
    if (before.current !== step) attempt(before.current);
    before.current = step;
    if (step === "review") for (const each of STEPS) attempt(each);
  }, [step, attempt]);

  const go = (to: Step) =>
    void navigate({ to: "/jobs/definitions/create/$step", params: { step: to }, search });
  const next = () => {
    attempt(step);
    const to = STEPS[STEPS.indexOf(step) + 1];
    if (wizard.problemsOf(step).length === 0 && to) go(to);
    else document.querySelector<HTMLElement>("[aria-invalid=true]")?.focus();
  };

  const attemptTo = async (act: () => Promise<void>) => {
    setBusy(true);
    setFailure(undefined);
    try {
      await act();
    } catch (error) {
      setFailure(error);
    } finally {
      setBusy(false);
    }
  };

  const save = () =>
    attemptTo(async () => {
      const draftId = draft?.id ?? id;
      const saved = await answer(
        api.PUT("/jobDrafts/{draftId}", {
          params: {
            path: { draftId },
            ...(draft?.etag !== undefined && { header: { "If-Match": draft.etag } }),
          },
          body: {
            ...(form.name.trim() !== "" && { displayName: form.name.trim() }),
            ...(form.organization !== "" && { organizations: [form.organization] }),
            job: draftOf(form, (entry) => wizard.capabilityOf(entry.target, entry.path)?.schema),
          },
        }),
      );
      setDraft({ id: draftId, etag: saved.etag ?? undefined });
      done.current = true;
      await queries.invalidateQueries({ queryKey: ["jobDrafts"] });
      notify.done(t("wizard.saved"));
      await navigate({ to: "/jobs", search: { view: "saved" } });
    });

  /** Makes the job or the schedule. Throws when it is refused. */
  const launch = async () => {
    await send(call);
    done.current = true;
    if (draft) {
      // The job is made: a draft that stays is a nuisance, not a failure.
      await answer(api.DELETE("/jobDrafts/{draftId}", { params: { path: { draftId: draft.id } } })).catch(
        () => undefined,
      );
    }
    void queries.invalidateQueries({ predicate: ({ queryKey }) => LISTS.includes(String(queryKey[0])) });
    if (call.kind === "scheduledJob")
      await navigate({ to: "/jobs/scheduled/$scheduledJobId", params: { scheduledJobId: id } });
    else await navigate({ to: "/jobs/instances/$jobId", params: { jobId: id } });
  };

  const devices = preview?.devices ?? 0;
  const everything = preview?.selectsAll ?? false;
  const confirms = devices > 0 && (everything || devices >= server.confirmDevices);
  const ready = wizard.problems.length === 0 && preview !== undefined && !wizard.previewIsOld;
  const verb = t(
    source.rerun
      ? "wizard.rerun.do"
      : editing
        ? "wizard.update"
        : form.schedule.on
          ? "wizard.schedule.do"
          : "wizard.run",
  );
  const allowed = may("runJobs");
  // What is no JSON or half typed cannot be kept, and is not to be lost.
  const cannotSave = form.entries.some(({ raw }) => raw !== undefined)
    ? "wizard.save.noJson"
    : isHalfTyped(form)
      ? "wizard.save.halfTyped"
      : undefined;

  return (
    <Page>
      <PageHeader
        title={
          editing
            ? t("wizard.edit", { name: initial.name })
            : source.rerun
              ? t("wizard.rerun", { name: source.rerun.name })
              : draft
                ? initial.name || t("jobs.new")
                : t("jobs.new")
        }
        trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]}
      />
      <HoldBanner />
      <StepLinks
        current={step}
        wrong={(step) => wizard.problemsOf(step).some(({ member }) => wizard.faultAt(member) !== undefined)}
      />
      {!allowed && (
        <MessageBar intent="info">
          <MessageBarBody>{t("run.mayNot")}</MessageBarBody>
        </MessageBar>
      )}
      {wizard.error !== undefined && <ErrorState error={wizard.error} />}
      {step === "configure" && <ConfigureStep wizard={wizard} />}
      {step === "delivery" && <DeliveryStep wizard={wizard} />}
      {step === "schedule" && <ScheduleStep wizard={wizard} />}
      {step === "review" && <ReviewStep wizard={wizard} call={call} />}
      {failure !== undefined && <ErrorState error={failure} title={t("wizard.failed")} />}
      <div className={styles.footer}>
        {step !== "configure" && (
          <Button disabled={busy} onClick={() => go(STEPS[STEPS.indexOf(step) - 1] ?? "configure")}>
            {t("wizard.back")}
          </Button>
        )}
        {step === "review" ? (
          <Button
            appearance="primary"
            disabled={busy || !ready || !allowed}
            title={allowed ? undefined : t("session.mayNot")}
            onClick={() => {
              if (confirms) setAsking(true);
              else void attemptTo(launch);
            }}
          >
            {verb}
          </Button>
        ) : (
          <Button appearance="primary" onClick={next}>
            {t("wizard.next")}
          </Button>
        )}
        {!editing &&
          !source.rerun &&
          (cannotSave ? (
            <Tooltip content={t(cannotSave)} relationship="description">
              <Button disabledFocusable>{t("wizard.save")}</Button>
            </Tooltip>
          ) : (
            <Button disabled={busy || !allowed || form.leftOut !== undefined} onClick={() => void save()}>
              {t("wizard.save")}
            </Button>
          ))}
        <Button
          appearance="subtle"
          className={mergeClasses(styles.right)}
          disabled={busy}
          onClick={() => void navigate({ to: "/jobs" })}
        >
          {t("action.cancel")}
        </Button>
      </div>
      {asking && (
        <ConfirmDialog
          title={t(everything ? "wizard.confirm.all" : "wizard.confirm.many", { count: devices })}
          body={
            form.rerun?.hub === undefined
              ? t(form.schedule.on ? "wizard.confirm.schedule" : "wizard.confirm.body", {
                  name: form.name,
                  count: devices,
                })
              : t("wizard.confirm.rerun", { name: form.rerun.name, count: devices })
          }
          action={verb}
          count={devices}
          onConfirm={launch}
          onClose={() => setAsking(false)}
        />
      )}
    </Page>
  );
}

/** What a new job changes. */
const LISTS = ["jobs", "jobDrafts", "scheduledJobs"];
