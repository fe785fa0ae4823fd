import { StatusBadge, type Tone } from "../../components/StatusBadge";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { statusOf, type Device, type DeviceStatus } from "./search";

export const STATUS_TEXTS: Record<DeviceStatus, TextKey & `devices.status.${DeviceStatus}`> = {
  provisioned: "devices.status.provisioned",
  registered: "devices.status.registered",
  blocked: "devices.status.blocked",
};

const STATUS_TONES: Record<DeviceStatus, Tone> = {
  provisioned: "success",
  registered: "waiting",
  blocked: "canceled",
};

export function DeviceStatusBadge({ device }: { device: Pick<Device, "enabled" | "provisioned"> }) {
  const { t } = useTexts();
  const status = statusOf(device);
  return <StatusBadge tone={STATUS_TONES[status]} text={t(STATUS_TEXTS[status])} />;
}

export function ConnectedBadge({ connected }: { connected: boolean }) {
  const { t } = useTexts();
  return (
    <StatusBadge
      tone={connected ? "success" : "stopped"}
      text={t(connected ? "devices.connected" : "devices.disconnected")}
    />
  );
}
