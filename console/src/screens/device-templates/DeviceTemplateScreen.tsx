import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { ToCome } from "../ToCome";

const route = getRouteApi("/shell/device-templates/$templateId");

export function DeviceTemplateScreen() {
  const { t } = useTexts();
  const { templateId } = route.useParams();
  return (
    <ToCome
      title={templateId}
      trail={[<AppLink to="/device-templates">{t("nav.deviceTemplates")}</AppLink>]}
    />
  );
}
