import { GroupListRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { answer, api } from "../../api/client";
import { organizationsQuery, templatesQuery } from "../../api/lists";
import { pageOf, pageQuery } from "../../api/pages";
import { EmptyState } from "../../components/EmptyState";
import { DataGrid } from "../../grid/DataGrid";
import { pagedSource } from "../../grid/paged";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { deviceColumns } from "../devices/columns";
import type { Device } from "../devices/search";

/** Who is in the group as it is saved. */
export function GroupMembers({ groupId }: { groupId: string }) {
  const { t } = useTexts();
  const may = useMay();
  const { data: templates = [] } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  const { data: organizations = [] } = useQuery({
    ...organizationsQuery,
    enabled: may("viewOrganizations"),
  });
  const source = useMemo(
    () =>
      pagedSource<Device>(["deviceGroups", groupId, "devices"], async (token, limit, signal) =>
        pageOf(
          await answer(
            api.GET("/deviceGroups/{deviceGroupId}/devices", {
              params: { path: { deviceGroupId: groupId }, query: pageQuery(token, limit) },
              signal,
            }),
          ),
        ),
      ),
    [groupId],
  );
  const columns = useMemo(
    () => deviceColumns(t, templates, organizations).map((column) => ({ ...column, sortable: false })),
    [t, templates, organizations],
  );
  return (
    <DataGrid
      name="groupMembers"
      label={t("groups.view.devices")}
      source={source}
      columns={columns}
      rowId={({ id }) => id}
      rowName={({ displayName }) => displayName}
      empty={
        <EmptyState
          icon={GroupListRegular}
          title={t("groups.members.none")}
          body={t("groups.members.none.body")}
        />
      }
    />
  );
}
