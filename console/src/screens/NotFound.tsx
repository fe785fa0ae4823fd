import { MapRegular } from "@fluentui/react-icons";
import { useLocation } from "@tanstack/react-router";
import { AppLink } from "../components/AppLink";
import { EmptyState } from "../components/EmptyState";
import { Page } from "../components/Page";
import { PageHeader } from "../components/PageHeader";
import { useTexts } from "../texts/texts";

export function NotFound() {
  const { t } = useTexts();
  const { pathname } = useLocation();
  return (
    <Page filling>
      <PageHeader title={t("notFound.title")} />
      <EmptyState
        icon={MapRegular}
        body={t("notFound.body", { path: pathname })}
        actions={<AppLink to="/jobs">{t("notFound.toJobs")}</AppLink>}
      />
    </Page>
  );
}
