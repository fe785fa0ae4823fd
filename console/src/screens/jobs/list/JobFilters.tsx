import {
  Button,
  Dropdown,
  makeStyles,
  Option,
  tokens,
  type OptionOnSelectData,
} from "@fluentui/react-components";
import { FilterDismissRegular, PersonRegular } from "@fluentui/react-icons";
import { useCallback, useLayoutEffect, useRef } from "react";
import type { Schemas } from "../../../api/client";
import { SearchField } from "../../../components/SearchField";
import type { TextKey } from "../../../texts/catalogue";
import { useTexts } from "../../../texts/texts";
import { TYPES } from "../names";
import { isFiltered, type JobsSearch } from "./search";

const useStyles = makeStyles({
  root: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalS },
  search: { minWidth: "200px", maxWidth: "320px", flexGrow: 1, "& > *": { width: "100%" } },
  dropdown: { minWidth: "140px" },
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
  const change = useRef(onChange);
  useLayoutEffect(() => {
    change.current = onChange;
  }, [onChange]);
  const onSearch = useCallback((text: string) => change.current({ search: text || undefined }), []);
  const chosen = (text: string | undefined) => (text === undefined ? [] : text.split(","));
  const join = ({ selectedOptions }: OptionOnSelectData) => selectedOptions.join(",") || undefined;

  return (
    <div className={styles.root} role="search" aria-label={t("jobs.filter")}>
      <div className={styles.search}>
        <SearchField label={t("jobs.search")} value={search.search ?? ""} onSearch={onSearch} />
      </div>
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
      <Button
        icon={<PersonRegular />}
        appearance={search.owner === me ? "primary" : "secondary"}
        aria-pressed={search.owner === me}
        onClick={() => onChange({ owner: search.owner === me ? undefined : me })}
      >
        {t("jobs.mine")}
      </Button>
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
            })
          }
        >
          {t("jobs.filter.clear")}
        </Button>
      )}
    </div>
  );
}
