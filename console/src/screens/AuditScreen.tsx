import { useTexts } from "../texts/texts";
import { ToCome } from "./ToCome";

export function AuditScreen() {
  const { t } = useTexts();
  return <ToCome title={t("nav.audit")} />;
}
