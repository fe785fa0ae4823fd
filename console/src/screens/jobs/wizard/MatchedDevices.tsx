import { PlugConnectedRegular } from "@fluentui/react-icons";
import { useMemo } from "react";
import type { Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { StatusBadge } from "../../../components/StatusBadge";
import type { GridColumn } from "../../../grid/column";
import { DataGrid } from "../../../grid/DataGrid";
import { localSource } from "../../../grid/local";
import type { RowSource } from "../../../grid/windows";
import { useTexts } from "../../../texts/texts";
import { devicesOf, type JobForm } from "./form";
import { failedSource, membersSource } from "./queries";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

/** A device that the job meets, as far as it is known here. */
export interface MatchedDevice {
  readonly id: string;
  readonly displayName?: string;
  readonly connected?: boolean;
  /** There is no page of it. */
  readonly deleted?: boolean;
}

/** Whom the job would run on if it began now: all of them, as far as one scrolls. */
export function MatchedDevices({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, preview } = wizard;
  const { source, known } = useMatched(form, preview);
  const columns = useMemo<readonly GridColumn<MatchedDevice>[]>(
    () => [
      {
        id: "name",
        header: t("wizard.device.name"),
        width: 110,
        grows: true,
        fixed: true,
        cell: (row) => {
          const { id, displayName, deleted } = known(row);
          return deleted ? (
            <span>{displayName ?? id}</span>
          ) : (
            <AppLink to="/devices/$deviceId" params={{ deviceId: id }} target="_blank" tabIndex={-1}>
              {displayName ?? id}
            </AppLink>
          );
        },
      },
      {
        id: "id",
        header: t("wizard.device.id"),
        width: 105,
        grows: true,
        cell: ({ id }) => <span>{id}</span>,
      },
      {
        id: "connected",
        header: t("wizard.device.connection"),
        width: 145,
        cell: (row) => {
          const { connected, deleted } = known(row);
          return deleted ? (
            <span>{t("wizard.device.deleted")}</span>
          ) : connected === undefined ? null : (
            <StatusBadge
              tone={connected ? "success" : "waiting"}
              text={t(connected ? "wizard.device.connected" : "wizard.device.disconnected")}
            />
          );
        },
      },
    ],
    [t, known],
  );
  return (
    <div className={styles.devices}>
      <DataGrid
        name="wizard.matched"
        label={t("wizard.devices")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={(row) => known(row).displayName ?? row.id}
        empty={<EmptyState icon={PlugConnectedRegular} body={t("wizard.sentence.nobody")} />}
      />
    </div>
  );
}

/** The rows, and what is known of each now: a chosen list stays the same list whatever the preview says of its devices. */
export function useMatched(
  form: JobForm,
  preview: Schemas["JobPreview"] | undefined,
): {
  readonly source: RowSource<MatchedDevice>;
  readonly known: (row: MatchedDevice) => MatchedDevice;
} {
  const { rerun, group, organization } = form;
  const chosen = devicesOf(form);
  const said = preview?.sample;
  const sample = chosen ? undefined : said;
  const source = useMemo(() => {
    if (chosen) {
      return localSource<MatchedDevice>(
        "wizard.matched",
        chosen.map((id) => ({ id })),
      );
    }
    if (rerun) return failedSource(rerun.job);
    // Which of a group's devices are in an organization no list says; the preview has some of them.
    if (organization !== "" || group === "")
      return localSource<MatchedDevice>("wizard.matched", sample ?? []);
    return membersSource(group);
  }, [chosen, sample, rerun, group, organization]);
  const known = useMemo(() => {
    const devices = new Map<string, MatchedDevice>(chosen && said?.map((device) => [device.id, device]));
    return (row: MatchedDevice) => devices.get(row.id) ?? row;
  }, [chosen, said]);
  return { source, known };
}
