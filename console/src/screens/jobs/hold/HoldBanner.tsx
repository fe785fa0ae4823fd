import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from "@fluentui/react-components";
import { useState } from "react";
import { useTexts } from "../../../texts/texts";
import { useHold, useJobsUnderHold, useMayHold, type JobHold } from "./hold";
import { ReleaseDialog } from "./ReleaseDialog";

/** Says on every screen of jobs that all of them are held: by whom, since when and what for. */
export function HoldBanner() {
  const { t, formats } = useTexts();
  const hold = useHold();
  useJobsUnderHold(hold);
  const mayHold = useMayHold();
  // As it stood when it was asked.
  const [asked, setAsked] = useState<JobHold>();
  const by = hold?.byName ?? hold?.by ?? "";
  const time = hold?.since ? formats.dateTime(new Date(hold.since)) : "";
  return (
    <>
      {hold?.held && (
        <MessageBar intent="warning" layout="multiline" data-testid="hold">
          <MessageBarBody>
            <MessageBarTitle>{t("jobs.hold.on")}</MessageBarTitle>
            {hold.reason
              ? t("jobs.hold.for", { by, time, reason: hold.reason })
              : t("jobs.hold.by", { by, time })}{" "}
            {t("jobs.hold.means")}
          </MessageBarBody>
          {mayHold && (
            <MessageBarActions>
              <Button size="small" onClick={() => setAsked(hold)}>
                {t("jobs.release")}
              </Button>
            </MessageBarActions>
          )}
        </MessageBar>
      )}
      {asked && <ReleaseDialog hold={asked} onClose={() => setAsked(undefined)} />}
    </>
  );
}
