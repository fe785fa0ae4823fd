import { Field, Input, Switch } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { RequestFailed } from "../../api/failure";
import { FormDialog } from "../../components/FormDialog";
import { OrganizationPicker } from "../../components/OrganizationPicker";
import { fieldState } from "../../components/Picker";
import { TemplatePicker } from "../../components/TemplatePicker";
import { useTexts } from "../../texts/texts";
import { isDeviceId } from "./search";

interface Props {
  /** The template whose devices are in the list now. */
  readonly template: string | undefined;
  readonly onClose: () => void;
}

/** Makes one device, and opens it where it says how it connects. */
export function NewDeviceDialog({ template: initial, onClose }: Props) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const navigate = useNavigate();
  const [id, setId] = useState("");
  const [name, setName] = useState("");
  const [template, setTemplate] = useState(initial ?? "");
  const [organization, setOrganization] = useState("");
  const [simulated, setSimulated] = useState(false);
  const fault = id !== "" && !isDeviceId(id) ? t("devices.id.rule") : undefined;

  const create = async () => {
    await refuseExisting(id, t("devices.new.exists", { id }));
    await answer(
      api.PUT("/devices/{deviceId}", {
        params: { path: { deviceId: id } },
        body: {
          simulated,
          ...(name.trim() !== "" && { displayName: name.trim() }),
          ...(template !== "" && { template }),
          ...(organization !== "" && { organizations: [organization] }),
        },
      }),
    );
    void queries.invalidateQueries({ queryKey: ["devices"] });
    await navigate({ to: "/devices/$deviceId", params: { deviceId: id }, search: { view: "connect" } });
  };

  return (
    <FormDialog
      title={t("devices.new.title")}
      action={t("devices.new.create")}
      ready={isDeviceId(id)}
      onSubmit={create}
      onClose={onClose}
    >
      <Field label={t("devices.id")} required {...fieldState(fault, t("devices.id.hint"))}>
        <Input value={id} onChange={(_, { value }) => setId(value.trim())} autoComplete="off" />
      </Field>
      <Field label={t("devices.name")} hint={t("devices.name.hint")}>
        <Input value={name} maxLength={148} onChange={(_, { value }) => setName(value)} />
      </Field>
      <TemplatePicker value={template} onChange={setTemplate} />
      <OrganizationPicker value={organization} onChange={setOrganization} />
      <Switch
        label={t("devices.simulated.label")}
        checked={simulated}
        onChange={(_, { checked }) => setSimulated(checked)}
      />
    </FormDialog>
  );
}

/** PUT would change a device that is there; a new one must not. */
async function refuseExisting(deviceId: string, message: string): Promise<void> {
  try {
    await answer(api.GET("/devices/{deviceId}", { params: { path: { deviceId } } }));
  } catch (error) {
    if (error instanceof RequestFailed && error.status === 404) return;
    throw error;
  }
  throw new RequestFailed(409, undefined, message);
}
