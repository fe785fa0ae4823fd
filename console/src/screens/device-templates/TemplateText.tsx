import {
  Button,
  makeStyles,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  tokens,
} from "@fluentui/react-components";
import { useDeferredValue, useMemo, useRef } from "react";
import { RequestFailed } from "../../api/failure";
import { ErrorState } from "../../components/ErrorState";
import { LineEditor, type LineEditorHandle } from "../../components/LineEditor";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { faultsOf, placeOfMessage, type DocumentFault } from "./document";

/** Faults that are shown; with the first of them mended the others are. */
const SHOWN = 3;

const RULES = {
  json: "templates.fault.json",
  object: "templates.fault.object",
  model: "templates.fault.model",
  interface: "templates.fault.interface",
  contents: "templates.fault.contents",
  name: "templates.fault.name",
  twice: "templates.fault.twice",
  kind: "templates.fault.kind",
  schema: "templates.fault.schema",
} as const satisfies Record<DocumentFault["rule"], TextKey>;

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, minWidth: 0 },
});

interface Props {
  readonly text: string;
  readonly onChange: (text: string) => void;
  /** Why it was not published. */
  readonly failure: unknown;
  readonly readOnly: boolean;
}

/** The document of a template as JSON; what is wrong is told with its line while one types. */
export function TemplateText({ text, onChange, failure, readOnly }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const editor = useRef<LineEditorHandle>(null);
  const checked = useDeferredValue(text);
  const faults = useMemo(() => faultsOf(checked), [checked]);
  const refused = failure instanceof RequestFailed ? placeOfMessage(text, failure.message) : undefined;
  const goTo = (line: number) => (
    <MessageBarActions>
      <Button onClick={() => editor.current?.goTo(line)}>
        {t("templates.goTo", { line: String(line) })}
      </Button>
    </MessageBarActions>
  );
  return (
    <div className={styles.root}>
      {failure !== undefined && (
        <>
          <ErrorState error={failure} title={t("templates.notPublished")} />
          {refused && (
            <div>
              <Button size="small" onClick={() => editor.current?.goTo(refused.line)}>
                {t("templates.goTo", { line: String(refused.line) })}
              </Button>
            </div>
          )}
        </>
      )}
      <div aria-live="polite" className={styles.root}>
        {faults.slice(0, SHOWN).map((fault, index) => (
          <MessageBar key={index} intent="warning" layout="multiline">
            <MessageBarBody>
              {t("templates.fault.at", {
                line: String(fault.line),
                column: String(fault.column),
                rule: t(RULES[fault.rule]) + (fault.what && ` (${fault.what})`),
              })}
            </MessageBarBody>
            {goTo(fault.line)}
          </MessageBar>
        ))}
      </div>
      <LineEditor
        ref={editor}
        label={t("templates.json")}
        value={text}
        onChange={onChange}
        readOnly={readOnly}
        faulty={faults.map(({ line }) => line)}
      />
    </div>
  );
}
