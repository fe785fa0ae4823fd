import {
  CalendarClockRegular,
  CheckmarkCircleRegular,
  SaveRegular,
  SearchRegular,
  TaskListSquareAddRegular,
} from "@fluentui/react-icons";
import { useQueryClient } from "@tanstack/react-query";
import { useMemo, useState, type ReactNode } from "react";
import { answer, api } from "../../../api/client";
import { ConfirmDialog } from "../../../components/ConfirmDialog";
import { EmptyState } from "../../../components/EmptyState";
import { DataGrid } from "../../../grid/DataGrid";
import { useTexts } from "../../../texts/texts";
import { nameOf } from "../names";
import { useDraftColumns, useJobColumns, useScheduledColumns } from "./columns";
import { draftsSource, jobsSource, scheduledSource, type Draft } from "./queries";
import { isFiltered, jobsQuery, savedQuery, sortOf, sortText, withSearch, type JobsSearch } from "./search";

interface JobsGridProps {
  readonly view: "attention" | "running" | "history";
  readonly search: JobsSearch;
  readonly create: ReactNode;
  readonly onSearch: (search: JobsSearch) => void;
}

interface SavedProps {
  readonly search: JobsSearch;
  readonly create: ReactNode;
  readonly onSearch: (search: JobsSearch) => void;
}

/** All jobs of a view, however many. */
export function JobsGrid({ view, search, create, onSearch }: JobsGridProps) {
  const { t } = useTexts();
  const columns = useJobColumns();
  const question = JSON.stringify(jobsQuery(view, search));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `question` is all of `search` that the source reads
  const source = useMemo(() => jobsSource(view, search), [view, question]);
  const empty = isFiltered(search) ? (
    <EmptyState icon={SearchRegular} title={t("jobs.none.title")} body={t("jobs.none.body")} />
  ) : view === "attention" ? (
    <EmptyState icon={CheckmarkCircleRegular} title={t("jobs.calm.title")} body={t("jobs.calm.body")} />
  ) : (
    <EmptyState
      icon={TaskListSquareAddRegular}
      title={t(view === "running" ? "jobs.idle.title" : "jobs.empty.title")}
      body={t("jobs.empty.body")}
      actions={create}
    />
  );
  return (
    <DataGrid
      name="jobs"
      label={t("nav.jobs")}
      source={source}
      columns={columns}
      rowId={({ id }) => id}
      rowName={nameOf}
      sort={sortOf(search)}
      onSort={(sort) => onSearch(withSearch({ view, ...search }, { sort: sortText(sort) }))}
      empty={empty}
    />
  );
}

export function DraftsGrid({ search, create, onSearch }: SavedProps) {
  const { t } = useTexts();
  const queries = useQueryClient();
  const [deleting, setDeleting] = useState<Draft>();
  const columns = useDraftColumns(setDeleting);
  const question = JSON.stringify(savedQuery(search));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `question` is all of `search` that the source reads
  const source = useMemo(() => draftsSource(search), [question]);
  return (
    <>
      <DataGrid
        name="jobs.saved"
        label={t("jobs.view.saved")}
        source={source}
        columns={columns}
        rowId={({ id }) => id ?? ""}
        rowName={nameOf}
        {...(search.sort !== undefined && { sort: sortOf(search) })}
        onSort={(sort) => onSearch(withSearch(search, { sort: sortText(sort) }))}
        empty={
          search.search === undefined ? (
            <EmptyState
              icon={SaveRegular}
              title={t("jobs.saved.title")}
              body={t("jobs.saved.body")}
              actions={create}
            />
          ) : (
            <EmptyState icon={SearchRegular} title={t("jobs.none.title")} body={t("jobs.none.body")} />
          )
        }
      />
      {deleting && (
        <ConfirmDialog
          title={t("jobs.draft.delete", { name: deleting.displayName || t("jobs.unnamed") })}
          body={t("jobs.draft.deleteBody")}
          action={t("jobs.draft.deleteAction")}
          onConfirm={async () => {
            await answer(
              api.DELETE("/jobDrafts/{draftId}", { params: { path: { draftId: deleting.id ?? "" } } }),
            );
            await queries.invalidateQueries({ queryKey: ["jobDrafts"] });
          }}
          onClose={() => setDeleting(undefined)}
        />
      )}
    </>
  );
}

export function ScheduledGrid({ search, create, onSearch }: SavedProps) {
  const { t } = useTexts();
  const columns = useScheduledColumns();
  const question = JSON.stringify(savedQuery(search));
  // eslint-disable-next-line react-hooks/exhaustive-deps -- `question` is all of `search` that the source reads
  const source = useMemo(() => scheduledSource(search), [question]);
  return (
    <DataGrid
      name="jobs.scheduled"
      label={t("jobs.view.scheduled")}
      source={source}
      columns={columns}
      rowId={({ id }) => id ?? ""}
      rowName={nameOf}
      {...(search.sort !== undefined && { sort: sortOf(search) })}
      onSort={(sort) => onSearch(withSearch(search, { sort: sortText(sort) }))}
      empty={
        search.search === undefined ? (
          <EmptyState
            icon={CalendarClockRegular}
            title={t("jobs.scheduled.title")}
            body={t("jobs.scheduled.body")}
            actions={create}
          />
        ) : (
          <EmptyState icon={SearchRegular} title={t("jobs.none.title")} body={t("jobs.none.body")} />
        )
      }
    />
  );
}
