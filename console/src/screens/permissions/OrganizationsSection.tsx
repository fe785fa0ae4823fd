import {
  Button,
  makeStyles,
  Skeleton,
  SkeletonItem,
  Text,
  tokens,
  Tooltip,
  Tree,
  TreeItem,
  TreeItemLayout,
} from "@fluentui/react-components";
import { AddRegular, DeleteRegular, EditRegular, OrganizationRegular } from "@fluentui/react-icons";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import { answer, api } from "../../api/client";
import { organizationsQuery } from "../../api/lists";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { SearchField } from "../../components/SearchField";
import { GuardedButton } from "../../session/Guarded";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { OrganizationDialog } from "./OrganizationDialog";
import { found, idsOf, treeOf, type OrganizationNode } from "./organizationTree";
import { SectionBar } from "./SectionBar";
import { usePermissionsSearch } from "./usePermissionsSearch";

const useStyles = makeStyles({
  tree: {
    padding: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  id: { color: tokens.colorNeutralForeground3, marginLeft: tokens.spacingHorizontalM },
  about: { color: tokens.colorNeutralForeground2, maxWidth: "72ch" },
});

type Open =
  | { readonly kind: "new"; readonly parent?: string }
  | { readonly kind: "edit" | "delete"; readonly node: OrganizationNode };

export function OrganizationsSection() {
  const styles = useStyles();
  const { t } = useTexts();
  const mayManage = useMay()("manageOrganizations");
  const queries = useQueryClient();
  const { search, onSearch } = usePermissionsSearch();
  const { data: organizations, error, refetch } = useQuery(organizationsQuery);
  const [open, setOpen] = useState<Open>();
  /** Branches that were closed; the others are open. */
  const [closed, setClosed] = useState<ReadonlySet<string>>(new Set());
  const close = () => setOpen(undefined);
  const done = () => queries.invalidateQueries({ queryKey: ["organizations"] });

  const { q } = search;
  const nodes = useMemo(() => {
    const tree = treeOf(organizations ?? []);
    return q === undefined ? tree : found(tree, q);
  }, [organizations, q]);

  const branch = (node: OrganizationNode) => (
    <TreeItem key={node.id} value={node.id} itemType={node.children.length > 0 ? "branch" : "leaf"}>
      <TreeItemLayout
        iconBefore={<OrganizationRegular />}
        {...(mayManage && {
          // Also where nothing can be pointed at.
          actions: {
            visible: true,
            children: (
              <>
                <Tooltip
                  content={t("permissions.organization.newBelow", { name: node.name })}
                  relationship="label"
                >
                  <Button
                    appearance="subtle"
                    icon={<AddRegular />}
                    onClick={() => setOpen({ kind: "new", parent: node.id })}
                  />
                </Tooltip>
                <Tooltip
                  content={t("permissions.organization.editOf", { name: node.name })}
                  relationship="label"
                >
                  <Button
                    appearance="subtle"
                    icon={<EditRegular />}
                    onClick={() => setOpen({ kind: "edit", node })}
                  />
                </Tooltip>
                <Tooltip
                  content={t("permissions.organization.deleteOf", { name: node.name })}
                  relationship="label"
                >
                  <Button
                    appearance="subtle"
                    icon={<DeleteRegular />}
                    onClick={() => setOpen({ kind: "delete", node })}
                  />
                </Tooltip>
              </>
            ),
          },
        })}
      >
        {node.name}
        <Text size={200} className={styles.id}>
          {node.id}
        </Text>
      </TreeItemLayout>
      {node.children.length > 0 && <Tree>{node.children.map(branch)}</Tree>}
    </TreeItem>
  );

  const newButton = (
    <GuardedButton
      needs="manageOrganizations"
      appearance="primary"
      icon={<AddRegular />}
      onClick={() => setOpen({ kind: "new" })}
    >
      {t("permissions.organization.new")}
    </GuardedButton>
  );

  return (
    <>
      {error && <ErrorState error={error} onRetry={() => void refetch()} />}
      {!organizations && !error && (
        <Skeleton aria-label={t("permissions.organizations")}>
          <SkeletonItem size={96} />
        </Skeleton>
      )}
      {organizations?.length === 0 && (
        <EmptyState
          icon={OrganizationRegular}
          title={t("permissions.organization.empty")}
          body={t("permissions.organization.about")}
          actions={newButton}
        />
      )}
      {organizations && organizations.length > 0 && (
        <>
          <Text className={styles.about}>{t("permissions.organization.about")}</Text>
          <SectionBar>
            {newButton}
            <SearchField label={t("permissions.search")} value={q ?? ""} onSearch={onSearch} />
          </SectionBar>
          {nodes.length === 0 ? (
            <EmptyState
              icon={OrganizationRegular}
              title={t("permissions.nothingFound")}
              body={t("permissions.nothingFoundBody")}
            />
          ) : (
            <Tree
              className={styles.tree}
              aria-label={t("permissions.organizations")}
              openItems={idsOf(nodes).filter((id) => !closed.has(id))}
              onOpenChange={(_, { value, open }) => {
                const next = new Set(closed);
                if (open) next.delete(String(value));
                else next.add(String(value));
                setClosed(next);
              }}
            >
              {nodes.map(branch)}
            </Tree>
          )}
        </>
      )}
      {open?.kind === "new" && (
        <OrganizationDialog
          parent={open.parent}
          organizations={organizations ?? []}
          onDone={done}
          onClose={close}
        />
      )}
      {open?.kind === "edit" && (
        <OrganizationDialog
          organization={{
            id: open.node.id,
            displayName: open.node.name,
            ...(open.node.parent !== undefined && { parent: open.node.parent }),
          }}
          organizations={organizations ?? []}
          onDone={done}
          onClose={close}
        />
      )}
      {open?.kind === "delete" && (
        <ConfirmDialog
          title={t("permissions.organization.delete")}
          body={t("permissions.organization.deleteBody", { name: open.node.name })}
          action={t("permissions.delete")}
          onConfirm={async () => {
            const path = { organizationId: open.node.id };
            await answer(api.DELETE("/organizations/{organizationId}", { params: { path } }));
            await done();
          }}
          onClose={close}
        />
      )}
    </>
  );
}
