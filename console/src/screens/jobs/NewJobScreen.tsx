import { Skeleton, SkeletonItem } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { getRouteApi } from "@tanstack/react-router";
import { useMemo } from "react";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { Page } from "../../components/Page";
import { PageHeader } from "../../components/PageHeader";
import { useTexts } from "../../texts/texts";
import { chosenDevices } from "./wizard/chosenDevices";
import { formOf, type JobForm } from "./wizard/form";
import { readSource, type Source } from "./wizard/queries";
import type { WizardSearch } from "./wizard/search";
import { Wizard } from "./wizard/Wizard";

const route = getRouteApi("/shell/jobs/definitions/create/$step");

/** The wizard, on what its address opens: nothing, a draft, a copy, a scheduled job, a rerun, a group, ticked devices. */
export function NewJobScreen() {
  const { t } = useTexts();
  const search = route.useSearch();
  const { draft, copy, copyScheduled, scheduled, rerun } = search;
  const opened = { draft, copy, copyScheduled, scheduled, rerun };
  const source = useQuery({
    queryKey: ["wizard", opened],
    queryFn: ({ signal }) => readSource(opened, signal),
    // What one edits is not exchanged below one's hands.
    staleTime: Infinity,
    gcTime: 0,
    refetchOnWindowFocus: false,
  });
  const trail = [<AppLink to="/jobs">{t("nav.jobs")}</AppLink>];

  if (source.data === undefined) {
    return (
      <Page>
        <PageHeader title={t("jobs.new")} trail={trail} />
        {source.error ? (
          <ErrorState error={source.error} onRetry={() => void source.refetch()} />
        ) : (
          <Skeleton aria-label={t("jobs.new")}>
            <SkeletonItem size={32} />
          </Skeleton>
        )}
      </Page>
    );
  }
  return <Opened key={JSON.stringify(search)} source={source.data} search={search} />;
}

function Opened({ source, search }: { source: Source; search: WizardSearch }) {
  const { t } = useTexts();
  // Where the page was opened is where the form begins; later changes of the address are steps.
  // eslint-disable-next-line react-hooks/exhaustive-deps
  const initial = useMemo(() => initialForm(source, search, t), []);
  return <Wizard source={source} initial={initial} />;
}

function initialForm(
  { job, copyOf, scheduled, rerun }: Source,
  { group, devices }: WizardSearch,
  t: ReturnType<typeof useTexts>["t"],
): JobForm {
  const form = formOf(job, new Date());
  const chosen = devices === undefined ? undefined : chosenDevices(devices);
  const named = (name: string) => ({ name: name.slice(0, 256) });
  if (rerun) {
    return {
      ...form,
      ...named(t("wizard.rerun.name", { name: rerun.name })),
      from: "rerun",
      rerun: { ...rerun, devices: chosen },
    };
  }
  return {
    ...form,
    ...(scheduled && { schedule: { ...form.schedule, fixed: true } }),
    ...(copyOf && named(t("wizard.copyName", { name: copyOf.name }))),
    ...(group !== undefined && { from: "group", group }),
    ...(chosen && { from: "list", listed: chosen }),
  };
}
