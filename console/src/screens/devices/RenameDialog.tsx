import { Field, Input } from "@fluentui/react-components";
import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { FormDialog } from "../../components/FormDialog";
import { useTexts } from "../../texts/texts";
import type { Device } from "./search";

/** Gives a device another name for people; its id stays. */
export function RenameDialog({ device, onClose }: { device: Device; onClose: () => void }) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [name, setName] = useState(device.displayName);
  const rename = async () => {
    await answer(
      api.PATCH("/devices/{deviceId}", {
        params: { path: { deviceId: device.id }, header: { "If-Match": device.etag } },
        body: { displayName: name.trim() },
      }),
    );
    await queries.invalidateQueries({ queryKey: ["devices"] });
  };
  return (
    <FormDialog
      title={t("devices.rename")}
      action={t("devices.rename")}
      ready={name.trim() !== "" && name.trim() !== device.displayName}
      onSubmit={rename}
      onClose={onClose}
    >
      <Field label={t("devices.name")} required>
        <Input value={name} maxLength={148} onChange={(_, { value }) => setName(value)} />
      </Field>
    </FormDialog>
  );
}
