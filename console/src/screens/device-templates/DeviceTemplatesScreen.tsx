import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

export function DeviceTemplatesScreen() {
  const { t } = useTexts();
  return <ToCome title={t("nav.deviceTemplates")} />;
}
