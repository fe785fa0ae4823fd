import { Skeleton, SkeletonItem } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useTexts } from "../../texts/texts";
import { templateTextQuery } from "./queries";
import { TemplateEditor } from "./TemplateEditor";

const route = getRouteApi("/shell/device-templates/$templateId");

export function DeviceTemplateScreen() {
  const { t } = useTexts();
  const { templateId } = route.useParams();
  const { view = "capabilities" } = route.useSearch();
  const { data: text, error, refetch } = useQuery(templateTextQuery(templateId));
  const trail = [<AppLink to="/device-templates">{t("nav.deviceTemplates")}</AppLink>];
  // Another text is another template to begin from: it was published, here or elsewhere.
  if (text !== undefined)
    return <TemplateEditor key={text} templateId={templateId} published={text} view={view} trail={trail} />;
  return (
    <Page>
      <PageHeader title={templateId} trail={trail} />
      {error ? (
        <ErrorState error={error} onRetry={() => void refetch()} />
      ) : (
        <Skeleton aria-label={t("devices.reading")}>
          <SkeletonItem size={128} />
        </Skeleton>
      )}
    </Page>
  );
}
