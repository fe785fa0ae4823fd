import { AddRegular, ArrowUploadRegular, DocumentTableRegular, SearchRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { templateName, templatesQuery, type DeviceTemplate } from "../../api/lists";
import { AppLink } from "../../components/AppLink";
import { EmptyState } from "../../components/EmptyState";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { SearchField } from "../../components/SearchField";
import { capabilitiesOf, type Capability } from "../../dtdl/model";
import type { GridColumn } from "../../grid/column";
import { DataGrid } from "../../grid/DataGrid";
import { localSource } from "../../grid/local";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";

const route = getRouteApi("/shell/device-templates");

interface Row {
  readonly id: string;
  readonly name: string;
  readonly description: string;
  readonly capabilities: readonly Capability[];
}

const NONE: readonly DeviceTemplate[] = [];

/** All device templates and how much they describe. */
export function DeviceTemplatesScreen() {
  const { t, formats, language } = useTexts();
  const navigate = useNavigate({ from: "/device-templates" });
  const { q = "", sort } = route.useSearch();
  const { data: templates, error, refetch } = useQuery(templatesQuery);

  const rows = useMemo(
    () =>
      (templates ?? NONE).map((template): Row => ({
        id: template["@id"] ?? "",
        name: templateName(template),
        description: template.description ?? "",
        capabilities: capabilitiesOf(template.capabilityModel, language),
      })),
    [templates, language],
  );
  const shown = useMemo(() => {
    const wanted = q.toLocaleLowerCase();
    const order = new Intl.Collator(language, { numeric: true });
    const sign = sort === "-name" ? -1 : 1;
    return rows
      .filter(({ id, name, description }) =>
        [id, name, description].some((text) => text.toLocaleLowerCase().includes(wanted)),
      )
      .sort((a, b) => sign * order.compare(a.name, b.name) || order.compare(a.id, b.id));
  }, [rows, q, sort, language]);
  const source = useMemo(() => localSource("deviceTemplates", shown), [shown]);

  const columns = useMemo<readonly GridColumn<Row>[]>(() => {
    const counted = (id: string, header: string, kinds: readonly Capability["kind"][]): GridColumn<Row> => ({
      id,
      header,
      width: 130,
      numeric: true,
      cell: ({ capabilities }) => (
        <span>{formats.number(capabilities.filter(({ kind }) => kinds.includes(kind)).length)}</span>
      ),
    });
    return [
      {
        id: "name",
        header: t("templates.name"),
        width: 220,
        grows: true,
        fixed: true,
        sortable: true,
        cell: ({ id, name }) => (
          <AppLink to="/device-templates/$templateId" params={{ templateId: id }} tabIndex={-1}>
            {name}
          </AppLink>
        ),
      },
      { id: "id", header: t("templates.id"), width: 220, grows: true, cell: ({ id }) => <span>{id}</span> },
      counted("properties", t("templates.properties"), ["property", "readOnlyProperty"]),
      counted("cloud", t("templates.cloudProperties"), ["cloudProperty"]),
      counted("commands", t("templates.commands"), ["command"]),
      {
        id: "devices",
        header: t("nav.devices"),
        width: 120,
        cell: ({ id }) => (
          <AppLink to="/devices" search={{ template: id }} tabIndex={-1}>
            {t("templates.showDevices")}
          </AppLink>
        ),
      },
      {
        id: "description",
        header: t("groups.description"),
        width: 220,
        grows: true,
        hidden: true,
        cell: ({ description }) => <span>{description}</span>,
      },
    ];
  }, [t, formats]);

  const onSearch = useCallback(
    (next: string) =>
      void navigate({
        search: (before) => ({ ...before, q: next || undefined }) as typeof before,
        replace: true,
      }),
    [navigate],
  );
  const actions = (
    <>
      <GuardedButton
        needs="manageTemplates"
        appearance="primary"
        icon={<AddRegular />}
        onClick={() => void navigate({ to: "/device-templates/definitions/create" })}
      >
        {t("templates.new")}
      </GuardedButton>
      <GuardedButton
        needs="manageTemplates"
        icon={<ArrowUploadRegular />}
        onClick={() =>
          void navigate({ to: "/device-templates/definitions/create", search: { from: "file" } })
        }
      >
        {t("templates.import")}
      </GuardedButton>
    </>
  );
  return (
    <Page filling>
      <PageHeader title={t("nav.deviceTemplates")} about={t("templates.about")} actions={actions} />
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : templates?.length === 0 ? (
        <EmptyState
          icon={DocumentTableRegular}
          title={t("templates.none.title")}
          body={t("templates.none.body")}
          actions={actions}
        />
      ) : (
        <DataGrid
          name="deviceTemplates"
          label={t("nav.deviceTemplates")}
          source={source}
          columns={columns}
          rowId={({ id }) => id}
          rowName={({ name }) => name}
          sort={{ by: "name", descending: sort === "-name" }}
          onSort={({ descending }) =>
            void navigate({
              search: (before) => ({ ...before, sort: descending ? "-name" : undefined }) as typeof before,
              replace: true,
            })
          }
          tools={<SearchField label={t("templates.search")} value={q} onSearch={onSearch} />}
          empty={
            templates ? (
              <EmptyState
                icon={SearchRegular}
                title={t("templates.noMatch")}
                body={t("groups.noMatch.body")}
              />
            ) : null
          }
        />
      )}
    </Page>
  );
}
