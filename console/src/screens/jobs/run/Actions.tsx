import {
  Button,
  Menu,
  MenuDivider,
  MenuGroup,
  MenuGroupHeader,
  MenuItem,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
  Tooltip,
  type ButtonProps,
} from "@fluentui/react-components";
import {
  ArrowDownloadRegular,
  ArrowRepeatAllRegular,
  CheckmarkRegular,
  CopyRegular,
  DismissCircleRegular,
  PauseRegular,
  PlayRegular,
} from "@fluentui/react-icons";
import { useRouter } from "@tanstack/react-router";
import { useState, type ReactNode } from "react";
import { addressOf, answer, api, type Schemas } from "../../../api/client";
import { useNotify } from "../../../components/notify";
import { useMay } from "../../../session/session";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { useHold } from "../hold/hold";
import { isFiltered, type DeviceFilter } from "./filter";
import type { Job } from "./follower";
import { StopDialog } from "../StopDialog";
import { useRerun } from "./useRerun";

type Action = Schemas["JobAction"];

interface Props {
  readonly job: Job;
  /** What of the results is shown now. */
  readonly filter: DeviceFilter;
  /** The values of twins that are shown. */
  readonly columns: readonly string[];
  readonly reload: () => Promise<void>;
}

/** What can be done with a job: where the server says that it may be, and else with the reason why not. */
export function Actions({ job, filter, columns, reload }: Props) {
  const { t } = useTexts();
  const router = useRouter();
  const notify = useNotify();
  const may = useMay();
  const [asks, setAsks] = useState<"stop" | "cancel">();
  const goToRerun = useRerun();
  const [busy, setBusy] = useState(false);
  const held = useHold()?.held ?? false;
  const allowed = (action: Action) => job.actions.includes(action);
  const ended = job.end != null;
  const whyNot = (action: Action) =>
    allowed(action)
      ? undefined
      : !may("runJobs")
        ? t("run.mayNot")
        : action === "rerun"
          ? t(job.counters.failed === 0 ? "run.rerun.noFailed" : "run.rerun.notYet")
          : t(action === "resume" && held ? "run.continue.held" : "run.notNow");

  const params = { path: { jobId: job.id } };
  const at = async (call: () => Promise<unknown>, failed: TextKey & `run.${string}.failed`) => {
    setBusy(true);
    try {
      await call();
      await reload();
    } catch (error) {
      notify.failed(t(failed), error);
    } finally {
      setBusy(false);
    }
  };
  const resume = () => at(() => answer(api.POST("/jobs/{jobId}/resume", { params })), "run.continue.failed");
  const acknowledge = () =>
    at(() => answer(api.POST("/jobs/{jobId}/acknowledge", { params })), "run.acknowledge.failed");

  return (
    <>
      {job.status === "stopped" ? (
        <Maybe
          why={whyNot("resume")}
          appearance="primary"
          icon={<PlayRegular />}
          disabled={busy}
          onClick={() => void resume()}
        >
          {t("run.continue")}
        </Maybe>
      ) : (
        !ended && (
          <Maybe
            why={whyNot("stop")}
            appearance="primary"
            icon={<PauseRegular />}
            onClick={() => setAsks("stop")}
          >
            {t("run.stop")}
          </Maybe>
        )
      )}
      {!ended && (
        <Maybe why={whyNot("cancel")} icon={<DismissCircleRegular />} onClick={() => setAsks("cancel")}>
          {t("run.cancel")}
        </Maybe>
      )}
      {ended && (
        <Maybe
          why={whyNot("rerun")}
          icon={<ArrowRepeatAllRegular />}
          {...(allowed("rerun") && { appearance: "primary" })}
          onClick={() => goToRerun(job)}
        >
          {t("run.rerun")}
        </Maybe>
      )}
      {allowed("acknowledge") && (
        <Button icon={<CheckmarkRegular />} disabled={busy} onClick={() => void acknowledge()}>
          {t("run.acknowledge")}
        </Button>
      )}
      <Maybe
        why={whyNot("copy")}
        icon={<CopyRegular />}
        onClick={() =>
          void router.navigate({
            to: "/jobs/definitions/create/$step",
            params: { step: "configure" },
            search: { copy: job.id },
          })
        }
      >
        {t("run.copy")}
      </Maybe>
      <ResultsLog job={job} filter={filter} columns={columns} />
      {asks && <StopDialog job={job} how={asks} reload={reload} onClose={() => setAsks(undefined)} />}
    </>
  );
}

/** A button that is there, and says why it does nothing when it does not. */
export function Maybe({ why, ...props }: ButtonProps & { why: string | undefined }) {
  if (why === undefined) return <Button {...props} />;
  return (
    <Tooltip content={why} relationship="description">
      <Button {...props} appearance="secondary" disabledFocusable />
    </Tooltip>
  );
}

function ResultsLog({ job, filter, columns }: Pick<Props, "job" | "filter" | "columns">) {
  const { t } = useTexts();
  const item = (format: "csv" | "ndjson", filter: DeviceFilter): ReactNode => (
    <MenuItemLink
      download
      href={addressOf(`/jobs/${encodeURIComponent(job.id)}/results`, {
        format,
        ...filter,
        columns: columns.join(","),
      })}
    >
      {t(format === "csv" ? "run.log.csv" : "run.log.ndjson")}
    </MenuItemLink>
  );
  if (job.counters.total === 0) {
    return (
      <Maybe why={t("run.noDevicesYet")} icon={<ArrowDownloadRegular />}>
        {t("run.log")}
      </Maybe>
    );
  }
  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button icon={<ArrowDownloadRegular />}>{t("run.log")}</Button>
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuGroup>
            <MenuGroupHeader>{t("run.log.all")}</MenuGroupHeader>
            {item("csv", {})}
            {item("ndjson", {})}
          </MenuGroup>
          <MenuDivider />
          <MenuGroup>
            <MenuGroupHeader>{t("run.log.filtered")}</MenuGroupHeader>
            {isFiltered(filter) ? (
              <>
                {item("csv", filter)}
                {item("ndjson", filter)}
              </>
            ) : (
              <MenuItem disabled>{t("run.log.noFilter")}</MenuItem>
            )}
          </MenuGroup>
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
