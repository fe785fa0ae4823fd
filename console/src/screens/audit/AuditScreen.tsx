import {
  Button,
  Menu,
  MenuButton,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { ArrowDownloadRegular, HistoryRegular } from "@fluentui/react-icons";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useCallback, useMemo } from "react";
import { addressOf, answer, api, type Schemas } from "../../api/client";
import { pageOf, pageQuery } from "../../api/pages";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { DataGrid } from "../../grid/DataGrid";
import { pagedSource } from "../../grid/paged";
import { useTexts } from "../../texts/texts";
import { AuditFilters } from "./AuditFilters";
import { auditColumns } from "./columns";
import { auditQuery, changed, isNarrowed, type AuditPart, type AuditSearch } from "./search";

const route = getRouteApi("/shell/audit");

/** How often what is in view is read again, in ms. */
const REFRESH = 15_000;

export function AuditScreen() {
  const { t } = useTexts();
  const search = route.useSearch();
  const navigate = useNavigate({ from: "/audit" });
  const change = useCallback(
    (part: AuditPart) =>
      void navigate({ search: (before: AuditSearch) => changed(before, part), replace: true }),
    [navigate],
  );
  const list = JSON.stringify(search);
  const source = useMemo(() => {
    const search = JSON.parse(list) as AuditSearch;
    return pagedSource<Schemas["AuditEntry"]>(
      ["audit", search],
      async (token, limit, signal) => {
        const query = { ...auditQuery(search, new Date()), ...pageQuery(token, limit) };
        return pageOf(await answer(api.GET("/audit", { params: { query }, signal })));
      },
      REFRESH,
    );
  }, [list]);
  const columns = useMemo(() => auditColumns(t), [t]);
  const download = (format: "csv" | "ndjson") => {
    // Made when it is asked for, so that "the last hour" is the one before now.
    const link = document.createElement("a");
    link.href = addressOf("/auditExport", { format, ...auditQuery(search, new Date()) });
    link.download = `audit.${format}`;
    link.click();
  };

  return (
    <Page filling>
      <PageHeader
        title={t("nav.audit")}
        about={t("audit.about")}
        actions={
          <Menu>
            <MenuTrigger disableButtonEnhancement>
              <MenuButton icon={<ArrowDownloadRegular />}>{t("audit.export")}</MenuButton>
            </MenuTrigger>
            <MenuPopover>
              <MenuList>
                <MenuItem onClick={() => download("csv")}>{t("audit.export.csv")}</MenuItem>
                <MenuItem onClick={() => download("ndjson")}>{t("audit.export.ndjson")}</MenuItem>
              </MenuList>
            </MenuPopover>
          </Menu>
        }
      />
      <AuditFilters search={search} onChange={change} />
      <DataGrid
        name="audit"
        label={t("nav.audit")}
        source={source}
        columns={columns}
        rowId={({ number }) => String(number)}
        rowName={({ number }) => String(number)}
        empty={
          <EmptyState
            icon={HistoryRegular}
            title={t(isNarrowed(search) ? "audit.nothingFound" : "audit.empty")}
            body={t(isNarrowed(search) ? "audit.nothingFoundBody" : "audit.emptyBody")}
            actions={
              isNarrowed(search) && (
                <Button onClick={() => void navigate({ search: {} })}>{t("audit.clear")}</Button>
              )
            }
          />
        }
      />
    </Page>
  );
}
