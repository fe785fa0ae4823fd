import { AppLink } from "../../components/AppLink";
import { useTexts } from "../../texts/texts";
import { GroupEditor } from "./GroupEditor";

export function NewDeviceGroupScreen() {
  const { t } = useTexts();
  return (
    <GroupEditor group={undefined} trail={[<AppLink to="/device-groups">{t("nav.deviceGroups")}</AppLink>]} />
  );
}
