import {
  Button,
  Combobox,
  Field,
  makeStyles,
  Menu,
  MenuItem,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Option,
  Popover,
  PopoverSurface,
  PopoverTrigger,
  Spinner,
  Toast,
  Toaster,
  ToastTitle,
  tokens,
  Tooltip,
  useToastController,
} from "@fluentui/react-components";
import { AddRegular, MailInboxRegular } from "@fluentui/react-icons";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo, useState } from "react";
import { RequestFailed } from "../api/failure";
import { AppLink } from "../components/AppLink";
import { ConfirmDialog } from "../components/ConfirmDialog";
import { CopyButton } from "../components/CopyButton";
import { EmptyState } from "../components/EmptyState";
import { ErrorState } from "../components/ErrorState";
import { Page } from "../components/Page";
import { PageHeader } from "../components/PageHeader";
import { StackedBar } from "../components/StackedBar";
import { JobStatusBadge } from "../components/StatusBadge";
import { TimeText } from "../components/TimeText";
import type { GridColumn, GridSort } from "../grid/column";
import { DataGrid } from "../grid/DataGrid";
import { NOTHING, type Selection } from "../grid/selection";
import { sampleRange, type SampleRow } from "./rows";

const useStyles = makeStyles({
  row: { display: "flex", flexWrap: "wrap", alignItems: "end", gap: tokens.spacingHorizontalM },
  grid: { height: "480px", display: "flex" },
});

const route = getRouteApi("/gallery-shell/gallery");

/** Every component at once. Its texts are samples and in no catalogue. */
export function GalleryScreen() {
  const styles = useStyles();
  const { rows = "1000000" }: { rows?: string } = route.useSearch();
  const total = Number(rows);
  const [confirming, setConfirming] = useState(false);
  const [chosen, setChosen] = useState<string>();
  const [selection, setSelection] = useState<Selection>(NOTHING);
  const [sort, setSort] = useState<GridSort>({ by: "site", descending: false });
  const { dispatchToast } = useToastController("gallery");

  const columns = useMemo<readonly GridColumn<SampleRow>[]>(
    () => [
      {
        id: "name",
        header: "Name",
        width: 200,
        grows: true,
        fixed: true,
        sortable: true,
        cell: ({ id }) => (
          <AppLink to="/devices/$deviceId" params={{ deviceId: id }} tabIndex={-1}>
            {id}
          </AppLink>
        ),
      },
      {
        id: "status",
        header: "Status",
        width: 140,
        cell: ({ status }) => <JobStatusBadge status={status} />,
      },
      { id: "site", header: "Site", width: 120, sortable: true, cell: ({ site }) => <span>{site}</span> },
      {
        id: "attempts",
        header: "Attempts",
        width: 100,
        numeric: true,
        cell: ({ attempts }) => <span>{attempts}</span>,
      },
      { id: "hidden", header: "Hidden at first", width: 160, hidden: true, cell: () => <span>Shown</span> },
    ],
    [],
  );

  return (
    <Page>
      <PageHeader
        title="Firmware 2.1 for the northern sites"
        trail={[<AppLink to="/jobs">Jobs</AppLink>]}
        status={<JobStatusBadge status="running" />}
        about="Waits for the gate of batch 3: 95 % must have succeeded, 91 % have."
        actions={
          <>
            <Button appearance="primary" onClick={() => setConfirming(true)}>
              Stop job
            </Button>
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button>More</Button>
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <MenuItem>Copy</MenuItem>
                  <MenuItem>Rerun on failed</MenuItem>
                </MenuList>
              </MenuPopover>
            </Menu>
          </>
        }
      />
      <StackedBar
        label="Outcomes of 1,000 devices"
        chosen={chosen}
        onChoose={setChosen}
        segments={[
          { id: "succeeded", label: "Succeeded", count: 812, tone: "success" },
          { id: "failed", label: "Failed", count: 31, tone: "danger" },
          { id: "unreached", label: "Never reached", count: 54, tone: "warning" },
          { id: "running", label: "Running", count: 16, tone: "running" },
          { id: "pending", label: "Pending", count: 87, tone: "waiting" },
        ]}
      />
      <div className={styles.row}>
        <Field label="Device group">
          <Combobox placeholder="Choose a group">
            <Option>Northern sites</Option>
            <Option>Southern sites</Option>
          </Combobox>
        </Field>
        <Tooltip content="Says more" relationship="description">
          <Button icon={<AddRegular />}>With a tooltip</Button>
        </Tooltip>
        <Popover>
          <PopoverTrigger disableButtonEnhancement>
            <Button>Popover</Button>
          </PopoverTrigger>
          <PopoverSurface aria-label="Sample">In a popover</PopoverSurface>
        </Popover>
        <Button
          onClick={() =>
            dispatchToast(
              <Toast>
                <ToastTitle>Saved</ToastTitle>
              </Toast>,
              { intent: "success" },
            )
          }
        >
          Toast
        </Button>
        <Toaster toasterId="gallery" />
        <CopyButton text="device-0000001" what="device id" />
        <TimeText time="2026-03-01T12:00:00Z" />
        <TimeText time="2026-03-01T12:00:00Z" relative />
        <Spinner size="tiny" label="Loading" />
        {(["pending", "running", "complete", "failed", "stopped", "cancelled"] as const).map((status) => (
          <JobStatusBadge key={status} status={status} />
        ))}
      </div>
      <ErrorState
        error={new RequestFailed(403, "Forbidden", "The role Operator may not stop jobs")}
        onRetry={() => setChosen(undefined)}
      />
      <div className={styles.grid}>
        <DataGrid
          name="gallery"
          label="Devices"
          source={{
            key: ["gallery", total, sort],
            getRange: (offset, limit, signal) => sampleRange(total, offset, limit, signal),
          }}
          columns={columns}
          rowId={({ id }) => id}
          rowName={({ id }) => id}
          selection={selection}
          onSelection={setSelection}
          sort={sort}
          onSort={setSort}
          empty={
            <EmptyState icon={MailInboxRegular} title="No devices" body="No device is in this job yet." />
          }
        />
      </div>
      <EmptyState
        icon={MailInboxRegular}
        title="No scheduled jobs"
        body="A scheduled job runs again and again, on whoever is in the group then."
        actions={<Button appearance="primary">New job</Button>}
      />
      {confirming && (
        <ConfirmDialog
          title="Stop this job?"
          body="16 devices that are in flight will finish; 87 that have not begun will wait."
          action="Stop job"
          count={1234}
          onConfirm={() => Promise.reject(new RequestFailed(409, "Conflict", "the job has already ended"))}
          onClose={() => setConfirming(false)}
        />
      )}
    </Page>
  );
}
