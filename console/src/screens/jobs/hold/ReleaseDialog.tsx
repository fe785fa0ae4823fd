import { Field, makeStyles, Radio, RadioGroup, Text, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { answer, api } from "../../../api/client";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { useNotify } from "../../../components/notify";
import { useTexts } from "../../../texts/texts";
import { useReloadHold, type JobHold } from "./hold";

const useStyles = makeStyles({
  body: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
});

/** Asks before the hold is lifted, and what is to become of the jobs that it stopped. */
export function ReleaseDialog({ hold, onClose }: { hold: JobHold; onClose: () => void }) {
  const styles = useStyles();
  const { t } = useTexts();
  const notify = useNotify();
  const reload = useReloadHold();
  const [resume, setResume] = useState(false);
  return (
    <ConfirmDialog
      title={t("jobs.release.title")}
      action={t("jobs.release")}
      body={
        <div className={styles.body}>
          <Text block>{t("jobs.release.waiting", { count: hold.waiting })}</Text>
          {hold.stillStopped > 0 && (
            <Field label={t("jobs.release.stopped", { count: hold.stillStopped })}>
              <RadioGroup
                value={resume ? "resume" : "leave"}
                onChange={(_, { value }) => setResume(value === "resume")}
              >
                <Radio value="leave" label={t("jobs.release.leave")} />
                <Radio value="resume" label={t("jobs.release.resume")} />
              </RadioGroup>
            </Field>
          )}
        </div>
      }
      onConfirm={async () => {
        await answer(api.DELETE("/jobHold", { params: { query: { resume: String(resume) } } }));
        notify.done(t("jobs.release.done"));
        await reload();
      }}
      onClose={onClose}
    />
  );
}
