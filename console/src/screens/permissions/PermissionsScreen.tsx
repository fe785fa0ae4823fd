import { makeStyles, Tab, TabList } from "@fluentui/react-components";
import { ShieldLockRegular } from "@fluentui/react-icons";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { EmptyState } from "../../components/EmptyState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { OrganizationsSection } from "./OrganizationsSection";
import { RolesSection } from "./RolesSection";
import { SECTIONS, type Section } from "./search";
import { TokensSection } from "./TokensSection";
import { UsersSection } from "./UsersSection";

const route = getRouteApi("/shell/permissions/$section");

const useStyles = makeStyles({
  tabs: { flexShrink: 0, overflowX: "auto", marginLeft: "-10px" },
});

const CONTENT: Record<Section, ReactElement> = {
  users: <UsersSection key="users" />,
  roles: <RolesSection key="roles" />,
  organizations: <OrganizationsSection key="organizations" />,
  tokens: <TokensSection key="tokens" />,
};

export function PermissionsScreen() {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const { section } = route.useParams();
  const navigate = useNavigate();
  const shown = SECTIONS.filter(({ needs }) => may(needs));
  const current = shown.find(({ id }) => id === section);
  return (
    <Page filling>
      <PageHeader title={t("nav.permissions")} />
      <TabList
        className={styles.tabs}
        selectedValue={section}
        onTabSelect={(_, { value }) =>
          void navigate({ to: "/permissions/$section", params: { section: String(value) } })
        }
      >
        {shown.map(({ id, text }) => (
          <Tab key={id} value={id}>
            {t(text)}
          </Tab>
        ))}
      </TabList>
      {current ? (
        CONTENT[current.id]
      ) : (
        <EmptyState
          icon={ShieldLockRegular}
          title={t("permissions.mayNot")}
          body={t("error.advice.forbidden")}
        />
      )}
    </Page>
  );
}
