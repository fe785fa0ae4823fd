import {
  Button,
  Field,
  Input,
  makeStyles,
  MessageBar,
  MessageBarBody,
  tokens,
} from "@fluentui/react-components";
import { ArrowUploadRegular, SendRegular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useBlocker, useNavigate } from "@tanstack/react-router";
import { useEffect, useRef, useState, type ReactNode } from "react";
import { answer, api } from "../../api/client";
import { RequestFailed } from "../../api/failure";
import { useNotify } from "../../components/notify";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { fieldState } from "../../components/Picker";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import {
  faultsOf,
  idOfName,
  importedTemplate,
  isTemplateId,
  sampleTemplate,
  type ImportedTemplate,
} from "./document";
import { publishTemplate } from "./queries";
import { TemplateText } from "./TemplateText";

const useStyles = makeStyles({
  fields: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(280px, 100%), 1fr))",
    gap: tokens.spacingHorizontalM,
    maxWidth: "820px",
  },
  hidden: { display: "none" },
});

interface Props {
  readonly trail: readonly ReactNode[];
  readonly initial?: ImportedTemplate;
  /** Asks for a file at once. */
  readonly fromFile?: boolean;
}

/** A template before it is published for the first time. */
export function NewTemplate({ trail, initial, fromFile = false }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const { done } = useNotify();
  const file = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(initial?.name ?? "");
  const [id, setId] = useState(initial?.id ?? "");
  const [text, setText] = useState(initial?.text);
  const [fileFault, setFileFault] = useState<string>();
  const [failure, setFailure] = useState<{ readonly error: unknown }>();
  const [busy, setBusy] = useState(false);
  const settled = useRef(false);

  // While nothing was typed into them, id and document follow the name.
  const ownId = id === "" ? idOfName(name) : id;
  const shown = text ?? sampleTemplate(name === "" ? t("templates.sampleName") : name, ownId);
  const dirty = text !== undefined || name !== "";
  useBlocker({
    shouldBlockFn: () => dirty && !settled.current && !window.confirm(t("groups.leave")),
    enableBeforeUnload: () => dirty && !settled.current,
  });
  useEffect(() => {
    if (fromFile) file.current?.focus();
  }, [fromFile]);

  const read = async (chosen: File | undefined) => {
    if (!chosen) return;
    setFileFault(undefined);
    try {
      const found = importedTemplate(await chosen.text());
      if (!found) {
        setFileFault(t("templates.file.none"));
        return;
      }
      setName(found.name);
      setId(found.id === "" ? idOfName(found.name) : found.id);
      setText(found.text);
    } catch {
      setFileFault(t("templates.file.noJson"));
    }
  };
  const publish = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await refuseExisting(ownId, t("templates.exists", { id: ownId }));
      await publishTemplate(ownId, shown, undefined);
      settled.current = true;
      void queries.invalidateQueries({ queryKey: ["deviceTemplates"] });
      void queries.invalidateQueries({ queryKey: ["deviceGroups", "all"] });
      done(t("templates.published"));
      await navigate({ to: "/device-templates/$templateId", params: { templateId: ownId }, replace: true });
    } catch (error) {
      setFailure({ error });
      setBusy(false);
    }
  };

  const idFault = isTemplateId(ownId) ? undefined : t("templates.id.rule");
  const ready = !busy && idFault === undefined && faultsOf(shown).length === 0;
  return (
    <Page>
      <PageHeader
        title={t("templates.new")}
        trail={trail}
        about={t("templates.new.about")}
        actions={
          <>
            <GuardedButton
              needs="manageTemplates"
              appearance="primary"
              icon={<SendRegular />}
              disabled={!ready}
              onClick={() => void publish()}
            >
              {t("templates.publish")}
            </GuardedButton>
            <Button icon={<ArrowUploadRegular />} onClick={() => file.current?.click()}>
              {t("templates.file.choose")}
            </Button>
          </>
        }
      />
      <input
        ref={file}
        type="file"
        accept=".json,application/json"
        className={styles.hidden}
        aria-label={t("templates.file.choose")}
        onChange={(event) => {
          void read(event.target.files?.[0]);
          event.target.value = "";
        }}
      />
      {fileFault !== undefined && (
        <MessageBar intent="error" role="alert">
          <MessageBarBody>{fileFault}</MessageBarBody>
        </MessageBar>
      )}
      <div className={styles.fields}>
        {text === undefined && (
          <Field label={t("templates.name")}>
            <Input value={name} onChange={(_, { value }) => setName(value)} />
          </Field>
        )}
        <Field label={t("templates.id")} required {...fieldState(idFault, t("templates.id.hint"))}>
          <Input value={ownId} onChange={(_, { value }) => setId(value.trim())} spellCheck={false} />
        </Field>
      </div>
      <TemplateText text={shown} onChange={setText} failure={failure?.error} readOnly={false} />
    </Page>
  );
}

/** PUT would change a template that is there; a new one must not. */
async function refuseExisting(deviceTemplateId: string, message: string): Promise<void> {
  try {
    await answer(api.GET("/deviceTemplates/{deviceTemplateId}", { params: { path: { deviceTemplateId } } }));
  } catch (error) {
    if (error instanceof RequestFailed && error.status === 404) return;
    throw error;
  }
  throw new RequestFailed(409, undefined, message);
}
