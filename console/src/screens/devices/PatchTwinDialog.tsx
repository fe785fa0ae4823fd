import { Field, makeStyles, Text, Textarea, tokens } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { FormDialog } from "../../components/FormDialog";
import { useNotify } from "../../components/notify";
import { member, stringOf, type JsonNode } from "../../json/tree";
import { useTexts } from "../../texts/texts";
import { readTwinPatch } from "./twinPatch";

const useStyles = makeStyles({
  text: { fontFamily: tokens.fontFamilyMonospace },
  changes: { margin: 0, paddingLeft: tokens.spacingHorizontalL },
  change: { overflowWrap: "anywhere", fontFamily: tokens.fontFamilyMonospace },
});

const FAULTS = {
  json: "value.fault.json",
  object: "value.fault.object",
  member: "devices.patch.members",
} as const;

interface Props {
  readonly deviceId: string;
  /** As it stands: if it is another by the time of saving, nothing is changed. */
  readonly twin: JsonNode;
  readonly onClose: () => void;
}

/** Changes tags and desired properties as JSON, with or without a template; says before what becomes of which value. */
export function PatchTwinDialog({ deviceId, twin, onClose }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const queries = useQueryClient();
  const { done } = useNotify();
  // What the person saw when the dialog opened.
  const [stands] = useState(twin);
  const [text, setText] = useState('{\n  "tags": {},\n  "desired": {}\n}');
  const patch = readTwinPatch(text, stands);
  const changes = patch.kind === "changes" ? patch.changes : [];

  const save = async () => {
    await answer(
      api.PATCH("/devices/{deviceId}/twin", {
        params: {
          path: { deviceId },
          header: { "If-Match": `"${stringOf(member(stands, "etag")) ?? ""}"` },
        },
        body: {},
        // As it was typed: numbers keep their digits.
        bodySerializer: () => text,
      }),
    );
    await queries.invalidateQueries({ queryKey: ["devices", deviceId] });
    done(t("devices.patch.done"));
  };

  return (
    <FormDialog
      wide
      title={t("devices.patch.title")}
      action={t("devices.patch.save")}
      ready={changes.length > 0}
      onSubmit={save}
      onClose={onClose}
    >
      <Field
        label={t("devices.patch.json")}
        hint={t("devices.patch.hint")}
        {...(patch.kind === "fault" && {
          validationState: "error",
          validationMessage: t(FAULTS[patch.fault]),
        })}
      >
        <Textarea
          rows={9}
          resize="vertical"
          className={styles.text}
          value={text}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      <section aria-label={t("devices.patch.changes")} aria-live="polite">
        <Text weight="semibold">{t("devices.patch.changes")}</Text>
        {changes.length === 0 ? (
          <Text block>{t("devices.patch.none")}</Text>
        ) : (
          <ul className={styles.changes}>
            {changes.map(({ path, before, after }) => (
              <li key={path} className={styles.change}>
                {path}: {before ?? "–"} → {after ?? t("devices.patch.removed")}
              </li>
            ))}
          </ul>
        )}
      </section>
    </FormDialog>
  );
}
