import { useQuery } from "@tanstack/react-query";
import { organizationsQuery } from "../api/lists";
import { useMay } from "../session/session";
import { useTexts } from "../texts/texts";
import { Picker } from "./Picker";

interface Props {
  /** Empty: the root. */
  readonly value: string;
  readonly onChange: (organization: string) => void;
  readonly disabled?: boolean;
}

/** Chooses where a thing belongs; nothing where there are no organizations. */
export function OrganizationPicker(props: Props) {
  const { t } = useTexts();
  const may = useMay();
  const { data: organizations = [] } = useQuery({
    ...organizationsQuery,
    enabled: may("viewOrganizations"),
  });
  if (organizations.length === 0) return null;
  return (
    <Picker
      label={t("devices.organization")}
      placeholder={t("devices.organization.root")}
      clearable
      options={organizations.map(({ id, displayName }) => ({ value: id ?? "", text: displayName }))}
      {...props}
    />
  );
}
