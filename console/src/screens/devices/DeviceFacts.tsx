import { makeStyles } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { organizationsQuery, templateName, templatesQuery } from "../../api/lists";
import { AppLink } from "../../components/AppLink";
import { CopyButton } from "../../components/CopyButton";
import { Facts } from "../../components/Facts";
import { TimeText } from "../../components/TimeText";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import type { Device } from "./search";

const useStyles = makeStyles({ id: { display: "flex", alignItems: "center" } });

/** What a device is and where it belongs. */
export function DeviceFacts({ device }: { device: Device }) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const { data: templates = [] } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  const { data: organizations = [] } = useQuery({
    ...organizationsQuery,
    enabled: may("viewOrganizations"),
  });
  const template = templates.find((one) => one["@id"] === device.template);
  const [organization] = device.organizations ?? [];
  const { lastActivity, connectionChanged, connected } = device;
  return (
    <Facts
      facts={[
        {
          name: t("devices.id"),
          value: (
            <span className={styles.id}>
              {device.id}
              <CopyButton text={device.id} what={t("devices.id")} />
            </span>
          ),
        },
        {
          name: t("devices.template"),
          value: device.template ? (
            <AppLink to="/device-templates/$templateId" params={{ templateId: device.template }}>
              {template ? templateName(template) : device.template}
            </AppLink>
          ) : (
            t("devices.unassigned")
          ),
        },
        {
          name: t("devices.organization"),
          value: organization
            ? (organizations.find(({ id }) => id === organization)?.displayName ?? organization)
            : t("devices.organization.root"),
        },
        {
          name: t("devices.lastSeen"),
          value: lastActivity ? <TimeText time={lastActivity} relative /> : t("devices.never"),
        },
        ...(connectionChanged
          ? [
              {
                name: t(connected ? "devices.connectedSince" : "devices.disconnectedSince"),
                value: <TimeText time={connectionChanged} relative />,
              },
            ]
          : []),
        ...(device.simulated ? [{ name: t("devices.simulated"), value: t("devices.yes") }] : []),
      ]}
    />
  );
}
