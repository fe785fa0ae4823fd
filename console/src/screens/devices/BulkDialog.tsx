import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  Field,
  makeStyles,
  MessageBar,
  MessageBarBody,
  ProgressBar,
  Spinner,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { answer, api } from "../../api/client";
import { organizationsQuery, templatesQuery } from "../../api/lists";
import { ErrorState } from "../../components/ErrorState";
import { explain } from "../../components/explain";
import { Picker } from "../../components/Picker";
import { templateOptions } from "../../components/TemplatePicker";
import { saysCount } from "../../components/typedCount";
import { TypedCountField } from "../../components/TypedCountField";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { BULK_MAX, onEach, type BulkFailure } from "./bulk";

export type BulkAction = "template" | "organization" | "block" | "unblock" | "delete";

/** From so many devices on the number has to be typed before they are deleted. */
const TYPE_COUNT_FROM = 2;

/** Failures that are shown; the number of all is said. */
const SHOWN = 50;

const useStyles = makeStyles({
  content: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  failures: { maxHeight: "240px", overflowY: "auto", margin: 0, paddingLeft: tokens.spacingHorizontalL },
  failure: { overflowWrap: "anywhere" },
});

type ActionText<Part extends string> = Record<BulkAction, TextKey & `devices.${Part}.${BulkAction}`>;

const BODIES: ActionText<"bulk.body"> = {
  template: "devices.bulk.body.template",
  organization: "devices.bulk.body.organization",
  block: "devices.bulk.body.block",
  unblock: "devices.bulk.body.unblock",
  delete: "devices.bulk.body.delete",
};

const TITLES: ActionText<"bulk.title"> = {
  template: "devices.bulk.title.template",
  organization: "devices.bulk.title.organization",
  block: "devices.bulk.title.block",
  unblock: "devices.bulk.title.unblock",
  delete: "devices.bulk.title.delete",
};

const VERBS = {
  template: "devices.move",
  organization: "devices.move",
  block: "devices.block",
  unblock: "devices.unblock",
  delete: "devices.delete",
} as const satisfies Record<BulkAction, TextKey>;

interface Chosen {
  readonly ids: readonly string[];
  readonly more: boolean;
}

interface Props {
  readonly action: BulkAction;
  /** Reads which devices are meant. */
  readonly read: (signal: AbortSignal) => Promise<Chosen>;
  /** At least one device was changed. */
  readonly onDone: () => void;
  readonly onClose: () => void;
}

/** Asks, then changes the devices one by one, says how far it is, can be stopped, and names those that failed. */
export function BulkDialog({ action, read, onDone, onClose }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const queries = useQueryClient();
  const [chosen, setChosen] = useState<Chosen>();
  const [readError, setReadError] = useState<unknown>();
  const [target, setTarget] = useState<string>();
  const [typed, setTyped] = useState("");
  const [running, setRunning] = useState(false);
  const [done, setDone] = useState(0);
  const [failures, setFailures] = useState<readonly BulkFailure[]>();
  const stop = useRef(new AbortController());
  const first = useRef(read);

  useEffect(() => {
    const reading = new AbortController();
    first.current(reading.signal).then(setChosen, (error: unknown) => {
      if (!reading.signal.aborted) setReadError(error);
    });
    return () => reading.abort();
  }, []);
  // Whoever leaves the page stops it, as the button does.
  useEffect(() => () => stop.current.abort(), []);

  const count = chosen?.ids.length ?? 0;
  const asksCount = action === "delete" && count >= TYPE_COUNT_FROM;
  const asksTarget = action === "template" || action === "organization";
  const ready =
    chosen !== undefined && (!asksTarget || target !== undefined) && (!asksCount || saysCount(typed, count));

  const run = async () => {
    if (!chosen) return;
    setRunning(true);
    stop.current = new AbortController();
    const act = actOf(action, target ?? "");
    const failed = await onEach(chosen.ids, act, stop.current.signal, setDone);
    setRunning(false);
    setFailures(failed);
    void queries.invalidateQueries({ queryKey: ["devices"] });
    onDone();
    if (failed.length === 0 && !stop.current.signal.aborted) onClose();
  };

  const over = failures !== undefined;
  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && !running && onClose()}>
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{chosen ? t(TITLES[action], { count }) : t("devices.bulk.reading")}</DialogTitle>
          <DialogContent className={styles.content}>
            {readError !== undefined && <ErrorState error={readError} />}
            {!chosen && readError === undefined && <Spinner label={t("devices.bulk.reading")} />}
            {chosen && !running && !over && (
              <>
                <Text>{t(BODIES[action])}</Text>
                {chosen.more && (
                  <MessageBar intent="warning" layout="multiline">
                    <MessageBarBody>
                      {t("devices.bulk.first", { number: formats.number(BULK_MAX) })}
                    </MessageBarBody>
                  </MessageBar>
                )}
                {asksTarget && <TargetPicker kind={action} value={target} onChange={setTarget} />}
                {asksCount && <TypedCountField count={count} value={typed} onChange={setTyped} />}
              </>
            )}
            {running && (
              <Field
                validationMessage={t("devices.bulk.progress", {
                  done: formats.number(done),
                  number: formats.number(count),
                })}
                validationState="none"
              >
                <ProgressBar value={done} max={count} aria-label={t(TITLES[action], { count })} />
              </Field>
            )}
            {over && (
              <>
                <Text>
                  {t("devices.bulk.result", {
                    count: done - failures.length,
                    number: formats.number(count),
                  })}
                </Text>
                {failures.length > 0 && (
                  <MessageBar intent="error" layout="multiline" role="alert">
                    <MessageBarBody>{t("devices.bulk.failures", { count: failures.length })}</MessageBarBody>
                  </MessageBar>
                )}
                <ul className={styles.failures}>
                  {failures.slice(0, SHOWN).map(({ id, error }) => (
                    <li key={id} className={styles.failure}>
                      <b>{id}</b>: {explain(error, t).reason}
                    </li>
                  ))}
                </ul>
              </>
            )}
          </DialogContent>
          <DialogActions>
            {running ? (
              <Button onClick={() => stop.current.abort()}>{t("devices.bulk.stop")}</Button>
            ) : (
              <Button onClick={onClose}>{t(over ? "action.close" : "action.cancel")}</Button>
            )}
            {!over && !running && (
              <Button appearance="primary" disabled={!ready} onClick={() => void run()}>
                {t(VERBS[action])}
              </Button>
            )}
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

/** The request that does it to one device; `target` empty stands for no template, and for the root. */
export function actOf(action: BulkAction, target: string) {
  return async (deviceId: string, signal: AbortSignal): Promise<void> => {
    const params = { path: { deviceId } };
    if (action === "delete") {
      await answer(api.DELETE("/devices/{deviceId}", { params, signal }));
      return;
    }
    const body = {
      template: { template: target || null },
      organization: { organizations: target ? [target] : [] },
      block: { enabled: false },
      unblock: { enabled: true },
    }[action];
    await answer(api.PATCH("/devices/{deviceId}", { params, body, signal }));
  };
}

/** Stands for no template, and for the root; an option cannot have the empty text as its value. */
const NONE = "-";

interface TargetProps {
  readonly kind: "template" | "organization";
  /** Undefined until something is chosen; empty: no template, the root. */
  readonly value: string | undefined;
  readonly onChange: (value: string | undefined) => void;
}

function TargetPicker({ kind, value, onChange }: TargetProps) {
  const { t } = useTexts();
  const { data: templates = [] } = useQuery({ ...templatesQuery, enabled: kind === "template" });
  const { data: organizations = [] } = useQuery({ ...organizationsQuery, enabled: kind === "organization" });
  const none = {
    value: NONE,
    text: t(kind === "template" ? "devices.unassigned" : "devices.organization.root"),
  };
  const options =
    kind === "template"
      ? templateOptions(templates)
      : organizations.map(({ id, displayName }) => ({ value: id ?? "", text: displayName }));
  return (
    <Picker
      label={t(kind === "template" ? "devices.template" : "devices.organization")}
      required
      value={value === undefined ? "" : value === "" ? NONE : value}
      options={[...options, none]}
      onChange={(chosen) => onChange(chosen === "" ? undefined : chosen === NONE ? "" : chosen)}
    />
  );
}
