import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

const route = getRouteApi("/shell/jobs/scheduled/$scheduledJobId");

export function ScheduledJobScreen() {
  const { t } = useTexts();
  const { scheduledJobId } = route.useParams();
  return <ToCome title={scheduledJobId} trail={[<AppLink to="/jobs">{t("nav.jobs")}</AppLink>]} />;
}
