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
import { membersQuery, membersSource, TICKED_MAX, TooManyDevices } from "./queries";
import { useWizardStyles } from "./styles";
import type { Wizard } from "./useWizard";

type Device = Schemas["Device"];

/**
 * The devices of the chosen group with boxes. All ticked is the group as a whole, whoever is in it when the job begins;
 * as soon as one is not, the job is on the ticked ones.
 */
export function GroupDevices({ wizard }: { wizard: Wizard }) {
  const styles = useWizardStyles();
  const { t } = useTexts();
  const { form, change, ticking } = wizard;
  const { group, ticked, leftOut } = form;
  const members = useQuery(membersQuery(group));
  const source = useMemo(() => membersSource(group), [group]);
  const [tooMany, setTooMany] = useState(false);
  const selection = useMemo<Selection>(
    () =>
      leftOut !== undefined
        ? { kind: "allBut", ids: new Set(leftOut) }
        : ticked === undefined
          ? EVERYTHING
          : { kind: "some", ids: new Set(ticked) },
    [ticked, leftOut],
  );
  const total = members.data?.devices ?? undefined;

  const select = (next: Selection, total: number) => {
    const some = next.kind === "allBut" && next.ids.size > 0;
    setTooMany(some && total > TICKED_MAX);
    if (next.kind === "some") change({ ticked: [...next.ids], leftOut: undefined });
    else if (!some) change({ ticked: undefined, leftOut: undefined });
    else if (total <= TICKED_MAX) change({ ticked: undefined, leftOut: [...next.ids] });
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
      {tooMany || ticking.error instanceof TooManyDevices ? (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>{t("wizard.tick.tooMany", { count: TICKED_MAX })}</MessageBarBody>
        </MessageBar>
      ) : ticking.error !== undefined ? (
        <ErrorState error={ticking.error} title={t("wizard.tick.failed")} onRetry={ticking.retry} />
      ) : (
        leftOut !== undefined && (
          <Spinner size="tiny" label={t("wizard.tick.reading")} labelPosition="after" />
        )
      )}
      <DataGrid
        name="wizard.devices"
        label={t("wizard.devices")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ displayName }) => displayName}
        // How many there are decides whether some may be left out.
        {...(total !== undefined && { selection, onSelection: (next: Selection) => select(next, total) })}
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
