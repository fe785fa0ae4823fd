import { makeStyles, Toolbar, tokens } from "@fluentui/react-components";
import {
  ArrowSwapRegular,
  BuildingRegular,
  CheckmarkCircleRegular,
  DeleteRegular,
  ProhibitedRegular,
  TaskListAddRegular,
} from "@fluentui/react-icons";
import { useNavigate } from "@tanstack/react-router";
import { useState, type ReactElement } from "react";
import { useNotify } from "../../components/notify";
import type { Selection } from "../../grid/selection";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import { useReading } from "../jobs/run/useReading";
import { rememberChosenDevices } from "../jobs/wizard/chosenDevices";
import { BULK_MAX, chosenIds } from "./bulk";
import { BulkDialog, type BulkAction } from "./BulkDialog";
import type { DevicesSearch } from "./search";

const useStyles = makeStyles({
  bar: { padding: 0, flexWrap: "wrap", gap: tokens.spacingHorizontalXS },
});

interface Props {
  readonly selection: Selection;
  readonly search: DevicesSearch;
  /** What was chosen has been dealt with. */
  readonly onDone: () => void;
}

/** What can be done with the chosen devices; nothing stands here while none is. */
export function BulkBar({ selection, search, onDone }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const navigate = useNavigate();
  const { failed, done } = useNotify();
  const [action, setAction] = useState<BulkAction>();
  const { busy, read } = useReading();
  if (selection.kind === "some" && selection.ids.size === 0 && !action) return null;

  const newJob = () =>
    read(
      async (signal) => {
        const { ids, more } = await chosenIds(selection, search, signal);
        return { devices: rememberChosenDevices(ids), more };
      },
      ({ devices, more }) => {
        if (more) done(t("devices.bulk.first", { number: formats.number(BULK_MAX) }));
        void navigate({
          to: "/jobs/definitions/create/$step",
          params: { step: "configure" },
          search: { devices },
        });
      },
      (error) => failed(t("devices.bulk.failed"), error),
    );
  const button = (kind: BulkAction, icon: ReactElement, text: string) => (
    <GuardedButton
      needs="manageDevices"
      appearance="subtle"
      size="small"
      icon={icon}
      onClick={() => setAction(kind)}
    >
      {text}
    </GuardedButton>
  );

  return (
    <>
      <Toolbar aria-label={t("devices.bulk.label")} className={styles.bar}>
        <GuardedButton
          needs="runJobs"
          appearance="subtle"
          size="small"
          icon={<TaskListAddRegular />}
          disabled={busy}
          onClick={newJob}
        >
          {t("devices.newJob")}
        </GuardedButton>
        {button("template", <ArrowSwapRegular />, t("devices.bulk.toTemplate"))}
        {button("organization", <BuildingRegular />, t("devices.bulk.toOrganization"))}
        {button("block", <ProhibitedRegular />, t("devices.block"))}
        {button("unblock", <CheckmarkCircleRegular />, t("devices.unblock"))}
        {button("delete", <DeleteRegular />, t("devices.delete"))}
      </Toolbar>
      {action && (
        <BulkDialog
          action={action}
          read={(signal) => chosenIds(selection, search, signal)}
          onDone={onDone}
          onClose={() => setAction(undefined)}
        />
      )}
    </>
  );
}
