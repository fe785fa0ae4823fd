import { makeStyles, Tab, TabList, tokens } from "@fluentui/react-components";
import { AddRegular } from "@fluentui/react-icons";
import { getRouteApi, useNavigate } from "@tanstack/react-router";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { GuardedButton } from "../../session/Guarded";
import { useSession } from "../../session/session";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { HoldBanner } from "./hold/HoldBanner";
import { HoldMenu } from "./hold/HoldMenu";
import { Calendar } from "./list/Calendar";
import { DraftsGrid, JobsGrid, ScheduledGrid } from "./list/grids";
import { JobFilters, JobSearch } from "./list/JobFilters";
import { Overview } from "./list/Overview";
import { JobQuestions } from "./list/JobQuestions";
import { isFiltered, VIEWS, withSearch, type JobsSearch, type View } from "./list/search";
import { ViewsMenu } from "./list/ViewsMenu";

const useStyles = makeStyles({
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
  tabs: { flexWrap: "wrap", minWidth: 0, maxWidth: "100%" },
  right: { display: "flex", columnGap: tokens.spacingHorizontalS, marginLeft: "auto" },
});

const VIEW_NAMES: Record<View, TextKey & `jobs.view.${View}`> = {
  attention: "jobs.view.attention",
  running: "jobs.view.running",
  saved: "jobs.view.saved",
  scheduled: "jobs.view.scheduled",
  calendar: "jobs.view.calendar",
  history: "jobs.view.history",
};

const route = getRouteApi("/shell/jobs");

export function JobsScreen() {
  const styles = useStyles();
  const { t } = useTexts();
  const navigate = useNavigate();
  const search = route.useSearch();
  const { userId } = useSession();
  // Whoever searches wants the list, not the most urgent of each.
  const view = search.view ?? (isFiltered(search) ? "history" : undefined);

  const open = (next: JobsSearch, replace = false) => void navigate({ to: "/jobs", search: next, replace });
  const create = (
    <GuardedButton
      needs="runJobs"
      appearance="primary"
      icon={<AddRegular />}
      onClick={() =>
        void navigate({ to: "/jobs/definitions/create/$step", params: { step: "configure" }, search: {} })
      }
    >
      {t("jobs.new")}
    </GuardedButton>
  );

  return (
    <Page filling={view !== undefined && view !== "calendar"}>
      <PageHeader title={t("nav.jobs")} actions={create} />
      <HoldBanner />
      <div className={styles.bar}>
        <TabList
          className={styles.tabs}
          selectedValue={view ?? "overview"}
          onTabSelect={(_, { value }) => {
            const chosen = VIEWS.find((view) => view === value);
            // What is old is a click away, and does not lengthen the first look.
            const recent = chosen === "history" && view !== "history" && { since: search.since ?? "30d" };
            open(chosen ? withSearch(search, { view: chosen, ...recent }) : {});
          }}
        >
          <Tab value="overview">{t("jobs.view.overview")}</Tab>
          {VIEWS.map((view) => (
            <Tab key={view} value={view}>
              {t(VIEW_NAMES[view])}
            </Tab>
          ))}
        </TabList>
        <div className={styles.right}>
          <ViewsMenu search={search} onOpen={open} />
          <HoldMenu />
        </div>
      </div>
      {(view === "saved" || view === "scheduled") && (
        <JobSearch search={search} onChange={(part) => open(withSearch(search, part), true)} />
      )}
      {view !== "saved" && view !== "scheduled" && view !== "calendar" && (
        <JobFilters
          search={{ ...search, ...(view && { view }) }}
          me={`user:${userId}`}
          onChange={(part) => open(withSearch({ view: view ?? "history", ...search }, part), true)}
        />
      )}
      <JobQuestions>
        {view === undefined && <Overview create={create} />}
        {view === "calendar" && <Calendar create={create} />}
        {view === "saved" && (
          <DraftsGrid search={search} create={create} onSearch={(next) => open(next, true)} />
        )}
        {view === "scheduled" && (
          <ScheduledGrid search={search} create={create} onSearch={(next) => open(next, true)} />
        )}
        {(view === "attention" || view === "running" || view === "history") && (
          <JobsGrid view={view} search={search} create={create} onSearch={(next) => open(next, true)} />
        )}
      </JobQuestions>
    </Page>
  );
}
