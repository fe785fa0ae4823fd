import { Button, makeStyles, Select, tokens } from "@fluentui/react-components";
import { AddRegular, ArrowDownloadRegular, ArrowUploadRegular, SearchRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo, useState } from "react";
import { addressOf, answer, api } from "../../api/client";
import { organizationsQuery, templateName, templatesQuery } from "../../api/lists";
import { pageOf, pageQuery } from "../../api/pages";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { Picker } from "../../components/Picker";
import { SearchField } from "../../components/SearchField";
import { DataGrid } from "../../grid/DataGrid";
import { pagedSource } from "../../grid/paged";
import { NOTHING, type Selection } from "../../grid/selection";
import { GuardedButton } from "../../session/Guarded";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { STATUS_TEXTS } from "./badges";
import { BulkBar } from "./BulkBar";
import { deviceColumns } from "./columns";
import { FirstDevice } from "./FirstDevice";
import { ImportDialog } from "./ImportDialog";
import { NewDeviceDialog } from "./NewDeviceDialog";
import {
  DEVICE_STATUSES,
  devicesQuery,
  isNarrowed,
  UNASSIGNED,
  type Device,
  type DevicesSearch,
} from "./search";
import { TemplatePane } from "./TemplatePane";

const route = getRouteApi("/shell/devices");

/** How often what is in view is read again, in ms. */
const REFRESH = 15_000;

const useStyles = makeStyles({
  body: {
    display: "grid",
    gridTemplateColumns: "minmax(160px, 200px) minmax(0, 1fr)",
    gap: tokens.spacingHorizontalL,
    flexGrow: 1,
    minHeight: 0,
    "@media (max-width: 1023px)": { gridTemplateColumns: "minmax(0, 1fr)" },
  },
  list: {
    display: "flex",
    flexDirection: "column",
    minWidth: 0,
    minHeight: 0,
    rowGap: tokens.spacingVerticalS,
  },
  filters: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalS, alignItems: "center" },
  narrowOnly: { "@media (min-width: 1024px)": { display: "none" } },
});

export function DevicesScreen() {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const navigate = useNavigate({ from: "/devices" });
  const search = route.useSearch();
  const { data: templates = [] } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  const { data: organizations = [] } = useQuery({
    ...organizationsQuery,
    enabled: may("viewOrganizations"),
  });
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [open, setOpen] = useState<"new" | "import">();

  const list = JSON.stringify(search);
  // Another list: what was chosen in the one before is not in sight any more.
  const [chosenIn, setChosenIn] = useState(list);
  if (chosenIn !== list) {
    setChosenIn(list);
    setSelection(NOTHING);
  }
  const source = useMemo(() => {
    const query = devicesQuery(JSON.parse(list) as DevicesSearch);
    return pagedSource<Device>(
      ["devices", query],
      async (token, limit, signal) =>
        pageOf(
          await answer(
            api.GET("/devices", { params: { query: { ...query, ...pageQuery(token, limit) } }, signal }),
          ),
        ),
      REFRESH,
    );
  }, [list]);

  const columns = useMemo(() => deviceColumns(t, templates, organizations), [t, templates, organizations]);
  const change = useCallback(
    (part: { readonly [Key in keyof DevicesSearch]: DevicesSearch[Key] | undefined }) =>
      void navigate({
        search: (before: DevicesSearch) => ({ ...before, ...part }) as DevicesSearch,
        replace: true,
      }),
    [navigate],
  );
  const onSearch = useCallback((q: string) => change({ q: q || undefined }), [change]);

  const exported = addressOf("/deviceExport", devicesQuery(search));
  return (
    <Page filling>
      <PageHeader
        title={t("nav.devices")}
        actions={
          <>
            <GuardedButton
              needs="manageDevices"
              appearance="primary"
              icon={<AddRegular />}
              onClick={() => setOpen("new")}
            >
              {t("devices.new")}
            </GuardedButton>
            <GuardedButton
              needs="manageDevices"
              icon={<ArrowUploadRegular />}
              onClick={() => setOpen("import")}
            >
              {t("devices.import")}
            </GuardedButton>
            <Button as="a" href={exported} download="" icon={<ArrowDownloadRegular />}>
              {t("devices.export")}
            </Button>
          </>
        }
      />
      <div className={styles.body}>
        <TemplatePane templates={templates} search={search} />
        <div className={styles.list}>
          <div className={styles.filters}>
            <SearchField label={t("devices.search")} value={search.q ?? ""} onSearch={onSearch} />
            <Select
              className={styles.narrowOnly}
              aria-label={t("devices.template")}
              value={search.template ?? ""}
              onChange={(_, { value }) => change({ template: value || undefined })}
            >
              <option value="">{t("devices.all")}</option>
              <option value={UNASSIGNED}>{t("devices.unassigned")}</option>
              {templates.map((template) => (
                <option key={template["@id"]} value={template["@id"]}>
                  {templateName(template)}
                </option>
              ))}
            </Select>
            <Select
              aria-label={t("devices.status")}
              value={search.status ?? ""}
              onChange={(_, { value }) =>
                change({ status: DEVICE_STATUSES.find((status) => status === value) })
              }
            >
              <option value="">{t("devices.status.any")}</option>
              {DEVICE_STATUSES.map((status) => (
                <option key={status} value={status}>
                  {t(STATUS_TEXTS[status])}
                </option>
              ))}
            </Select>
            <Select
              aria-label={t("devices.connection")}
              value={search.connected ?? ""}
              onChange={(_, { value }) =>
                change({ connected: value === "true" || value === "false" ? value : undefined })
              }
            >
              <option value="">{t("devices.connection.any")}</option>
              <option value="true">{t("devices.connected")}</option>
              <option value="false">{t("devices.disconnected")}</option>
            </Select>
            {organizations.length > 0 && (
              <Picker
                bare
                clearable
                label={t("devices.organization")}
                placeholder={t("devices.organization")}
                value={search.organization ?? ""}
                options={organizations.map(({ id, displayName }) => ({ value: id ?? "", text: displayName }))}
                onChange={(organization) => change({ organization: organization || undefined })}
              />
            )}
            {isNarrowed(search) && (
              <Button
                appearance="transparent"
                onClick={() =>
                  change({
                    q: undefined,
                    template: undefined,
                    status: undefined,
                    connected: undefined,
                    organization: undefined,
                  })
                }
              >
                {t("devices.clearFilters")}
              </Button>
            )}
          </div>
          <BulkBar selection={selection} search={search} onDone={() => setSelection(NOTHING)} />
          <DataGrid
            name="devices"
            label={t("nav.devices")}
            source={source}
            columns={columns}
            rowId={({ id }) => id}
            rowName={({ displayName }) => displayName}
            selection={selection}
            onSelection={setSelection}
            {...(search.sort && {
              sort: { by: "name", descending: search.sort === "-name" },
            })}
            onSort={({ descending }) => change({ sort: descending ? "-name" : "name" })}
            empty={
              isNarrowed(search) ? (
                <EmptyState
                  icon={SearchRegular}
                  title={t("devices.noMatch.title")}
                  body={t("devices.noMatch.body")}
                />
              ) : (
                <FirstDevice onNew={() => setOpen("new")} onImport={() => setOpen("import")} />
              )
            }
          />
        </div>
      </div>
      {open === "new" && (
        <NewDeviceDialog
          template={search.template === UNASSIGNED ? undefined : search.template}
          onClose={() => setOpen(undefined)}
        />
      )}
      {open === "import" && (
        <ImportDialog
          template={search.template === UNASSIGNED ? undefined : search.template}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Page>
  );
}
