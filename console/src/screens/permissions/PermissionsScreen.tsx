import { Tab, TabList } from "@fluentui/react-components";
import { WrenchRegular } from "@fluentui/react-icons";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useTexts } from "../../texts/texts";

const route = getRouteApi("/shell/permissions/$section");

export function PermissionsScreen() {
  const { t } = useTexts();
  const { section } = route.useParams();
  const navigate = useNavigate();
  return (
    <Page filling>
      <PageHeader title={t("nav.permissions")} />
      <TabList
        selectedValue={section}
        onTabSelect={(_, { value }) =>
          void navigate({ to: "/permissions/$section", params: { section: String(value) } })
        }
      >
        <Tab value="users">{t("permissions.users")}</Tab>
        <Tab value="roles">{t("permissions.roles")}</Tab>
        <Tab value="organizations">{t("permissions.organizations")}</Tab>
        <Tab value="tokens">{t("permissions.tokens")}</Tab>
      </TabList>
      <EmptyState icon={WrenchRegular} title={t("screen.toCome.title")} body={t("screen.toCome.body")} />
    </Page>
  );
}
