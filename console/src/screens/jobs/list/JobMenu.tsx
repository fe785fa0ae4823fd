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
import { useState } from "react";
import { answer, api } from "../../../api/client";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { useNotify } from "../../../components/notify";
import { useTexts } from "../../../texts/texts";
import { nameOf } from "./columns";
import type { Job } from "./queries";

/** What may be done with a job without opening it. */
export function JobMenu({ job }: { job: Job }) {
  const { t } = useTexts();
  const router = useRouter();
  const navigate = useNavigate();
  const queries = useQueryClient();
  const notify = useNotify();
  const [asking, setAsking] = useState<"stop" | "cancel">();
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
  const carryOut = async (action: "stop" | "cancel") => {
    await answer(
      action === "stop" ? api.POST("/jobs/{jobId}/stop", path) : api.POST("/jobs/{jobId}/cancel", path),
    );
    await refresh();
  };

  return (
    <>
      <Menu>
        <MenuTrigger disableButtonEnhancement>
          <Button
            size="small"
            appearance="subtle"
            icon={<MoreHorizontalRegular />}
            tabIndex={-1}
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
              <MenuItem onClick={() => setAsking("stop")}>{t("jobs.action.stop")}</MenuItem>
            )}
            {job.actions.includes("resume") && (
              <MenuItem onClick={() => void resume()}>{t("jobs.action.resume")}</MenuItem>
            )}
            {job.actions.includes("cancel") && (
              <MenuItem onClick={() => setAsking("cancel")}>{t("jobs.action.cancel")}</MenuItem>
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
      {asking && (
        <ConfirmDialog
          title={t(asking === "stop" ? "jobs.stop.title" : "jobs.cancel.title", { name })}
          body={t(asking === "stop" ? "jobs.stop.body" : "jobs.cancel.body")}
          action={t(asking === "stop" ? "jobs.action.stop" : "jobs.action.cancel")}
          onConfirm={() => carryOut(asking)}
          onClose={() => setAsking(undefined)}
        />
      )}
    </>
  );
}
