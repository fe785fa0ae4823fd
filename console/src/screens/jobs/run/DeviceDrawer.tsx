import {
  Button,
  Drawer,
  DrawerBody,
  DrawerHeader,
  DrawerHeaderTitle,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Skeleton,
  SkeletonItem,
  Text,
  tokens,
} from "@fluentui/react-components";
import { DismissRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api, type Schemas } from "../../../api/client";
import { pageOf, pageQuery } from "../../../api/pages";
import { AppLink } from "../../../components/AppLink";
import { Facts } from "../../../components/Card";
import { CopyButton } from "../../../components/CopyButton";
import { ErrorState } from "../../../components/ErrorState";
import { sentence } from "../../../components/explain";
import { TimeText } from "../../../components/TimeText";
import type { Page } from "../../../grid/paged";
import { readExact } from "../../../json/exact";
import { useTexts } from "../../../texts/texts";
import { sayCode } from "./codes";
import { took } from "./columns";
import { DeviceStatusBadge } from "./DeviceStatusBadge";
import { differences } from "./differences";
import { CLASSES } from "./Failures";
import type { Job } from "./follower";
import { JsonText } from "./JsonText";
import { useSlow } from "./useSlow";

const useStyles = makeStyles({
  body: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalL, paddingBottom: "24px" },
  part: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS },
  heading: { margin: 0, fontSize: tokens.fontSizeBase300, fontWeight: tokens.fontWeightSemibold },
  call: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalS,
    padding: tokens.spacingHorizontalM,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  table: {
    width: "100%",
    borderCollapse: "collapse",
    tableLayout: "fixed",
    "& th": {
      textAlign: "left",
      fontWeight: tokens.fontWeightSemibold,
      color: tokens.colorNeutralForeground2,
    },
    "& th, & td": {
      padding: tokens.spacingVerticalXS,
      borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
      overflowWrap: "anywhere",
      verticalAlign: "top",
    },
  },
  before: { color: tokens.colorStatusDangerForeground1 },
  after: { color: tokens.colorStatusSuccessForeground1 },
  list: { margin: 0, padding: 0, listStyleType: "none", display: "grid", rowGap: tokens.spacingVerticalS },
  job: { display: "flex", flexWrap: "wrap", columnGap: tokens.spacingHorizontalM },
});

interface Props {
  readonly job: Job;
  readonly deviceId: string | undefined;
  readonly onClose: () => void;
}

/** One device of the job in full, over the page. */
export function DeviceDrawer({ job, deviceId, onClose }: Props) {
  const { t } = useTexts();
  // Shown until the drawer has gone, so that it does not close empty.
  const [last, setLast] = useState(deviceId);
  if (deviceId !== undefined && deviceId !== last) setLast(deviceId);
  return (
    <Drawer
      type="overlay"
      position="end"
      size="medium"
      open={deviceId !== undefined}
      onOpenChange={(_, data) => !data.open && onClose()}
      aria-label={t("run.drawer.label", { device: last ?? "" })}
    >
      {last !== undefined && <Contents key={last} job={job} deviceId={last} onClose={onClose} />}
    </Drawer>
  );
}

function Contents({ job, deviceId, onClose }: { job: Job; deviceId: string; onClose: () => void }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const event = useSlow(job.event, 1_000);
  const { data, error, refetch } = useQuery({
    queryKey: ["job", job.id, "device", deviceId, event],
    queryFn: async ({ signal }) =>
      readExact(
        await answer(
          api.GET("/jobs/{jobId}/devices/{deviceId}", {
            params: { path: { jobId: job.id, deviceId } },
            parseAs: "text",
            signal,
          }),
        ),
      ) as Schemas["DeviceJobDetail"],
    placeholderData: (before) => before,
    gcTime: 0,
  });
  return (
    <>
      <DrawerHeader>
        <DrawerHeaderTitle
          action={
            <Button
              appearance="subtle"
              aria-label={t("run.drawer.close")}
              icon={<DismissRegular />}
              onClick={onClose}
            />
          }
        >
          {data?.displayName ?? deviceId}
        </DrawerHeaderTitle>
      </DrawerHeader>
      <DrawerBody>
        <div className={styles.body}>
          {error && <ErrorState error={error} onRetry={() => void refetch()} />}
          {!data && !error && (
            <Skeleton aria-label={t("run.loading")}>
              {[1, 2, 3, 4].map((n) => (
                <SkeletonItem key={n} style={{ marginBottom: "12px" }} />
              ))}
            </Skeleton>
          )}
          {data && (
            <>
              {data.status === "failed" && data.message && (
                <MessageBar intent="error" layout="multiline">
                  <MessageBarBody>{sentence(data.message)}</MessageBarBody>
                </MessageBar>
              )}
              <Facts
                facts={[
                  [t("run.column.status"), <DeviceStatusBadge key="s" status={data.status} />],
                  [
                    t("run.column.class"),
                    data.class != null && data.status === "failed" && t(CLASSES[data.class]),
                  ],
                  [t("run.column.code"), data.code && codeText(data.code, t)],
                  [
                    t("run.column.id"),
                    <span key="i">
                      {data.id}
                      <CopyButton text={data.id} what={t("run.column.id")} />
                    </span>,
                  ],
                  [t("run.batch"), data.batch != null && formats.number(data.batch)],
                  [t("run.started"), data.started && <TimeText time={data.started} />],
                  [t("run.ended"), data.finished && <TimeText time={data.finished} />],
                  [t("run.column.duration"), took(data.started, data.finished, formats.number)],
                  [
                    t("run.column.connected"),
                    data.deleted
                      ? t("run.isDeleted")
                      : t(data.connected ? "run.connected" : "run.disconnected"),
                  ],
                  [
                    t("run.column.lastActivity"),
                    data.lastActivity && <TimeText time={data.lastActivity} relative />,
                  ],
                ]}
              />
              {data.calls.length > 0 && <Calls detail={data} />}
              {data.change && <Change change={data.change} />}
              {!data.deleted && (
                <>
                  <OtherJobs job={job} deviceId={deviceId} />
                  <AppLink to="/devices/$deviceId" params={{ deviceId }}>
                    {t("run.drawer.device")}
                  </AppLink>
                </>
              )}
            </>
          )}
        </div>
      </DrawerBody>
    </>
  );
}

/** In words, and as it is for whom one asks about it. */
function codeText(code: string, t: ReturnType<typeof useTexts>["t"]): string {
  const said = sayCode(code, t);
  return said === code ? code : `${said} (${code})`;
}

function Calls({ detail }: { detail: Schemas["DeviceJobDetail"] }) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  return (
    <section className={styles.part}>
      <h3 className={styles.heading}>{t("run.calls")}</h3>
      {detail.calls.map((call, index) => (
        <div key={index} className={styles.call}>
          <Text weight="semibold">{call.method}</Text>
          <Facts
            facts={[
              [
                t("run.call.status"),
                call.status ?? t(detail.status === "running" ? "run.call.waits" : "run.call.none"),
              ],
              [t("run.call.timeout"), formats.duration(call.responseTimeout)],
              [t("run.call.begun"), call.begun && <TimeText time={call.begun} />],
              [t("run.call.answered"), call.answered && <TimeText time={call.answered} />],
              [t("run.call.took"), took(call.begun, call.answered, formats.number)],
            ]}
          />
          <JsonText label={t("run.call.request")} value={call.request} />
          {call.status != null && <JsonText label={t("run.call.response")} value={call.response} />}
        </div>
      ))}
    </section>
  );
}

/** What a property job wrote, path by path: before, after, and as it is now where that is something else. */
function Change({ change }: { change: Schemas["TwinDifference"] }) {
  const styles = useStyles();
  const { t } = useTexts();
  const rows = differences(change);
  return (
    <section className={styles.part}>
      <h3 className={styles.heading}>{t("run.change")}</h3>
      {change.before === undefined && <Text size={200}>{t("run.change.notKept")}</Text>}
      <table className={styles.table}>
        <thead>
          <tr>
            <th scope="col">{t("run.change.path")}</th>
            <th scope="col">{t("run.change.before")}</th>
            <th scope="col">{t("run.change.after")}</th>
            <th scope="col">{t("run.change.now")}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ path, before, after, now }) => (
            <tr key={path}>
              <th scope="row">{path}</th>
              <td className={before === after ? undefined : styles.before}>{before ?? "—"}</td>
              <td className={before === after ? undefined : styles.after}>{after ?? "—"}</td>
              <td>{now === after ? t("run.change.same") : (now ?? "—")}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** Other jobs that the drawer names. */
const OTHERS = 10;

/** The newest other jobs of a device: one more than are named, so that one sees that there are more. */
async function otherJobs(deviceId: string, but: string, signal: AbortSignal) {
  const others: Schemas["DeviceJobSummary"][] = [];
  let token: string | undefined;
  do {
    // A page may have none, or only this job, and yet be followed by others.
    const page: Page<Schemas["DeviceJobSummary"]> = pageOf(
      await answer(
        api.GET("/devices/{deviceId}/jobs", {
          params: { path: { deviceId }, query: pageQuery(token, OTHERS + 2) },
          signal,
        }),
      ),
    );
    others.push(...page.rows.filter(({ id }) => id !== but));
    token = page.next;
  } while (token !== undefined && others.length <= OTHERS);
  return others;
}

function OtherJobs({ job, deviceId }: { job: Job; deviceId: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const { data: others, error } = useQuery({
    queryKey: ["devices", deviceId, "jobs", "others", job.id],
    queryFn: ({ signal }) => otherJobs(deviceId, job.id, signal),
  });
  if (error) return <ErrorState error={error} title={t("run.otherJobs")} />;
  if (!others) return null;
  return (
    <section className={styles.part}>
      <h3 className={styles.heading}>{t("run.otherJobs")}</h3>
      {others.length === 0 && <Text>{t("run.otherJobs.none")}</Text>}
      <ul className={styles.list}>
        {others.slice(0, OTHERS).map(({ id, displayName, row }) => (
          <li key={id} className={styles.job}>
            <AppLink to="/jobs/instances/$jobId" params={{ jobId: id }} search={{ device: deviceId }}>
              {displayName || id}
            </AppLink>
            <DeviceStatusBadge status={row.status} />
            {row.finished && <TimeText time={row.finished} relative />}
          </li>
        ))}
      </ul>
      {others.length > OTHERS && (
        <AppLink to="/devices/$deviceId" params={{ deviceId }} search={{ view: "jobs" }}>
          {t("run.otherJobs.more")}
        </AppLink>
      )}
    </section>
  );
}
