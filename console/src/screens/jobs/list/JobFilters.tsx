import {
  Button,
  Dropdown,
  makeStyles,
  mergeClasses,
  Option,
  tokens,
  type OptionOnSelectData,
} from "@fluentui/react-components";
import { FilterDismissRegular, FilterRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useLayoutEffect, useRef, useState } from "react";
import type { Schemas } from "../../../api/client";
import { groupsQuery, organizationsQuery } from "../../../api/lists";
import { Picker } from "../../../components/Picker";
import { SearchField } from "../../../components/SearchField";
import { useMay } from "../../../session/session";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { tokensQuery, userName, usersQuery } from "../../permissions/access";
import { TYPES } from "../names";
import { ownerText } from "./columns";
import { isFiltered, type JobsSearch } from "./search";
import { SinceChip } from "./SinceChip";

const PHONE = "@media (max-width: 640px)";

const useStyles = makeStyles({
  root: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
  search: { minWidth: "200px", maxWidth: "320px", flexGrow: 1, "& > *": { width: "100%" } },
  dropdown: { minWidth: "140px" },
  // On a phone the filters would be all that one sees.
  toggle: { display: "none", [PHONE]: { display: "inline-flex" } },
  filters: { display: "contents", [PHONE]: { display: "none" } },
  open: { [PHONE]: { display: "contents" } },
});

const STATUSES: Record<Schemas["JobStatus"], TextKey & `job.status.${string}`> = {
  pending: "job.status.pending",
  running: "job.status.running",
  complete: "job.status.complete",
  failed: "job.status.failed",
  stopped: "job.status.stopped",
  cancelled: "job.status.cancelled",
};

type Part = { readonly [Key in keyof JobsSearch]: JobsSearch[Key] | undefined };

interface Props {
  readonly search: JobsSearch;
  readonly onChange: (part: Part) => void;
  /** The one who looks, as owners are named. */
  readonly me: string;
}

/** Search and filters of the jobs; they stand in the address. */
export function JobFilters({ search, onChange, me }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const [open, setOpen] = useState(isFiltered(search));
  const { data: groups = [] } = useQuery({ ...groupsQuery, enabled: may("viewGroups") });
  const { data: organizations = [] } = useQuery({
    ...organizationsQuery,
    enabled: may("viewOrganizations"),
  });
  const { data: users = [] } = useQuery({ ...usersQuery, staleTime: 30_000, enabled: may("manageUsers") });
  const { data: tokens = [] } = useQuery({ ...tokensQuery, staleTime: 30_000, enabled: may("manageTokens") });
  const owners = [
    { value: me, text: t("jobs.mine") },
    ...users
      .map((user) => ({ value: `user:${user.id ?? ""}`, text: userName(user) }))
      .filter(({ value }) => value !== me),
    ...tokens.map(({ id = "" }) => ({ value: `token:${id}`, text: t("jobs.owner.token", { id }) })),
  ];
  // One that is gone, or that only an administrator sees.
  const { owner } = search;
  if (owner !== undefined && !owners.some(({ value }) => value === owner)) {
    owners.push({ value: owner, text: ownerText({ owner }, t) });
  }
  const chosen = (text: string | undefined) => (text === undefined ? [] : text.split(","));
  const join = ({ selectedOptions }: OptionOnSelectData) => selectedOptions.join(",") || undefined;

  return (
    <div className={styles.root} role="search" aria-label={t("jobs.filter")}>
      <JobSearch search={search} onChange={onChange} />
      <Button
        className={styles.toggle}
        icon={<FilterRegular />}
        aria-expanded={open}
        onClick={() => setOpen(!open)}
      >
        {t("jobs.filters")}
      </Button>
      <div className={mergeClasses(styles.filters, open && styles.open)}>
        {search.view !== "running" && (
          <Dropdown
            multiselect
            className={styles.dropdown}
            aria-label={t("jobs.column.status")}
            placeholder={t("jobs.column.status")}
            value={chosen(search.status)
              .map((status) => t(STATUSES[status as Schemas["JobStatus"]]))
              .join(", ")}
            selectedOptions={chosen(search.status)}
            onOptionSelect={(_, data) => onChange({ status: join(data) })}
          >
            {Object.entries(STATUSES).map(([status, text]) => (
              <Option key={status} value={status}>
                {t(text)}
              </Option>
            ))}
          </Dropdown>
        )}
        <Dropdown
          multiselect
          className={styles.dropdown}
          aria-label={t("jobs.column.type")}
          placeholder={t("jobs.column.type")}
          value={chosen(search.type)
            .map((type) => t(TYPES[type as Schemas["JobData"]["type"]].name))
            .join(", ")}
          selectedOptions={chosen(search.type)}
          onOptionSelect={(_, data) => onChange({ type: join(data) })}
        >
          {Object.entries(TYPES).map(([type, { name }]) => (
            <Option key={type} value={type}>
              {t(name)}
            </Option>
          ))}
        </Dropdown>
        {may("viewGroups") && (
          <Picker
            bare
            clearable
            label={t("jobs.column.group")}
            placeholder={t("jobs.column.group")}
            value={search.group ?? ""}
            options={groups.map(({ id, displayName }) => ({ value: id, text: displayName }))}
            onChange={(group) => onChange({ group: group || undefined })}
          />
        )}
        {organizations.length > 0 && (
          <Picker
            bare
            clearable
            label={t("jobs.column.organization")}
            placeholder={t("jobs.column.organization")}
            value={search.organization ?? ""}
            options={organizations.map(({ id, displayName }) => ({ value: id ?? "", text: displayName }))}
            onChange={(organization) => onChange({ organization: organization || undefined })}
          />
        )}
        <Picker
          bare
          clearable
          label={t("jobs.column.owner")}
          placeholder={t("jobs.everybody")}
          value={search.owner ?? ""}
          options={owners}
          onChange={(owner) => onChange({ owner: owner || undefined })}
        />
        <SinceChip since={search.since} onChange={(since) => onChange({ since })} />
        {isFiltered(search) && (
          <Button
            appearance="subtle"
            icon={<FilterDismissRegular />}
            onClick={() =>
              onChange({
                search: undefined,
                status: undefined,
                type: undefined,
                group: undefined,
                owner: undefined,
                organization: undefined,
                since: undefined,
              })
            }
          >
            {t("jobs.filter.clear")}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Search alone, for saved and scheduled jobs. */
export function JobSearch({ search, onChange }: Pick<Props, "search" | "onChange">) {
  const styles = useStyles();
  const { t } = useTexts();
  const change = useRef(onChange);
  useLayoutEffect(() => {
    change.current = onChange;
  }, [onChange]);
  const onSearch = useCallback((text: string) => change.current({ search: text || undefined }), []);
  return (
    <div className={styles.search}>
      <SearchField label={t("jobs.search")} value={search.search ?? ""} onSearch={onSearch} />
    </div>
  );
}
