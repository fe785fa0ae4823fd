import { MessageBar, MessageBarBody, Text } from "@fluentui/react-components";
import { AppLink } from "../../../components/AppLink";
import { useTexts } from "../../../texts/texts";
import type { Rerun } from "./form";
import type { Wizard } from "./useWizard";

/** Whom a rerun is on, which is not to be changed here: those that failed in its source, or those that were ticked there. */
export function RerunDevices({ wizard, rerun }: { wizard: Wizard; rerun: Rerun }) {
  const { t } = useTexts();
  const { preview, previewIsOld, faultAt } = wizard;
  const fault = faultAt("rerunOf") ?? faultAt("devices");
  const met = previewIsOld ? undefined : preview?.devices;
  return (
    <>
      <Text>
        <RerunName rerun={rerun} />
      </Text>
      {met !== undefined && met < countOf(rerun) && (
        <Text aria-live="polite">{t("wizard.rerun.fewer", { count: met })}</Text>
      )}
      {fault !== undefined && (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{fault}</MessageBarBody>
        </MessageBar>
      )}
    </>
  );
}

/** "The 12 devices that failed in …", with a link to the job. */
export function RerunName({ rerun }: { rerun: Rerun }) {
  const { t } = useTexts();
  return (
    <>
      {t(rerun.devices ? "wizard.rerun.chosen" : "wizard.rerun.failed", { count: countOf(rerun) })}{" "}
      <AppLink inline to="/jobs/instances/$jobId" params={{ jobId: rerun.job }} target="_blank">
        {rerun.name}
      </AppLink>
    </>
  );
}

function countOf({ devices, failed }: Rerun): number {
  return devices?.length ?? failed;
}
