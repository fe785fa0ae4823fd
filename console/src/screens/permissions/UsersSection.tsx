import { Button } from "@fluentui/react-components";
import {
  AddRegular,
  DeleteRegular,
  EditRegular,
  KeyResetRegular,
  PeopleRegular,
} from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { organizationsQuery } from "../../api/lists";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { EmptyState } from "../../components/EmptyState";
import { SearchField } from "../../components/SearchField";
import { DataGrid } from "../../grid/DataGrid";
import type { GridColumn } from "../../grid/column";
import { sessionQuery, useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import {
  narrowed,
  rolesQuery,
  sayRoles,
  sortOf,
  sortText,
  userName,
  USERS_KEY,
  usersQuery,
  wholeSource,
  type User,
} from "./access";
import { RowMenu } from "./RowMenu";
import { SecretDialog } from "./SecretDialog";
import { SectionBar } from "./SectionBar";
import { NewUserDialog, UserRolesDialog } from "./UserDialogs";
import { usePermissionsSearch } from "./usePermissionsSearch";

/** What is open over the list. */
type Open =
  | { readonly kind: "new" }
  | { readonly kind: "roles" | "password" | "delete"; readonly user: User }
  | { readonly kind: "made"; readonly name: string; readonly password: string };

const KINDS = {
  email: "permissions.user.person",
  servicePrincipal: "permissions.user.program",
  adGroup: "permissions.user.group",
} as const;

export function UsersSection() {
  const { t } = useTexts();
  const session = useSession();
  const queries = useQueryClient();
  const { search, change, onSearch } = usePermissionsSearch();
  const { data: roles } = useQuery(rolesQuery);
  const { data: organizations } = useQuery(organizationsQuery);
  const [open, setOpen] = useState<Open>();
  // A dialog that ended may have opened the next one.
  const close = (kind: Open["kind"]) => () => setOpen((now) => (now?.kind === kind ? undefined : now));

  const cellsOf = useMemo(
    () => (user: User) => ({
      name: userName(user),
      kind: t(KINDS[user.type]),
      roles: sayRoles(user.roles, roles ?? [], organizations ?? []),
      id: user.id ?? "",
    }),
    [t, roles, organizations],
  );
  const { q, sort } = search;
  const source = useMemo(
    () =>
      // The names of roles and organizations are part of what is searched and sorted.
      wholeSource(
        [...USERS_KEY, { q, sort, roles: roles?.length, organizations: organizations?.length }],
        async () => narrowed(await queries.query({ ...usersQuery, staleTime: 1_000 }), q, sort, cellsOf),
      ),
    [queries, q, sort, roles, organizations, cellsOf],
  );
  const columns = useMemo<readonly GridColumn<User>[]>(
    () => [
      {
        id: "name",
        header: t("permissions.user.name"),
        width: 200,
        grows: true,
        fixed: true,
        sortable: true,
        cell: (user) => (
          <span>
            {userName(user)}
            {user.id === session.userId && ` ${t("permissions.user.you")}`}
          </span>
        ),
      },
      {
        id: "roles",
        header: t("permissions.roles"),
        width: 240,
        grows: true,
        sortable: true,
        cell: (user) => {
          const text = cellsOf(user).roles;
          return <span title={text}>{text}</span>;
        },
      },
      {
        id: "kind",
        header: t("permissions.user.kind"),
        width: 120,
        sortable: true,
        cell: (user) => <span>{cellsOf(user).kind}</span>,
      },
      {
        id: "id",
        header: t("permissions.id"),
        width: 180,
        hidden: true,
        cell: ({ id }) => <span>{id}</span>,
      },
      {
        id: "actions",
        header: t("permissions.actions"),
        width: 90,
        cell: (user) => (
          <RowMenu
            label={t("permissions.actionsOf", { name: userName(user) })}
            actions={[
              {
                text: t("permissions.user.editRoles"),
                icon: <EditRegular />,
                onClick: () => setOpen({ kind: "roles", user }),
              },
              // Programs and groups of a directory have no password here.
              ...(user.type === "email"
                ? [
                    {
                      text: t("permissions.user.newPassword"),
                      icon: <KeyResetRegular />,
                      onClick: () => setOpen({ kind: "password", user }),
                    },
                  ]
                : []),
              {
                text: t("permissions.user.delete"),
                icon: <DeleteRegular />,
                onClick: () => setOpen({ kind: "delete", user }),
              },
            ]}
          />
        ),
      },
    ],
    [t, session.userId, cellsOf],
  );

  const changed = async (user?: User) => {
    await queries.invalidateQueries({ queryKey: USERS_KEY });
    // What the own roles allow decides what the console shows.
    if (user?.id === session.userId) await queries.invalidateQueries({ queryKey: sessionQuery.queryKey });
  };
  const makePassword = async (userId: string, name: string) => {
    const { password } = await answer(api.POST("/users/{userId}/password", { params: { path: { userId } } }));
    setOpen({ kind: "made", name, password });
  };

  return (
    <>
      <SectionBar>
        <Button appearance="primary" icon={<AddRegular />} onClick={() => setOpen({ kind: "new" })}>
          {t("permissions.user.new")}
        </Button>
        <SearchField label={t("permissions.search")} value={q ?? ""} onSearch={onSearch} />
      </SectionBar>
      <DataGrid
        name="permissions.users"
        label={t("permissions.users")}
        source={source}
        columns={columns}
        rowId={({ id }) => id ?? ""}
        rowName={userName}
        {...(sort !== undefined && { sort: sortOf(sort) })}
        onSort={(wished) => change({ sort: sortText(wished) })}
        empty={
          <EmptyState
            icon={PeopleRegular}
            title={t(q === undefined ? "permissions.user.empty" : "permissions.nothingFound")}
            body={t(q === undefined ? "permissions.user.emptyBody" : "permissions.nothingFoundBody")}
          />
        }
      />
      {open?.kind === "new" && (
        <NewUserDialog onClose={close("new")} onMade={changed} onPassword={makePassword} />
      )}
      {open?.kind === "roles" && (
        <UserRolesDialog user={open.user} onChanged={changed} onClose={close("roles")} />
      )}
      {open?.kind === "password" && (
        <ConfirmDialog
          title={t("permissions.user.newPassword")}
          body={t(
            open.user.id === session.userId
              ? "permissions.user.newPasswordOwn"
              : "permissions.user.newPasswordBody",
            { name: userName(open.user) },
          )}
          action={t("permissions.user.makePassword")}
          onConfirm={() => makePassword(open.user.id ?? "", userName(open.user))}
          onClose={close("password")}
        />
      )}
      {open?.kind === "delete" && (
        <ConfirmDialog
          title={t("permissions.user.delete")}
          body={t(
            open.user.id === session.userId ? "permissions.user.deleteOwn" : "permissions.user.deleteBody",
            { name: userName(open.user) },
          )}
          action={t("permissions.delete")}
          onConfirm={async () => {
            const path = { userId: open.user.id ?? "" };
            await answer(api.DELETE("/users/{userId}", { params: { path } }));
            await changed(open.user);
          }}
          onClose={close("delete")}
        />
      )}
      {open?.kind === "made" && (
        <SecretDialog
          title={t("permissions.password.made")}
          parts={[{ label: t("permissions.password.of", { name: open.name }), text: open.password }]}
          body={t("permissions.password.body")}
          onClose={close("made")}
        />
      )}
    </>
  );
}
