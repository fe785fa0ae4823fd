import { StatusBadge, type Tone } from "../../../components/StatusBadge";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import type { DeviceStatus } from "./filter";

export const DEVICE_STATUS: Record<DeviceStatus, { tone: Tone; text: TextKey & `run.outcome.${string}` }> = {
  completed: { tone: "success", text: "run.outcome.completed" },
  failed: { tone: "danger", text: "run.outcome.failed" },
  running: { tone: "running", text: "run.outcome.running" },
  pending: { tone: "waiting", text: "run.outcome.pending" },
  cancelled: { tone: "canceled", text: "run.outcome.cancelled" },
};

/** Where a device stands in a job. */
export function DeviceStatusBadge({ status }: { status: DeviceStatus }) {
  const { t } = useTexts();
  const { tone, text } = DEVICE_STATUS[status];
  return <StatusBadge tone={tone} text={t(text)} />;
}
