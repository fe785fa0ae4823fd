import { Button, Field, makeStyles, Textarea, tokens } from "@fluentui/react-components";
import { useState, type SyntheticEvent } from "react";
import { answer, api } from "../../../api/client";
import { ErrorState } from "../../../components/ErrorState";
import { useMay } from "../../../session/session";
import { useTexts } from "../../../texts/texts";

/** What the server takes. */
const CHARACTERS_MAX = 2048;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    alignItems: "flex-start",
    rowGap: tokens.spacingVerticalS,
    maxWidth: "720px",
    paddingBottom: tokens.spacingVerticalM,
  },
  field: { width: "100%" },
});

interface Props {
  readonly jobId: string;
  readonly onAdded: () => Promise<void>;
}

/** Something to say about a job, for who may run jobs. What was typed stays until it is on disk. */
export function CommentField({ jobId, onAdded }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const [text, setText] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ readonly error: unknown }>();
  if (!may("runJobs")) return null;
  const add = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      const body = { text: text.trim() };
      await answer(api.POST("/jobs/{jobId}/comments", { params: { path: { jobId } }, body }));
      setText("");
      await onAdded();
    } catch (error) {
      setFailure({ error });
    } finally {
      setBusy(false);
    }
  };
  const ready = text.trim() !== "" && !busy;
  return (
    <form
      className={styles.root}
      onSubmit={(event: SyntheticEvent) => {
        event.preventDefault();
        if (ready) void add();
      }}
    >
      <Field className={styles.field} label={t("run.comment")} hint={t("run.comment.hint")}>
        <Textarea
          value={text}
          maxLength={CHARACTERS_MAX}
          resize="vertical"
          readOnly={busy}
          onChange={(_, { value }) => setText(value)}
        />
      </Field>
      {failure && <ErrorState error={failure.error} title={t("run.comment.failed")} />}
      <Button type="submit" disabledFocusable={!ready}>
        {t("run.comment.add")}
      </Button>
    </form>
  );
}
