import { MessageBar, MessageBarBody, Spinner } from "@fluentui/react-components";
import { PlugConnectedRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useMemo, useState } from "react";
import type { Schemas } from "../../../api/client";
import { AppLink } from "../../../components/AppLink";
import { EmptyState } from "../../../components/EmptyState";
import { ErrorState } from "../../../components/ErrorState";
import { StatusBadge } from "../../../components/StatusBadge";
import { TimeText } from "../../../components/TimeText";
import type { GridColumn } from "../../../grid/column";
import { DataGrid } from "../../../grid/DataGrid";
import { EVERYTHING, type Selection } from "../../../grid/selection";
import { useTexts } from "../../../texts/texts";
import { memberIds, membersQuery, membersSource } from "./queries";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

type Device = Schemas["Device"];

/** To untick some of a group all its ids are read; of larger groups one makes another group. */
const READ_MAX = 10_000;

/**
 * The devices of the chosen group with boxes. All ticked is the group as a whole, whoever is in it when the job begins;
 * as soon as one is not, the job is on the ticked ones.
 */
export function GroupDevices({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change } = wizard;
  const { group, ticked } = form;
  const members = useQuery(membersQuery(group));
  const source = useMemo(() => membersSource(group), [group]);
  const [reading, setReading] = useState(false);
  const [error, setError] = useState<unknown>();
  const selection = useMemo<Selection>(
    () => (ticked === undefined ? EVERYTHING : { kind: "some", ids: new Set(ticked) }),
    [ticked],
  );
  const total = members.data?.devices ?? 0;

  const select = async (next: Selection) => {
    setError(undefined);
    if (next.kind === "some") change({ ticked: [...next.ids] });
    else if (next.ids.size === 0) change({ ticked: undefined });
    else if (total > READ_MAX) setError(new Error(t("wizard.tick.tooMany", { count: READ_MAX })));
    else {
      setReading(true);
      try {
        const all = await memberIds(group, READ_MAX, new AbortController().signal);
        change({ ticked: all.filter((id) => !next.ids.has(id)) });
      } catch (reason) {
        setError(reason);
      }
      setReading(false);
    }
  };

  const columns = useMemo<readonly GridColumn<Device>[]>(
    () => [
      {
        id: "name",
        header: t("wizard.device.name"),
        width: 115,
        grows: true,
        fixed: true,
        cell: ({ id, displayName }) => (
          <AppLink to="/devices/$deviceId" params={{ deviceId: id }} target="_blank" tabIndex={-1}>
            {displayName}
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
        width: 150,
        cell: ({ connected }) => (
          <StatusBadge
            tone={connected ? "success" : "waiting"}
            text={t(connected ? "wizard.device.connected" : "wizard.device.disconnected")}
          />
        ),
      },
      {
        id: "seen",
        header: t("wizard.device.seen"),
        width: 160,
        hidden: true,
        cell: ({ lastActivity }) => (lastActivity ? <TimeText time={lastActivity} relative /> : null),
      },
    ],
    [t],
  );

  if (members.data?.broken) {
    return (
      <EmptyState
        icon={PlugConnectedRegular}
        title={t("wizard.group.brokenTitle")}
        body={t("wizard.group.broken", { reason: members.data.broken })}
        actions={
          <AppLink to="/device-groups/$groupId" params={{ groupId: group }}>
            {t("wizard.group.open")}
          </AppLink>
        }
      />
    );
  }
  return (
    <div className={styles.devices}>
      {ticked !== undefined && (
        <MessageBar intent="info" layout="multiline">
          <MessageBarBody>{t("wizard.tick.note", { count: ticked.length })}</MessageBarBody>
        </MessageBar>
      )}
      {error !== undefined && <ErrorState error={error} title={t("wizard.tick.failed")} />}
      {reading && <Spinner size="tiny" label={t("wizard.counting")} />}
      <DataGrid
        name="wizard.devices"
        label={t("wizard.devices")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ displayName }) => displayName}
        selection={selection}
        onSelection={(next) => void select(next)}
        empty={
          <EmptyState
            icon={PlugConnectedRegular}
            title={t("wizard.group.empty")}
            body={t("wizard.group.emptyBody")}
          />
        }
      />
    </div>
  );
}
