import { Field, Input, makeStyles, Text, tokens } from "@fluentui/react-components";
import { useState } from "react";
import { answer, api } from "../../../api/client";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { useTexts } from "../../../texts/texts";
import { useReloadHold, type JobHold } from "./hold";

const REASON_MAX = 1024;

const useStyles = makeStyles({
  body: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
});

interface Props {
  /** How many jobs run and wait, as it stood when it was asked: the count that must be typed does not move. */
  readonly hold: JobHold;
  readonly onClose: () => void;
}

/** Asks before all jobs are held. */
export function HoldDialog({ hold: { running, waiting }, onClose }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const reload = useReloadHold();
  const [reason, setReason] = useState("");
  return (
    <ConfirmDialog
      title={t("jobs.hold.title")}
      action={t("jobs.hold")}
      body={
        <div className={styles.body}>
          <Text block>{t("jobs.hold.running", { count: running })}</Text>
          <Text block>{t("jobs.hold.waiting", { count: waiting })}</Text>
          <Field label={t("jobs.hold.reason")} hint={t("jobs.hold.reason.hint")}>
            <Input value={reason} maxLength={REASON_MAX} onChange={(_, { value }) => setReason(value)} />
          </Field>
        </div>
      }
      // Where none runs there is nothing that one could regret.
      {...(running > 0 && { count: running })}
      onConfirm={async () => {
        await answer(api.PUT("/jobHold", { body: reason.trim() === "" ? {} : { reason: reason.trim() } }));
        await reload();
      }}
      onClose={onClose}
    />
  );
}
