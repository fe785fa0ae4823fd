import type { Schemas } from "../../api/client";
import { sentence } from "../../components/explain";
import type { Translate } from "../../texts/catalogue";
import type { Formats } from "../../texts/formats";

/** Why a job waits, was stopped, was cancelled or failed, in the reader's language where the page has words for it. */
export function sayReason(reason: Schemas["JobReason"], t: Translate, formats: Formats): string {
  const { code, message, at, devices, failed, borne } = reason;
  const time = at ? formats.dateTime(new Date(at)) : undefined;
  const by = reason.by ?? t("run.reason.somebody");
  const count = devices ?? undefined;
  if (code === "held" && time) return t("run.reason.held", { by, time });
  if (code === "slot") return t("run.reason.slot");
  if (code === "time" && time) return t("run.reason.time", { time });
  if (code === "absent" && count !== undefined) {
    return time ? t("run.reason.absent", { count, time }) : t("run.reason.absent.always", { count });
  }
  if (code === "lastAnswers" && count !== undefined) {
    return time
      ? t("run.reason.lastAnswers", { count, time })
      : t("run.reason.lastAnswers.always", { count });
  }
  if (code === "stopped" && time) return t("run.reason.stopped", { by, time });
  if (code === "stoppedByHold" && time) return t("run.reason.stoppedByHold", { by, time });
  if (code === "pausedAfterBatch" && reason.batch != null) {
    return t("run.reason.pausedAfterBatch", { by, number: formats.number(reason.batch) });
  }
  if (code === "cancelled" && time) return t("run.reason.cancelled", { by, time });
  if (code === "threshold" && failed != null && borne != null) {
    return t("run.threshold.exceeded", { failed: formats.number(failed), count: borne });
  }
  return sentence(message);
}
