import { Field, Input, Text } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { FormDialog } from "../../components/FormDialog";
import { useTexts } from "../../texts/texts";
import { rolesQuery, userName, type User } from "./access";
import { assignmentsOf, draftsOf, NO_ASSIGNMENT, type DraftAssignment } from "./assignments";
import { AssignmentsField } from "./AssignmentsField";

interface NewProps {
  readonly onMade: () => Promise<void>;
  /** Makes the user's first password and shows it. */
  readonly onPassword: (userId: string, email: string) => Promise<void>;
  readonly onClose: () => void;
}

/** A new user: the mail address and the roles; the password is made by the server. */
export function NewUserDialog({ onMade, onPassword, onClose }: NewProps) {
  const { t } = useTexts();
  const { data: roles = [] } = useQuery(rolesQuery);
  // Stays the same when one tries again, so that a user that was made already is not made twice.
  const [id] = useState(() => crypto.randomUUID());
  const [email, setEmail] = useState("");
  const [drafts, setDrafts] = useState<readonly DraftAssignment[]>([NO_ASSIGNMENT]);
  const assignments = assignmentsOf(drafts, roles);
  const address = email.trim();
  const isAddress = /^[^@\s]+@[^@\s]+$/u.test(address);

  return (
    <FormDialog
      title={t("permissions.user.new")}
      action={t("permissions.user.create")}
      ready={isAddress && assignments !== undefined}
      onSubmit={async () => {
        if (!assignments) return;
        const body = { type: "email" as const, email: address, roles: assignments };
        await answer(api.PUT("/users/{userId}", { params: { path: { userId: id } }, body }));
        await onMade();
        await onPassword(id, address);
      }}
      onClose={onClose}
    >
      <Field label={t("signIn.email")} required hint={t("permissions.user.emailHint")}>
        <Input type="email" autoComplete="off" value={email} onChange={(_, { value }) => setEmail(value)} />
      </Field>
      <AssignmentsField value={drafts} onChange={setDrafts} />
    </FormDialog>
  );
}

interface RolesProps {
  readonly user: User;
  readonly onChanged: (user: User) => Promise<void>;
  readonly onClose: () => void;
}

/** The roles of a user; they hold from the next call on, also in sessions that are open. */
export function UserRolesDialog({ user, onChanged, onClose }: RolesProps) {
  const { t } = useTexts();
  const { data: roles = [] } = useQuery(rolesQuery);
  const [drafts, setDrafts] = useState<readonly DraftAssignment[]>(() => draftsOf(user.roles));
  const assignments = assignmentsOf(drafts, roles);

  return (
    <FormDialog
      title={t("permissions.user.editRoles")}
      action={t("permissions.save")}
      ready={assignments !== undefined}
      onSubmit={async () => {
        const path = { userId: user.id ?? "" };
        await answer(api.PATCH("/users/{userId}", { params: { path }, body: { roles: assignments } }));
        await onChanged(user);
      }}
      onClose={onClose}
    >
      <Text weight="semibold">{userName(user)}</Text>
      <AssignmentsField value={drafts} onChange={setDrafts} />
    </FormDialog>
  );
}
