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
  const source = useMatched(form, preview);
  const columns = useMemo<readonly GridColumn<MatchedDevice>[]>(
    () => [
      {
        id: "name",
        header: t("wizard.device.name"),
        width: 110,
        grows: true,
        fixed: true,
        cell: ({ id, displayName, deleted }) =>
          deleted ? (
            <span>{displayName ?? id}</span>
          ) : (
            <AppLink to="/devices/$deviceId" params={{ deviceId: id }} target="_blank" tabIndex={-1}>
              {displayName ?? id}
            </AppLink>
          ),
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
        cell: ({ connected, deleted }) =>
          deleted ? (
            <span>{t("wizard.device.deleted")}</span>
          ) : connected === undefined ? null : (
            <StatusBadge
              tone={connected ? "success" : "waiting"}
              text={t(connected ? "wizard.device.connected" : "wizard.device.disconnected")}
            />
          ),
      },
    ],
    [t],
  );
  return (
    <div className={styles.devices}>
      <DataGrid
        name="wizard.matched"
        label={t("wizard.devices")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ id, displayName }) => displayName ?? id}
        empty={<EmptyState icon={PlugConnectedRegular} body={t("wizard.sentence.nobody")} />}
      />
    </div>
  );
}

function useMatched(form: JobForm, preview: Schemas["JobPreview"] | undefined): RowSource<MatchedDevice> {
  const { rerun, group, organization } = form;
  const chosen = devicesOf(form);
  const sample = preview?.sample;
  return useMemo(() => {
    if (chosen) {
      const known = new Map(sample?.map((device) => [device.id, device]));
      return localSource<MatchedDevice>(
        "wizard.matched",
        chosen.map((id) => known.get(id) ?? { id }),
      );
    }
    if (rerun) return failedSource(rerun.job);
    // Which of a group's devices are in an organization no list says; the preview has some of them.
    if (organization !== "" || group === "")
      return localSource<MatchedDevice>("wizard.matched", sample ?? []);
    return membersSource(group);
  }, [chosen, sample, rerun, group, organization]);
}
