import { Field, Input, makeStyles, Spinner, Text, tokens } from "@fluentui/react-components";
import { PlayRegular } from "@fluentui/react-icons";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { CodeBlock } from "../../components/CodeBlock";
import { ErrorState } from "../../components/ErrorState";
import { Picker } from "../../components/Picker";
import { StatusBadge } from "../../components/StatusBadge";
import { settled } from "../../dtdl/value";
import { ValueEditor } from "../../dtdl/ValueEditor";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import { capabilityName, placeOf, useCapabilities } from "./capabilities";
import { CommandHistory } from "./CommandHistory";
import type { Device } from "./search";

type Command = Schemas["Command"];

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalL, maxWidth: "760px" },
  form: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  seconds: { maxWidth: "260px" },
  hint: { color: tokens.colorNeutralForeground2 },
});

/** The bounds that the API sets for the answer (iot-central §7.3), in s. */
const TIMEOUT_LEAST = 5;
const TIMEOUT_MOST = 30;

/** Calls commands of one device and shows earlier calls. */
export function CommandsView({ device }: { device: Device }) {
  const styles = useStyles();
  const { t } = useTexts();
  const queries = useQueryClient();
  const { capabilities, error } = useCapabilities(device.template ?? undefined);
  const [path, setPath] = useState("");
  const [value, setValue] = useState<unknown>();
  const [raw, setRaw] = useState<string>();
  const [timeout, setTimeout] = useState(String(TIMEOUT_MOST));
  const commands = capabilities?.filter(({ kind }) => kind === "command") ?? [];
  const chosen = commands.find((one) => one.path === path);
  const named = device.template ? chosen !== undefined : path !== "";
  const seconds = Number(timeout);
  const timely = /^\d+$/.test(timeout) && seconds >= TIMEOUT_LEAST && seconds <= TIMEOUT_MOST;

  const call = useMutation({
    mutationFn: () => {
      const request = settled(chosen?.schema, value);
      return runCommand(device.id, path, {
        responseTimeout: seconds,
        ...(request !== undefined && { request }),
      });
    },
    onSettled: () => void queries.invalidateQueries({ queryKey: ["devices", device.id, "calls", path] }),
  });
  const choose = (next: string) => {
    setPath(next);
    setValue(undefined);
    setRaw(undefined);
    call.reset();
  };

  if (error) return <ErrorState error={error} />;
  if (device.template && !capabilities) return <Spinner label={t("devices.reading")} />;
  if (device.template && commands.length === 0) return <Text>{t("devices.commands.none")}</Text>;
  const takesValue = chosen?.takesValue ?? !device.template;
  return (
    <div className={styles.root}>
      <div className={styles.form}>
        {device.template ? (
          <Picker
            label={t("devices.commands.command")}
            value={path}
            onChange={choose}
            options={commands.map((one) => ({ value: one.path, text: capabilityName(one), note: one.path }))}
          />
        ) : (
          <Field label={t("devices.commands.command")} hint={t("devices.commands.free")}>
            <Input value={path} onChange={(_, { value }) => choose(value.trim())} />
          </Field>
        )}
        {chosen?.description && <Text className={styles.hint}>{chosen.description}</Text>}
        {named && takesValue && (
          <ValueEditor
            key={path}
            label={t("devices.commands.request")}
            schema={chosen?.schema}
            value={value}
            raw={raw}
            onChange={(next, text) => {
              setValue(next);
              setRaw(text);
            }}
            fault={raw === undefined ? undefined : t("value.fault.json")}
          />
        )}
        {named && (
          <>
            <Field
              className={styles.seconds}
              label={t("devices.commands.timeout")}
              {...(!timely && {
                validationMessage: t("devices.commands.timeout.rule", {
                  least: String(TIMEOUT_LEAST),
                  most: String(TIMEOUT_MOST),
                }),
              })}
            >
              <Input value={timeout} inputMode="numeric" onChange={(_, { value }) => setTimeout(value)} />
            </Field>
            <div>
              <GuardedButton
                needs="executeCommands"
                appearance="primary"
                icon={call.isPending ? <Spinner size="tiny" /> : <PlayRegular />}
                disabled={call.isPending || !timely || raw !== undefined}
                onClick={() => call.mutate()}
              >
                {t("devices.commands.run")}
              </GuardedButton>
            </div>
            {!device.connected && <Text className={styles.hint}>{t("devices.commands.offline")}</Text>}
          </>
        )}
      </div>
      {call.error && <ErrorState error={call.error} title={t("devices.commands.failed")} />}
      {call.data && <CommandAnswer call={call.data} />}
      {named && <CommandHistory deviceId={device.id} path={path} />}
    </div>
  );
}

/** What a device answered to a call. */
export function CommandAnswer({ call }: { call: Command }) {
  const { t } = useTexts();
  const status = call.responseCode;
  if (status === undefined || status === null)
    return <StatusBadge tone="warning" text={t("devices.commands.noAnswer")} />;
  const well = status >= 200 && status < 300;
  return (
    <div>
      <StatusBadge
        tone={well ? "success" : "danger"}
        text={t("devices.commands.answered", { status: String(status) })}
      />
      {call.response !== undefined && call.response !== null && (
        <CodeBlock code={JSON.stringify(call.response, null, 2)} what={t("devices.commands.response")} />
      )}
    </div>
  );
}

function runCommand(deviceId: string, path: string, body: Command): Promise<Command> {
  const { component, name } = placeOf(path);
  return component === undefined
    ? answer(
        api.POST("/devices/{deviceId}/commands/{commandName}", {
          params: { path: { deviceId, commandName: name } },
          body,
        }),
      )
    : answer(
        api.POST("/devices/{deviceId}/components/{componentName}/commands/{commandName}", {
          params: { path: { deviceId, componentName: component, commandName: name } },
          body,
        }),
      );
}
