import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

export function DeviceGroupsScreen() {
  const { t } = useTexts();
  return <ToCome title={t("nav.deviceGroups")} />;
}
