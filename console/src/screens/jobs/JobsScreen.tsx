import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

export function JobsScreen() {
  const { t } = useTexts();
  return <ToCome title={t("nav.jobs")} />;
}
