import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

const route = getRouteApi("/shell/device-groups/$groupId");

export function DeviceGroupScreen() {
  const { t } = useTexts();
  const { groupId } = route.useParams();
  return <ToCome title={groupId} trail={[<AppLink to="/device-groups">{t("nav.deviceGroups")}</AppLink>]} />;
}
