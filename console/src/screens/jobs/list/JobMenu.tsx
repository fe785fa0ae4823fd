import {
  Button,
  Menu,
  MenuItem,
  MenuItemLink,
  MenuList,
  MenuPopover,
  MenuTrigger,
} from "@fluentui/react-components";
import { MoreHorizontalRegular } from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useNavigate, useRouter } from "@tanstack/react-router";
import { answer, api } from "../../../api/client";
import { useNotify } from "../../../components/notify";
import { useTexts } from "../../../texts/texts";
import { nameOf } from "../names";
import type { Job } from "./queries";
import { useAsk } from "./JobQuestions";

interface Props {
  readonly job: Job;
  /** Whether the Tab key stops here; in a grid it does not. */
  readonly inGrid?: boolean;
}

/** What may be done with a job without opening it. In rows that are used again for others it needs the job as its key. */
export function JobMenu({ job, inGrid = false }: Props) {
  const { t } = useTexts();
  const router = useRouter();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const ask = useAsk();
  const name = nameOf(job);
  const path = { params: { path: { jobId: job.id } } };
  const refresh = () => queries.invalidateQueries({ queryKey: ["jobs"] });
  const open = router.buildLocation({ to: "/jobs/instances/$jobId", params: { jobId: job.id } }).href;

  const resume = async () => {
    try {
      await answer(api.POST("/jobs/{jobId}/resume", path));
      await refresh();
    } catch (error) {
      notify.failed(t("jobs.resumeFailed", { name }), error);
    }
  };

  const acknowledge = async () => {
    try {
      await answer(api.POST("/jobs/{jobId}/acknowledge", path));
      await refresh();
    } catch (error) {
      notify.failed(t("jobs.acknowledgeFailed", { name }), error);
    }
  };

  return (
    <Menu>
      <MenuTrigger disableButtonEnhancement>
        <Button
          size="small"
          appearance="subtle"
          icon={<MoreHorizontalRegular />}
          {...(inGrid && { tabIndex: -1 })}
          aria-label={t("jobs.menu", { name })}
        />
      </MenuTrigger>
      <MenuPopover>
        <MenuList>
          <MenuItemLink
            href={open}
            onClick={(event) => {
              event.preventDefault();
              void navigate({ to: "/jobs/instances/$jobId", params: { jobId: job.id } });
            }}
          >
            {t("jobs.action.open")}
          </MenuItemLink>
          {job.actions.includes("stop") && (
            <MenuItem onClick={() => ask("stop", job)}>{t("jobs.action.stop")}</MenuItem>
          )}
          {job.actions.includes("resume") && (
            <MenuItem onClick={() => void resume()}>{t("jobs.action.resume")}</MenuItem>
          )}
          {job.actions.includes("cancel") && (
            <MenuItem onClick={() => ask("cancel", job)}>{t("jobs.action.cancel")}</MenuItem>
          )}
          {job.actions.includes("acknowledge") && (
            <MenuItem onClick={() => void acknowledge()}>{t("jobs.action.acknowledge")}</MenuItem>
          )}
          {job.actions.includes("copy") && (
            <MenuItem
              onClick={() =>
                void navigate({
                  to: "/jobs/definitions/create/$step",
                  params: { step: "configure" },
                  search: { copy: job.id },
                })
              }
            >
              {t("jobs.action.copy")}
            </MenuItem>
          )}
        </MenuList>
      </MenuPopover>
    </Menu>
  );
}
