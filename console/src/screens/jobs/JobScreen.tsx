import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

const route = getRouteApi("/shell/jobs/instances/$jobId");

export function JobScreen() {
  const { t } = useTexts();
  const { jobId } = route.useParams();
  return <ToCome title={jobId} trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]} />;
}
