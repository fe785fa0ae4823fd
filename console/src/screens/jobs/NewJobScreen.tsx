import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

export function NewJobScreen() {
  const { t } = useTexts();
  return <ToCome title={t("jobs.new")} trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]} />;
}
