import { useNavigate } from "@tanstack/react-router";
import { useNotify } from "../../../components/notify";
import { useTexts } from "../../../texts/texts";
import { rememberChosenDevices } from "../wizard/chosenDevices";
import type { Job } from "./follower";

/** Opens the wizard for another job on devices of this one: those given, or all that failed. */
export function useRerun() {
  const { t } = useTexts();
  const navigate = useNavigate();
  const notify = useNotify();
  return (job: Pick<Job, "id">, devices?: readonly string[]): void => {
    let chosen: string | undefined;
    try {
      chosen = devices && rememberChosenDevices(devices);
    } catch (error) {
      // The browser keeps only so much.
      notify.failed(t("run.chosen.failed"), error);
      return;
    }
    void navigate({
      to: "/jobs/definitions/create/$step",
      params: { step: "configure" },
      search: { rerun: job.id, ...(chosen !== undefined && { devices: chosen }) },
    });
  };
}
