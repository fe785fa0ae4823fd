import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

export function DevicesScreen() {
  const { t } = useTexts();
  return <ToCome title={t("nav.devices")} />;
}
