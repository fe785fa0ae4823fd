import { templateName, type DeviceTemplate, type Organization } from "../../api/lists";
import { AppLink } from "../../components/AppLink";
import { TimeText } from "../../components/TimeText";
import type { GridColumn } from "../../grid/column";
import type { Translate } from "../../texts/catalogue";
import { ConnectedBadge, DeviceStatusBadge } from "./badges";
import type { Device } from "./search";

/** The columns of a list of devices. */
export function deviceColumns(
  t: Translate,
  templates: readonly DeviceTemplate[],
  organizations: readonly Organization[],
): readonly GridColumn<Device>[] {
  const templateNames = new Map(templates.map((template) => [template["@id"], templateName(template)]));
  const organizationNames = new Map(organizations.map(({ id, displayName }) => [id, displayName]));
  return [
    {
      id: "name",
      header: t("devices.name"),
      width: 150,
      grows: true,
      fixed: true,
      sortable: true,
      cell: ({ id, displayName }) => (
        <AppLink to="/devices/$deviceId" params={{ deviceId: id }} tabIndex={-1}>
          {displayName}
        </AppLink>
      ),
    },
    { id: "id", header: t("devices.id"), width: 140, grows: true, cell: ({ id }) => <span>{id}</span> },
    {
      id: "status",
      header: t("devices.status"),
      width: 120,
      cell: (device) => <DeviceStatusBadge device={device} />,
    },
    {
      id: "connected",
      header: t("devices.connection"),
      width: 148,
      cell: ({ connected }) => <ConnectedBadge connected={connected} />,
    },
    {
      id: "seen",
      header: t("devices.lastSeen"),
      width: 120,
      cell: ({ lastActivity }) =>
        lastActivity ? <TimeText time={lastActivity} relative /> : <span>{t("devices.never")}</span>,
    },
    {
      id: "template",
      header: t("devices.template"),
      width: 130,
      grows: true,
      cell: ({ template }) => (
        <span>{template ? (templateNames.get(template) ?? template) : t("devices.unassigned")}</span>
      ),
    },
    {
      id: "organization",
      header: t("devices.organization"),
      width: 140,
      hidden: organizations.length === 0,
      cell: ({ organizations: of }) => <span>{of?.[0] ? (organizationNames.get(of[0]) ?? of[0]) : ""}</span>,
    },
    {
      id: "simulated",
      header: t("devices.simulated"),
      width: 100,
      hidden: true,
      cell: ({ simulated }) => <span>{t(simulated ? "devices.yes" : "devices.no")}</span>,
    },
  ];
}
