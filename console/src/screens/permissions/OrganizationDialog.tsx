import { Field, Input } from "@fluentui/react-components";
import { useState } from "react";
import { answer, api } from "../../api/client";
import type { Organization } from "../../api/lists";
import { FormDialog } from "../../components/FormDialog";
import { fieldState, Picker } from "../../components/Picker";
import { useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { branchOf, idFromName, isOrganizationId } from "./organizationTree";

/** Stands for no parent; an option cannot have the empty text as its value, and no id is like that. */
const ROOT = "-";

interface Props {
  /** The one to change; none for a new one. */
  readonly organization?: Organization;
  /** What a new one is to be below, unless another is chosen. */
  readonly parent?: string | undefined;
  readonly organizations: readonly Organization[];
  readonly onDone: () => Promise<void>;
  readonly onClose: () => void;
}

/** A new organization, or the name and place of one. */
export function OrganizationDialog({ organization, parent, organizations, onDone, onClose }: Props) {
  const { t } = useTexts();
  const session = useSession();
  const isNew = organization === undefined;
  // Who has roles within organizations makes and moves only below these.
  const atRoot = session.roles.some(({ organization }) => !organization);
  const [name, setName] = useState(organization?.displayName ?? "");
  const [typedId, setTypedId] = useState<string>();
  const before = organization?.parent ?? parent;
  const [above, setAbove] = useState(before ?? (atRoot ? ROOT : ""));
  const id = organization?.id ?? typedId ?? idFromName(name);

  const taken = isNew && organizations.some((other) => other.id === id);
  const idFault =
    typedId !== undefined && !isOrganizationId(typedId)
      ? t("permissions.organization.idRule")
      : taken
        ? t("permissions.organization.taken")
        : undefined;
  const below = organization?.id === undefined ? new Set<string>() : branchOf(organizations, organization.id);
  const places = [
    ...(atRoot ? [{ value: ROOT, text: t("permissions.organization.root") }] : []),
    ...organizations
      .filter(({ id = "" }) => !below.has(id))
      .map(({ id = "", displayName }) => ({ value: id, text: displayName, note: id })),
  ];

  return (
    <FormDialog
      title={t(isNew ? "permissions.organization.new" : "permissions.organization.edit")}
      action={t(isNew ? "permissions.organization.create" : "permissions.save")}
      ready={name.trim() !== "" && isOrganizationId(id) && !taken && above !== ""}
      onSubmit={async () => {
        const params = { path: { organizationId: id } };
        const displayName = name.trim();
        const isAtRoot = above === ROOT;
        if (isNew) {
          const body = { displayName, ...(!isAtRoot && { parent: above }) };
          await answer(api.PUT("/organizations/{organizationId}", { params, body }));
        } else {
          // What stays is not sent: who may not move it may rename it.
          const moved = above !== (before ?? ROOT);
          const body = { displayName, ...(moved && { parent: isAtRoot ? null : above }) };
          await answer(api.PATCH("/organizations/{organizationId}", { params, body }));
        }
        await onDone();
      }}
      onClose={onClose}
    >
      <Field label={t("permissions.organization.name")} required>
        <Input value={name} onChange={(_, { value }) => setName(value)} autoComplete="off" />
      </Field>
      <Field
        label={t("permissions.id")}
        required={isNew}
        {...fieldState(
          idFault,
          t(isNew ? "permissions.organization.idRule" : "permissions.organization.idStays"),
        )}
      >
        <Input
          value={id}
          disabled={!isNew}
          onChange={(_, { value }) => setTypedId(value)}
          autoComplete="off"
        />
      </Field>
      <Picker
        label={t("permissions.organization.parent")}
        required
        options={places}
        value={above}
        onChange={setAbove}
        {...(!isNew && { hint: t("permissions.organization.moveHint") })}
      />
    </FormDialog>
  );
}
