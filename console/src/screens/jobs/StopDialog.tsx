import { Text } from "@fluentui/react-components";
import { useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { ConfirmDialog } from "../../components/ConfirmDialog";
import { useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { nameOf } from "./names";

interface Props {
  /** With the counters that are said. */
  readonly job: Schemas["Job"];
  readonly how: "stop" | "cancel";
  /** It is done: reads what has changed by it. */
  readonly reload: () => Promise<unknown>;
  readonly onClose: () => void;
}

/** Asks before a job is stopped or cancelled, and says what becomes of the devices that are in flight. */
export function StopDialog({ job, how, reload, onClose }: Props) {
  const { t } = useTexts();
  const { server } = useSession();
  // As they stood when it was asked: the count that must be typed does not move while one types.
  const [{ running, pending }] = useState(job.counters);
  const params = { path: { jobId: job.id } };
  const large = how === "cancel" && pending >= server.confirmDevices;
  return (
    <ConfirmDialog
      title={t(how === "stop" ? "jobs.stop.title" : "jobs.cancel.title", { name: nameOf(job) })}
      action={t(how === "stop" ? "run.stop" : "run.cancel")}
      body={
        <>
          <Text block>{t("run.inFlight", { count: running })}</Text>
          <Text block>
            {t(how === "stop" ? "run.stop.pending" : "run.cancel.pending", { count: pending })}
          </Text>
        </>
      }
      {...(large && { count: pending })}
      onConfirm={async () => {
        await answer(
          how === "stop"
            ? api.POST("/jobs/{jobId}/stop", { params })
            : api.POST("/jobs/{jobId}/cancel", { params }),
        );
        await reload();
      }}
      onClose={onClose}
    />
  );
}
