import { Field, Input, Select } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { FormDialog } from "../../components/FormDialog";
import { fieldState } from "../../components/Picker";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { rolesQuery, type ApiToken } from "./access";
import { assignmentsOf, NO_ASSIGNMENT, type DraftAssignment } from "./assignments";
import { AssignmentsField } from "./AssignmentsField";
import { expiryOf, isTokenId, LIFETIMES, type Lifetime } from "./expiry";

const LIFETIME_TEXTS: Record<Lifetime, TextKey & `permissions.token.for.${Lifetime}`> = {
  "30": "permissions.token.for.30",
  "90": "permissions.token.for.90",
  "365": "permissions.token.for.365",
  date: "permissions.token.for.date",
};

interface Props {
  /** Gets the token with its text, which the server says this once. */
  readonly onMade: (made: ApiToken) => Promise<void>;
  readonly onClose: () => void;
}

export function NewTokenDialog({ onMade, onClose }: Props) {
  const { t } = useTexts();
  const { data: roles = [] } = useQuery(rolesQuery);
  const [id, setId] = useState("");
  const [drafts, setDrafts] = useState<readonly DraftAssignment[]>([NO_ASSIGNMENT]);
  const [lifetime, setLifetime] = useState<Lifetime>("365");
  const [date, setDate] = useState("");
  const assignments = assignmentsOf(drafts, roles);
  const ends = expiryOf(lifetime, date, new Date()) !== undefined;
  const idFault = id === "" || isTokenId(id) ? undefined : t("permissions.token.idRule");

  return (
    <FormDialog
      title={t("permissions.token.new")}
      action={t("permissions.token.create")}
      ready={isTokenId(id) && assignments !== undefined && ends}
      onSubmit={async () => {
        const expiry = expiryOf(lifetime, date, new Date());
        if (!assignments || expiry === undefined) return;
        const params = { path: { tokenId: id } };
        await onMade(
          await answer(api.PUT("/apiTokens/{tokenId}", { params, body: { roles: assignments, expiry } })),
        );
      }}
      onClose={onClose}
    >
      <Field
        label={t("permissions.token.name")}
        required
        {...fieldState(idFault, t("permissions.token.nameHint"))}
      >
        <Input value={id} onChange={(_, { value }) => setId(value)} autoComplete="off" />
      </Field>
      <AssignmentsField value={drafts} onChange={setDrafts} />
      <Field label={t("permissions.token.expiry")}>
        <Select
          value={lifetime}
          onChange={(_, { value }) => setLifetime(LIFETIMES.find((known) => known === value) ?? "365")}
        >
          {LIFETIMES.map((known) => (
            <option key={known} value={known}>
              {t(LIFETIME_TEXTS[known])}
            </option>
          ))}
        </Select>
      </Field>
      {lifetime === "date" && (
        <Field
          label={t("permissions.token.until")}
          required
          {...fieldState(date !== "" && !ends ? t("permissions.token.past") : undefined)}
        >
          <Input type="date" value={date} onChange={(_, { value }) => setDate(value)} />
        </Field>
      )}
    </FormDialog>
  );
}
