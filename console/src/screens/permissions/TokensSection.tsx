import { Button } from "@fluentui/react-components";
import { AddRegular, DeleteRegular, KeyRegular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { organizationsQuery } from "../../api/lists";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { EmptyState } from "../../components/EmptyState";
import { SearchField } from "../../components/SearchField";
import { StatusBadge, type Tone } from "../../components/StatusBadge";
import { TimeText } from "../../components/TimeText";
import { DataGrid } from "../../grid/DataGrid";
import type { GridColumn } from "../../grid/column";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import {
  narrowed,
  rolesQuery,
  sayRoles,
  sortOf,
  sortText,
  TOKENS_KEY,
  tokensQuery,
  wholeSource,
  type ApiToken,
} from "./access";
import { exampleCall, stateOf, type TokenState } from "./expiry";
import { NewTokenDialog } from "./NewTokenDialog";
import { RowMenu } from "./RowMenu";
import { SecretDialog } from "./SecretDialog";
import { SectionBar } from "./SectionBar";
import { usePermissionsSearch } from "./usePermissionsSearch";

type Open =
  | { readonly kind: "new" }
  | { readonly kind: "revoke"; readonly id: string }
  | { readonly kind: "made"; readonly token: ApiToken };

const STATES: Record<TokenState, { tone: Tone; text: TextKey & `permissions.token.${TokenState}` }> = {
  valid: { tone: "success", text: "permissions.token.valid" },
  soon: { tone: "warning", text: "permissions.token.soon" },
  ended: { tone: "canceled", text: "permissions.token.ended" },
};

export function TokensSection() {
  const { t } = useTexts();
  const queries = useQueryClient();
  const { search, change, onSearch } = usePermissionsSearch();
  const { data: roles } = useQuery(rolesQuery);
  const { data: organizations } = useQuery(organizationsQuery);
  const [open, setOpen] = useState<Open>();
  // A dialog that ended may have opened the next one.
  const close = (kind: Open["kind"]) => () => setOpen((now) => (now?.kind === kind ? undefined : now));
  const changed = () => queries.invalidateQueries({ queryKey: TOKENS_KEY });

  const cellsOf = useMemo(
    () => (token: ApiToken) => ({
      name: token.id ?? "",
      roles: sayRoles(token.roles, roles ?? [], organizations ?? []),
      expiry: token.expiry ?? "",
    }),
    [roles, organizations],
  );
  const { q, sort } = search;
  const source = useMemo(
    () =>
      wholeSource(
        [...TOKENS_KEY, { q, sort, roles: roles?.length, organizations: organizations?.length }],
        async () => narrowed(await queries.query({ ...tokensQuery, staleTime: 1_000 }), q, sort, cellsOf),
      ),
    [queries, q, sort, roles, organizations, cellsOf],
  );
  const columns = useMemo<readonly GridColumn<ApiToken>[]>(
    () => [
      {
        id: "name",
        header: t("permissions.token.name"),
        width: 180,
        grows: true,
        fixed: true,
        sortable: true,
        cell: ({ id }) => <span>{id}</span>,
      },
      {
        id: "state",
        header: t("permissions.token.state"),
        width: 130,
        cell: ({ expiry }) => {
          const { tone, text } = STATES[stateOf(expiry, new Date())];
          return <StatusBadge tone={tone} text={t(text)} />;
        },
      },
      {
        id: "roles",
        header: t("permissions.roles"),
        width: 240,
        grows: true,
        sortable: true,
        cell: (token) => {
          const text = cellsOf(token).roles;
          return <span title={text}>{text}</span>;
        },
      },
      {
        id: "expiry",
        header: t("permissions.token.expiry"),
        width: 200,
        sortable: true,
        cell: ({ expiry }) => (expiry ? <TimeText time={expiry} /> : null),
      },
      {
        id: "actions",
        header: t("permissions.actions"),
        width: 90,
        cell: ({ id = "" }) => (
          <RowMenu
            label={t("permissions.actionsOf", { name: id })}
            actions={[
              {
                text: t("permissions.token.revoke"),
                icon: <DeleteRegular />,
                onClick: () => setOpen({ kind: "revoke", id }),
              },
            ]}
          />
        ),
      },
    ],
    [t, cellsOf],
  );

  const newButton = (
    <Button appearance="primary" icon={<AddRegular />} onClick={() => setOpen({ kind: "new" })}>
      {t("permissions.token.new")}
    </Button>
  );
  return (
    <>
      <SectionBar>
        {newButton}
        <SearchField label={t("permissions.search")} value={q ?? ""} onSearch={onSearch} />
      </SectionBar>
      <DataGrid
        name="permissions.tokens"
        label={t("permissions.tokens")}
        source={source}
        columns={columns}
        rowId={({ id }) => id ?? ""}
        rowName={({ id }) => id ?? ""}
        {...(sort !== undefined && { sort: sortOf(sort) })}
        onSort={(wished) => change({ sort: sortText(wished) })}
        empty={
          <EmptyState
            icon={KeyRegular}
            title={t(q === undefined ? "permissions.token.empty" : "permissions.nothingFound")}
            body={t(q === undefined ? "permissions.token.emptyBody" : "permissions.nothingFoundBody")}
          />
        }
      />
      {open?.kind === "new" && (
        <NewTokenDialog
          onMade={async (token) => {
            setOpen({ kind: "made", token });
            await changed();
          }}
          onClose={close("new")}
        />
      )}
      {open?.kind === "made" && (
        <SecretDialog
          title={t("permissions.token.made")}
          parts={[
            { label: t("permissions.token.text"), text: open.token.token ?? "" },
            {
              label: t("permissions.token.example"),
              text: exampleCall(location.origin, open.token.token ?? "", "devices"),
            },
          ]}
          body={t("permissions.token.body")}
          onClose={close("made")}
        />
      )}
      {open?.kind === "revoke" && (
        <ConfirmDialog
          title={t("permissions.token.revoke")}
          body={t("permissions.token.revokeBody", { name: open.id })}
          action={t("permissions.token.revoke")}
          onConfirm={async () => {
            await answer(api.DELETE("/apiTokens/{tokenId}", { params: { path: { tokenId: open.id } } }));
            await changed();
          }}
          onClose={close("revoke")}
        />
      )}
    </>
  );
}
