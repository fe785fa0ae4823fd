import { Field, Input, Text, Textarea } from "@fluentui/react-components";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import { answer, api } from "../../../api/client";
import { FormDialog } from "../../../components/FormDialog";
import { useNotify } from "../../../components/notify";
import { saysCount } from "../../../components/typedCount";
import { TypedCountField } from "../../../components/TypedCountField";
import { useSession } from "../../../session/session";
import { useTexts } from "../../../texts/texts";
import type { Job } from "./follower";

interface Props {
  readonly job: Job;
  /** The ids of the devices; without them those that failed. */
  readonly devices?: readonly string[];
  readonly onClose: () => void;
}

/** Asks how a rerun of a job of the hub face is to be called, makes it and goes to it; others have the wizard. */
export function RerunDialog({ job, devices, onClose }: Props) {
  const count = devices?.length ?? job.counters.failed;
  const { t } = useTexts();
  const { server } = useSession();
  const navigate = useNavigate();
  const notify = useNotify();
  // Made once, so that a second try after a lost answer is the same request.
  const [rerunId] = useState(() => crypto.randomUUID());
  const [name, setName] = useState(() =>
    t("run.rerun.name", { name: job.displayName ?? job.id }).slice(0, 256),
  );
  const [description, setDescription] = useState(job.description ?? "");
  const [typed, setTyped] = useState("");
  const large = count >= server.confirmDevices;
  return (
    <FormDialog
      title={t(devices ? "run.rerun.title.selected" : "run.rerun.title")}
      action={t("run.rerun.submit")}
      ready={name.trim() !== "" && (!large || saysCount(typed, count))}
      onSubmit={async () => {
        await answer(
          api.PUT("/jobs/{jobId}/rerun/{rerunId}", {
            params: { path: { jobId: job.id, rerunId } },
            body: { displayName: name.trim(), description, ...(devices && { devices: [...devices] }) },
          }),
        );
        notify.done(t("run.rerun.made"));
        await navigate({ to: "/jobs/instances/$jobId", params: { jobId: rerunId } });
      }}
      onClose={onClose}
    >
      <Text>{t(devices ? "run.rerun.about.selected" : "run.rerun.about", { count })}</Text>
      <Field label={t("run.name")} required>
        <Input value={name} maxLength={256} onChange={(_, data) => setName(data.value)} />
      </Field>
      <Field label={t("run.description")}>
        <Textarea value={description} maxLength={1024} onChange={(_, data) => setDescription(data.value)} />
      </Field>
      {large && <TypedCountField count={count} value={typed} onChange={setTyped} />}
    </FormDialog>
  );
}
