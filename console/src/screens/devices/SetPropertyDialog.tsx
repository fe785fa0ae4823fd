import { Spinner } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { ErrorState } from "../../components/ErrorState";
import { FormDialog } from "../../components/FormDialog";
import { useNotify } from "../../components/notify";
import { Picker } from "../../components/Picker";
import { settled } from "../../dtdl/value";
import { ValueEditor } from "../../dtdl/ValueEditor";
import { useTexts } from "../../texts/texts";
import { capabilityName, placeOf, useCapabilities } from "./capabilities";

interface Props {
  readonly deviceId: string;
  readonly templateId: string;
  readonly onClose: () => void;
}

/** Sets one writable property or cloud property of one device; for many there are jobs. */
export function SetPropertyDialog({ deviceId, templateId, onClose }: Props) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const { done } = useNotify();
  const { capabilities, error } = useCapabilities(templateId);
  const [path, setPath] = useState("");
  const [value, setValue] = useState<unknown>();
  const [raw, setRaw] = useState<string>();
  const settable = capabilities?.filter(({ kind }) => kind === "property" || kind === "cloudProperty") ?? [];
  const chosen = settable.find((one) => one.path === path);

  const save = async () => {
    const { component, name } = placeOf(path);
    const body = { [name]: settled(chosen?.schema, value) };
    if (component === undefined)
      await answer(api.PATCH("/devices/{deviceId}/properties", { params: { path: { deviceId } }, body }));
    else
      await answer(
        api.PATCH("/devices/{deviceId}/components/{componentName}/properties", {
          params: { path: { deviceId, componentName: component } },
          body,
        }),
      );
    await queries.invalidateQueries({ queryKey: ["devices", deviceId, "twin"] });
    done(t("devices.set.done"));
  };

  return (
    <FormDialog
      title={t("devices.twin.set")}
      action={t("devices.set.save")}
      ready={chosen !== undefined && value !== undefined && raw === undefined}
      onSubmit={save}
      onClose={onClose}
    >
      {error && <ErrorState error={error} />}
      {!capabilities && !error && <Spinner />}
      {capabilities && (
        <Picker
          label={t("devices.set.property")}
          required
          value={path}
          onChange={(next) => {
            setPath(next);
            setValue(undefined);
            setRaw(undefined);
          }}
          options={settable.map((one) => ({
            value: one.path,
            text: capabilityName(one),
            note: t(one.kind === "property" ? "devices.set.writable" : "devices.set.cloud", {
              path: one.path,
            }),
          }))}
          hint={settable.length === 0 ? t("devices.set.none") : undefined}
        />
      )}
      {chosen && (
        <ValueEditor
          key={chosen.path}
          label={chosen.unit ? `${chosen.label} (${chosen.unit})` : chosen.label}
          schema={chosen.schema}
          value={value}
          raw={raw}
          onChange={(next, text) => {
            setValue(next);
            setRaw(text);
          }}
          hint={chosen.description}
          fault={raw === undefined ? undefined : t("value.fault.json")}
          required
        />
      )}
    </FormDialog>
  );
}
