import { Button } from "@fluentui/react-components";
import { DeleteRegular, PlayRegular } from "@fluentui/react-icons";
import { useNavigate } from "@tanstack/react-router";
import { useMemo } from "react";
import { AppLink } from "../../../components/AppLink";
import { TimeText } from "../../../components/TimeText";
import type { GridColumn } from "../../../grid/column";
import { useMay } from "../../../session/session";
import type { Translate } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { nameOf, RECURRENCES, TYPES } from "../names";
import { secondsOf } from "./duration";
import { JobMenu } from "./JobMenu";
import { JobProgress, JobSummary } from "./JobSummary";
import type { Draft, Job, ScheduledJob } from "./queries";

interface Owned {
  /** As the server names it: `user:…`, `token:…`, a policy. */
  readonly owner?: string;
  readonly ownerName?: string | null;
}

/** Who made a thing, for people; one that is gone by what is left of it. */
export function ownerText({ owner, ownerName }: Owned, t: Translate): string {
  const [, kind, id] = /^(user|token):(.*)$/su.exec(owner ?? "") ?? [];
  if (kind === "token") return t("jobs.owner.token", { id: ownerName ?? id ?? "" });
  return ownerName ?? id ?? owner ?? "";
}

export function useJobColumns(): readonly GridColumn<Job>[] {
  const { t, formats } = useTexts();
  return useMemo(
    () => [
      {
        id: "displayName",
        header: t("jobs.column.name"),
        width: 220,
        grows: true,
        fixed: true,
        sortable: true,
        cell: (job) => (
          <AppLink to="/jobs/instances/$jobId" params={{ jobId: job.id }} tabIndex={-1}>
            {nameOf(job)}
          </AppLink>
        ),
      },
      {
        id: "status",
        header: t("jobs.column.status"),
        width: 280,
        sortable: true,
        cell: (job) => <JobSummary job={job} />,
      },
      {
        id: "progress",
        header: t("jobs.column.progress"),
        width: 150,
        cell: (job) => <JobProgress job={job} />,
      },
      {
        id: "type",
        header: t("jobs.column.type"),
        width: 150,
        cell: ({ data }) => <span>{data[0] && t(TYPES[data[0].type].name)}</span>,
      },
      {
        id: "group",
        header: t("jobs.column.group"),
        width: 160,
        cell: ({ group, groupName, chosenDevices }) =>
          group === "" ? (
            <span>
              {chosenDevices !== undefined &&
                chosenDevices !== null &&
                t("jobs.chosenDevices", { count: chosenDevices })}
            </span>
          ) : (
            <AppLink to="/device-groups/$groupId" params={{ groupId: group }} tabIndex={-1}>
              {groupName ?? group}
            </AppLink>
          ),
      },
      {
        id: "owner",
        header: t("jobs.column.owner"),
        width: 160,
        cell: (row) => <span>{ownerText(row, t)}</span>,
      },
      {
        id: "start",
        header: t("jobs.column.start"),
        width: 190,
        sortable: true,
        cell: ({ start }) => (start ? <TimeText time={start} /> : null),
      },
      {
        id: "duration",
        header: t("jobs.column.duration"),
        width: 120,
        sortable: true,
        cell: ({ start, end }) => (
          <span>{start && formats.duration(secondsOf(start, end ?? undefined, new Date()))}</span>
        ),
      },
      {
        id: "created",
        header: t("jobs.column.created"),
        width: 190,
        hidden: true,
        sortable: true,
        cell: ({ created }) => <TimeText time={created} />,
      },
      {
        id: "description",
        header: t("jobs.column.description"),
        width: 220,
        hidden: true,
        cell: ({ description }) => <span>{description}</span>,
      },
      {
        id: "organization",
        header: t("jobs.column.organization"),
        width: 150,
        hidden: true,
        cell: ({ organizations }) => <span>{organizations?.join(", ")}</span>,
      },
      {
        id: "actions",
        header: t("jobs.column.actions"),
        width: 90,
        fixed: true,
        cell: (job) => <JobMenu key={job.id} job={job} inGrid />,
      },
    ],
    [t, formats],
  );
}

export function useDraftColumns(onDelete: (draft: Draft) => void): readonly GridColumn<Draft>[] {
  const { t } = useTexts();
  return useMemo(
    () => [
      {
        id: "displayName",
        header: t("jobs.column.name"),
        width: 260,
        grows: true,
        fixed: true,
        sortable: true,
        cell: (draft) => (
          <AppLink
            to="/jobs/definitions/create/$step"
            params={{ step: "configure" }}
            search={{ draft: draft.id ?? "" }}
            tabIndex={-1}
          >
            {draft.displayName || t("jobs.unnamed")}
          </AppLink>
        ),
      },
      {
        id: "owner",
        header: t("jobs.column.owner"),
        width: 200,
        cell: (row) => <span>{ownerText(row, t)}</span>,
      },
      {
        id: "saved",
        header: t("jobs.column.saved"),
        width: 190,
        sortable: true,
        cell: ({ saved }) => (saved ? <TimeText time={saved} /> : null),
      },
      {
        id: "organization",
        header: t("jobs.column.organization"),
        width: 150,
        hidden: true,
        cell: ({ organizations }) => <span>{organizations?.join(", ")}</span>,
      },
      {
        id: "actions",
        header: t("jobs.column.actions"),
        width: 110,
        fixed: true,
        cell: (draft) => <DraftActions draft={draft} onDelete={onDelete} />,
      },
    ],
    [t, onDelete],
  );
}

export function useScheduledColumns(): readonly GridColumn<ScheduledJob>[] {
  const { t } = useTexts();
  return useMemo(
    () => [
      {
        id: "displayName",
        header: t("jobs.column.name"),
        width: 260,
        grows: true,
        fixed: true,
        sortable: true,
        cell: (job) => (
          <AppLink
            to="/jobs/scheduled/$scheduledJobId"
            params={{ scheduledJobId: job.id ?? "" }}
            tabIndex={-1}
          >
            {nameOf(job)}
          </AppLink>
        ),
      },
      {
        id: "recurrence",
        header: t("jobs.column.recurrence"),
        width: 140,
        cell: ({ schedule }) => <span>{t(RECURRENCES[schedule.recurrence ?? "once"])}</span>,
      },
      {
        id: "nextRun",
        header: t("jobs.column.next"),
        width: 200,
        sortable: true,
        cell: ({ nextRuns, completed, enabled }) => {
          const next = nextRuns?.[0];
          if (enabled === false) return <span>{t("jobs.suspended")}</span>;
          return next && !completed ? <TimeText time={next} /> : <span>{t("jobs.ended")}</span>;
        },
      },
      {
        id: "type",
        header: t("jobs.column.type"),
        width: 160,
        cell: ({ data }) => <span>{data[0] && t(TYPES[data[0].type].name)}</span>,
      },
      {
        id: "owner",
        header: t("jobs.column.owner"),
        width: 200,
        cell: (row) => <span>{ownerText(row, t)}</span>,
      },
      {
        id: "organization",
        header: t("jobs.column.organization"),
        width: 150,
        hidden: true,
        cell: ({ organizations }) => <span>{organizations?.join(", ")}</span>,
      },
    ],
    [t],
  );
}

interface DraftActionsProps {
  readonly draft: Draft;
  readonly onDelete: (draft: Draft) => void;
}

/** Running a saved job opens the wizard where it shows what would happen. */
function DraftActions({ draft, onDelete }: DraftActionsProps) {
  const { t } = useTexts();
  const may = useMay();
  const navigate = useNavigate();
  const name = draft.displayName || t("jobs.unnamed");
  return (
    <span>
      <Button
        size="small"
        appearance="subtle"
        icon={<PlayRegular />}
        tabIndex={-1}
        disabled={!may("runJobs")}
        aria-label={t("jobs.draft.run", { name })}
        onClick={() =>
          void navigate({
            to: "/jobs/definitions/create/$step",
            params: { step: "review" },
            search: { draft: draft.id ?? "" },
          })
        }
      />
      <Button
        size="small"
        appearance="subtle"
        icon={<DeleteRegular />}
        tabIndex={-1}
        disabled={!may("runJobs")}
        aria-label={t("jobs.draft.delete", { name })}
        onClick={() => onDelete(draft)}
      />
    </span>
  );
}
