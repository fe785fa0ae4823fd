import { Text } from "@fluentui/react-components";
import { AddRegular, GroupListRegular, SearchRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import {
  groupsQuery,
  organizationsQuery,
  templateName,
  templatesQuery,
  type DeviceGroup,
} from "../../api/lists";
import { AppLink } from "../../components/AppLink";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { SearchField } from "../../components/SearchField";
import { StatusBadge } from "../../components/StatusBadge";
import { capabilitiesOf } from "../../dtdl/model";
import type { GridColumn } from "../../grid/column";
import { DataGrid } from "../../grid/DataGrid";
import { localSource } from "../../grid/local";
import { GuardedButton } from "../../session/Guarded";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { brokenBy } from "./draft";
import { readFilter } from "./filter";

const route = getRouteApi("/shell/device-groups");

const NONE: readonly DeviceGroup[] = [];

/** All device groups; one whose filter names what is gone is marked. */
export function DeviceGroupsScreen() {
  const { t, language } = useTexts();
  const may = useMay();
  const navigate = useNavigate({ from: "/device-groups" });
  const { q = "", sort } = route.useSearch();
  const { data: groups, error, refetch } = useQuery(groupsQuery);
  const { data: templates } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  const { data: organizations } = useQuery({ ...organizationsQuery, enabled: may("viewOrganizations") });

  const shown = useMemo(() => {
    const wanted = q.toLocaleLowerCase();
    const order = new Intl.Collator(language, { numeric: true });
    const found = (groups ?? NONE).filter(({ id, displayName, description }) =>
      [id, displayName, description ?? ""].some((text) => text.toLocaleLowerCase().includes(wanted)),
    );
    const sign = sort === "-name" ? -1 : 1;
    return found.sort((a, b) => sign * order.compare(a.displayName, b.displayName));
  }, [groups, q, sort, language]);
  const source = useMemo(() => localSource("deviceGroups", shown), [shown]);

  const columns = useMemo<readonly GridColumn<DeviceGroup>[]>(() => {
    const capabilities = new Map(
      (templates ?? []).map((one) => [one["@id"] ?? "", capabilitiesOf(one.capabilityModel, language)]),
    );
    const templateNames = new Map((templates ?? []).map((one) => [one["@id"] ?? "", templateName(one)]));
    const organizationNames = new Map((organizations ?? []).map((one) => [one.id, one.displayName]));
    return [
      {
        id: "name",
        header: t("groups.name"),
        width: 220,
        grows: true,
        fixed: true,
        sortable: true,
        cell: ({ id, displayName }) => (
          <AppLink to="/device-groups/$groupId" params={{ groupId: id }} tabIndex={-1}>
            {displayName}
          </AppLink>
        ),
      },
      {
        id: "state",
        header: t("groups.state"),
        width: 260,
        cell: ({ filter: text }) => {
          const filter = readFilter(text);
          const broken = templates && filter && brokenBy(filter, capabilities);
          if (!broken) return <span />;
          return (
            <StatusBadge
              tone="danger"
              text={
                "template" in broken
                  ? t("groups.broken.template")
                  : t("groups.broken.property", { property: broken.property })
              }
            />
          );
        },
      },
      {
        id: "template",
        header: t("devices.template"),
        width: 180,
        grows: true,
        cell: ({ filter }) => {
          const template = readFilter(filter)?.template;
          return <span>{template === undefined ? "" : (templateNames.get(template) ?? template)}</span>;
        },
      },
      {
        id: "description",
        header: t("groups.description"),
        width: 200,
        grows: true,
        cell: ({ description }) => <span>{description ?? ""}</span>,
      },
      {
        id: "organization",
        header: t("devices.organization"),
        width: 140,
        hidden: true,
        cell: ({ organizations: of }) => (
          <span>{of?.[0] ? (organizationNames.get(of[0]) ?? of[0]) : ""}</span>
        ),
      },
      {
        id: "filter",
        header: t("groups.filter"),
        width: 320,
        hidden: true,
        cell: ({ filter }) => <span>{filter}</span>,
      },
    ];
  }, [t, language, templates, organizations]);

  const onSearch = useCallback(
    (next: string) =>
      void navigate({
        search: (before) => ({ ...before, q: next || undefined }) as typeof before,
        replace: true,
      }),
    [navigate],
  );
  const create = (
    <GuardedButton
      needs="manageGroups"
      appearance="primary"
      icon={<AddRegular />}
      onClick={() => void navigate({ to: "/device-groups/definitions/create" })}
    >
      {t("groups.new")}
    </GuardedButton>
  );

  return (
    <Page filling>
      <PageHeader title={t("nav.deviceGroups")} about={t("groups.about")} actions={create} />
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : groups?.length === 0 ? (
        <EmptyState
          icon={GroupListRegular}
          title={t("groups.none.title")}
          body={t("groups.none.body")}
          actions={create}
        />
      ) : groups ? (
        <DataGrid
          name="deviceGroups"
          label={t("nav.deviceGroups")}
          source={source}
          columns={columns}
          rowId={({ id }) => id}
          rowName={({ displayName }) => displayName}
          sort={{ by: "name", descending: sort === "-name" }}
          onSort={({ descending }) =>
            void navigate({
              search: (before) => ({ ...before, sort: descending ? "-name" : undefined }) as typeof before,
              replace: true,
            })
          }
          tools={<SearchField label={t("groups.search")} value={q} onSearch={onSearch} />}
          empty={
            <EmptyState icon={SearchRegular} title={t("groups.noMatch")} body={t("groups.noMatch.body")} />
          }
        />
      ) : (
        <Text>{t("devices.reading")}</Text>
      )}
    </Page>
  );
}
