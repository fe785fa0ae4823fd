import { useQuery } from "@tanstack/react-query";
import { templateName, templatesQuery, type DeviceTemplate } from "../api/lists";
import { useMay } from "../session/session";
import { useTexts } from "../texts/texts";
import { Picker, type PickerOption } from "./Picker";

interface Props {
  /** Empty: the device is unassigned. */
  readonly value: string;
  readonly onChange: (template: string) => void;
}

/** Templates as what one chooses from. */
export function templateOptions(templates: readonly DeviceTemplate[]): PickerOption[] {
  return templates.map((one) => ({
    value: one["@id"] ?? "",
    text: templateName(one),
    note: one["@id"] ?? "",
  }));
}

/** Chooses a device's template. */
export function TemplatePicker(props: Props) {
  const { t } = useTexts();
  const may = useMay();
  const { data: templates = [] } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  return (
    <Picker
      label={t("devices.template")}
      placeholder={t("devices.unassigned")}
      clearable
      options={templateOptions(templates)}
      {...props}
    />
  );
}
