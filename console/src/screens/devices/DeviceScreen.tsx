import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

const route = getRouteApi("/shell/devices/$deviceId");

export function DeviceScreen() {
  const { t } = useTexts();
  const { deviceId } = route.useParams();
  return <ToCome title={deviceId} trail={[<AppLink to="/devices">{t("nav.devices")}</AppLink>]} />;
}
