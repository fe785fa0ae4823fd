import {
  Button,
  makeStyles,
  Menu,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Skeleton,
  SkeletonItem,
  Tab,
  TabList,
  tokens,
} from "@fluentui/react-components";
import {
  ArrowSwapRegular,
  BuildingRegular,
  CheckmarkCircleRegular,
  DeleteRegular,
  MoreHorizontalRegular,
  ProhibitedRegular,
  RenameRegular,
  TaskListAddRegular,
} from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { GuardedButton, GuardedMenuItem } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import { rememberChosenDevices } from "../jobs/wizard/chosenDevices";
import { ConnectedBadge, DeviceStatusBadge } from "./badges";
import { BulkDialog, type BulkAction } from "./BulkDialog";
import { CommandsView } from "./CommandsView";
import { ConnectView } from "./ConnectView";
import { DeviceFacts } from "./DeviceFacts";
import { DeviceJobsView } from "./DeviceJobsView";
import { RenameDialog } from "./RenameDialog";
import { TwinView } from "./TwinView";
import { DEVICE_VIEWS, statusOf, type DeviceView } from "./search";

const route = getRouteApi("/shell/devices/$deviceId");

/** How often the device is read again, in ms: its connection is live. */
const REFRESH = 10_000;

const useStyles = makeStyles({
  badges: { display: "flex", flexWrap: "wrap", gap: tokens.spacingHorizontalM },
  tabs: { overflowX: "auto", flexShrink: 0 },
  skeleton: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, maxWidth: "640px" },
});

const VIEW_TEXTS = {
  twin: "devices.view.twin",
  commands: "devices.view.commands",
  jobs: "devices.view.jobs",
  connect: "devices.view.connect",
} as const satisfies Record<DeviceView, string>;

/** One device: what it is, its twin, its commands, the jobs it had a part in, and how it connects. */
export function DeviceScreen() {
  const styles = useStyles();
  const { t } = useTexts();
  const { deviceId } = route.useParams();
  const { view = "twin" } = route.useSearch();
  const navigate = useNavigate();
  const [open, setOpen] = useState<BulkAction | "rename">();
  const {
    data: device,
    error,
    refetch,
  } = useQuery({
    queryKey: ["devices", deviceId],
    queryFn: ({ signal }) =>
      answer(api.GET("/devices/{deviceId}", { params: { path: { deviceId } }, signal })),
    refetchInterval: REFRESH,
  });
  const trail = [<AppLink to="/devices">{t("nav.devices")}</AppLink>];

  if (!device) {
    return (
      <Page>
        <PageHeader title={deviceId} trail={trail} />
        {error ? (
          <ErrorState error={error} onRetry={() => void refetch()} />
        ) : (
          <Skeleton className={styles.skeleton} aria-label={t("devices.reading")}>
            <SkeletonItem size={16} />
            <SkeletonItem size={16} />
            <SkeletonItem size={96} />
          </Skeleton>
        )}
      </Page>
    );
  }
  const blocked = statusOf(device) === "blocked";
  const newJob = () => {
    void navigate({
      to: "/jobs/definitions/create/$step",
      params: { step: "configure" },
      search: { devices: rememberChosenDevices([deviceId]) },
    });
  };

  return (
    <Page>
      <PageHeader
        title={device.displayName}
        trail={trail}
        status={
          <span className={styles.badges}>
            <DeviceStatusBadge device={device} />
            <ConnectedBadge connected={device.connected} />
          </span>
        }
        actions={
          <>
            <GuardedButton needs="runJobs" icon={<TaskListAddRegular />} onClick={newJob}>
              {t("devices.newJob")}
            </GuardedButton>
            <GuardedButton
              needs="manageDevices"
              icon={blocked ? <CheckmarkCircleRegular /> : <ProhibitedRegular />}
              onClick={() => setOpen(blocked ? "unblock" : "block")}
            >
              {t(blocked ? "devices.unblock" : "devices.block")}
            </GuardedButton>
            <Menu>
              <MenuTrigger disableButtonEnhancement>
                <Button icon={<MoreHorizontalRegular />}>{t("devices.more")}</Button>
              </MenuTrigger>
              <MenuPopover>
                <MenuList>
                  <GuardedMenuItem
                    needs="manageDevices"
                    icon={<RenameRegular />}
                    onClick={() => setOpen("rename")}
                  >
                    {t("devices.rename")}
                  </GuardedMenuItem>
                  <GuardedMenuItem
                    needs="manageDevices"
                    icon={<ArrowSwapRegular />}
                    onClick={() => setOpen("template")}
                  >
                    {t("devices.bulk.template")}
                  </GuardedMenuItem>
                  <GuardedMenuItem
                    needs="manageDevices"
                    icon={<BuildingRegular />}
                    onClick={() => setOpen("organization")}
                  >
                    {t("devices.bulk.organization")}
                  </GuardedMenuItem>
                  <GuardedMenuItem
                    needs="manageDevices"
                    icon={<DeleteRegular />}
                    onClick={() => setOpen("delete")}
                  >
                    {t("devices.delete")}
                  </GuardedMenuItem>
                </MenuList>
              </MenuPopover>
            </Menu>
          </>
        }
      />
      {error && <ErrorState error={error} title={t("devices.stale")} onRetry={() => void refetch()} />}
      <DeviceFacts device={device} />
      <TabList
        className={styles.tabs}
        selectedValue={view}
        onTabSelect={(_, { value }) =>
          void navigate({
            to: "/devices/$deviceId",
            params: { deviceId },
            search: { view: value as DeviceView },
            replace: true,
          })
        }
      >
        {DEVICE_VIEWS.map((name) => (
          <Tab key={name} value={name}>
            {t(VIEW_TEXTS[name])}
          </Tab>
        ))}
      </TabList>
      {view === "twin" && <TwinView device={device} />}
      {view === "commands" && <CommandsView device={device} />}
      {view === "jobs" && <DeviceJobsView deviceId={deviceId} />}
      {view === "connect" && <ConnectView deviceId={deviceId} />}
      {open === "rename" && <RenameDialog device={device} onClose={() => setOpen(undefined)} />}
      {open && open !== "rename" && (
        <BulkDialog
          action={open}
          read={() => Promise.resolve({ ids: [deviceId], more: false })}
          onDone={() => {
            if (open === "delete") void navigate({ to: "/devices" });
          }}
          onClose={() => setOpen(undefined)}
        />
      )}
    </Page>
  );
}
