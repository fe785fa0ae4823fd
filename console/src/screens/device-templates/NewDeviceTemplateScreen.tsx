import { Spinner } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useTexts } from "../../texts/texts";
import { editable, nextVersion } from "./document";
import { NewTemplate } from "./NewTemplate";
import { templateTextQuery } from "./queries";

const route = getRouteApi("/shell/device-templates/definitions/create");

/** A template that is not there yet: an empty one, one out of a file, or the next version of another. */
export function NewDeviceTemplateScreen() {
  const { t } = useTexts();
  const { version, from } = route.useSearch();
  const { data: text, error } = useQuery({
    ...templateTextQuery(version ?? ""),
    enabled: version !== undefined,
  });
  const trail = [<AppLink to="/device-templates">{t("nav.deviceTemplates")}</AppLink>];
  if (version === undefined) return <NewTemplate trail={trail} fromFile={from === "file"} />;
  if (text !== undefined)
    return (
      <NewTemplate trail={trail} initial={{ id: nextVersion(version), name: "", text: editable(text) }} />
    );
  return (
    <Page>
      <PageHeader title={t("templates.new")} trail={trail} />
      {error ? <ErrorState error={error} /> : <Spinner />}
    </Page>
  );
}
