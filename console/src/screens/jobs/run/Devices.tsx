import { Button, makeStyles, Select, Spinner, tokens } from "@fluentui/react-components";
import {
  ArrowDownloadRegular,
  ArrowRepeatAllRegular,
  DismissRegular,
  FilterRegular,
} from "@fluentui/react-icons";
import { useCallback, useMemo, useState } from "react";
import { answer, api } from "../../../api/client";
import { saveFile } from "../../../app/saveFile";
import { EmptyState } from "../../../components/EmptyState";
import { useNotify } from "../../../components/notify";
import { SearchField } from "../../../components/SearchField";
import { DataGrid } from "../../../grid/DataGrid";
import { NOTHING, type Selection } from "../../../grid/selection";
import { useMay } from "../../../session/session";
import { useTexts } from "../../../texts/texts";
import { Maybe } from "./Actions";
import { sayCode } from "./codes";
import { useDeviceColumns } from "./columns";
import { DEVICE_STATUS } from "./DeviceStatusBadge";
import { deviceSource, idsOf, type DeviceRow } from "./devices";
import { isFiltered, STATUSES, without, type DeviceFilter } from "./filter";
import { useReading } from "./useReading";
import { useRerun } from "./useRerun";
import type { Job } from "./follower";
import { CLASSES, isClass } from "./Failures";
import { TwinColumns } from "./TwinColumns";

/** Devices of a rerun at most: the server takes no more by id. */
const RERUN_MAX = 100_000;

const useStyles = makeStyles({
  tools: {
    display: "inline-flex",
    flexWrap: "wrap",
    alignItems: "center",
    justifyContent: "flex-end",
    gap: tokens.spacingHorizontalS,
  },
});

interface Props {
  readonly job: Job;
  readonly filter: DeviceFilter;
  readonly onFilter: (filter: DeviceFilter) => void;
  readonly onOpen: (device: string) => void;
  /** Values of the twins that stand beside the results. */
  readonly paths: readonly string[];
  readonly onPaths: (paths: string[]) => void;
}

/** The devices of the job, each with what became of it. */
export function Devices({ job, filter, onFilter, onOpen, paths, onPaths }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const columns = useDeviceColumns(paths);
  const { total } = job.counters;
  const filterText = JSON.stringify(filter);
  const source = useMemo(
    () => deviceSource(job.id, JSON.parse(filterText) as DeviceFilter, paths.join(","), total),
    [job.id, filterText, paths, total],
  );
  // What is chosen is chosen of one list: another filter is another list.
  const [chosen, setChosen] = useState<{ of: string; selection: Selection }>();
  const of = `${job.id} ${filterText}`;
  const selection = chosen?.of === of ? chosen.selection : NOTHING;
  const notify = useNotify();
  const readChosen = useReading();
  const goToRerun = useRerun();
  const open = useCallback((row: DeviceRow) => onOpen(row.id), [onOpen]);
  const search = useCallback(
    (search: string) =>
      onFilter({ ...without(JSON.parse(filterText) as DeviceFilter, "search"), ...(search && { search }) }),
    [filterText, onFilter],
  );

  const some = selection.kind === "allBut" || selection.ids.size > 0;
  const isOut = job.end == null || job.counters.running > 0;
  const whyNot = !may("runJobs") ? t("run.mayNot") : isOut ? t("run.rerun.notYet") : undefined;

  /** Who is meant is read before anything is asked: of a filtered list nobody knows how many they are. */
  const rerun = () =>
    readChosen.read(
      (signal) => idsOf(job.id, filter, selection, RERUN_MAX, signal),
      (ids) => {
        if (ids.length === 0) notify.failed(t("run.chosen.failed"), new Error(t("run.chosen.none")));
        else if (ids.length > RERUN_MAX) {
          notify.failed(t("run.chosen.failed"), new Error(t("run.rerun.tooMany", { count: RERUN_MAX })));
        } else goToRerun(job, ids);
      },
      (error) => notify.failed(t("run.chosen.failed"), error),
    );

  const saveLog = () =>
    readChosen.read(
      async (signal) => {
        const devices = [...(await idsOf(job.id, filter, selection, RERUN_MAX, signal))];
        if (devices.length > RERUN_MAX) throw new Error(t("run.rerun.tooMany", { count: RERUN_MAX }));
        return answer(
          api.POST("/jobs/{jobId}/results", {
            params: {
              path: { jobId: job.id },
              query: { format: "csv", ...(paths.length > 0 && { columns: paths.join(",") }) },
            },
            body: { devices },
            parseAs: "text",
            signal,
          }),
        );
      },
      (text) => saveFile(`${job.id}.csv`, "text/csv", text),
      (error) => notify.failed(t("run.log.failed"), error),
    );

  return (
    <>
      <DataGrid
        name="run.devices"
        label={t("run.devices.label")}
        source={source}
        columns={columns}
        rowId={({ id }) => id}
        rowName={({ displayName }) => displayName}
        isSelectable={isHere}
        selection={selection}
        onSelection={(selection) => setChosen({ of, selection })}
        onOpen={open}
        empty={
          isFiltered(filter) ? (
            <EmptyState
              icon={FilterRegular}
              title={t("run.devices.noneMatch")}
              body={t("run.devices.noneMatch.body")}
              actions={<Button onClick={() => onFilter({})}>{t("run.filter.clear")}</Button>}
            />
          ) : (
            <EmptyState
              icon={FilterRegular}
              title={t("run.devices.none")}
              body={t(job.start == null ? "run.devices.notYet" : "run.devices.none.body")}
            />
          )
        }
        tools={
          <span className={styles.tools}>
            {some && (
              <Maybe
                why={whyNot}
                size="small"
                icon={readChosen.busy ? <Spinner size="tiny" /> : <ArrowRepeatAllRegular />}
                disabled={readChosen.busy}
                onClick={rerun}
              >
                {t(readChosen.busy ? "run.chosen.reading" : "run.rerun.selected")}
              </Maybe>
            )}
            {some && (
              <Button
                size="small"
                icon={<ArrowDownloadRegular />}
                disabled={readChosen.busy}
                onClick={saveLog}
              >
                {t("run.log.selected")}
              </Button>
            )}
            <FilterChips filter={filter} onFilter={onFilter} />
            <Select
              size="medium"
              aria-label={t("run.filter.status")}
              value={filter.status ?? ""}
              onChange={(_, { value }) => {
                const status = STATUSES.find((status) => status === value);
                onFilter({ ...without(filter, "status"), ...(status && { status }) });
              }}
            >
              <option value="">{t("run.filter.status.all")}</option>
              {STATUSES.map((status) => (
                <option key={status} value={status}>
                  {t(DEVICE_STATUS[status].text)}
                </option>
              ))}
            </Select>
            <SearchField label={t("run.filter.search")} value={filter.search ?? ""} onSearch={search} />
            <TwinColumns paths={paths} onChange={onPaths} />
          </span>
        }
      />
    </>
  );
}

/** The parts of the filter that have no field of their own; each can be taken away. */
function FilterChips({ filter, onFilter }: Pick<Props, "filter" | "onFilter">) {
  const { t, formats } = useTexts();
  const say = (name: keyof DeviceFilter, value: string) => {
    if (name === "class" && isClass(value)) return t(CLASSES[value]);
    if (name === "code") return sayCode(value, t);
    if (name === "batch") return t("run.batch.number", { number: formats.number(Number(value)) });
    return value;
  };
  return (["class", "code", "responseStatus", "batch"] as const).map((name) => {
    const value = filter[name];
    if (value === undefined) return null;
    return (
      <Button
        key={name}
        size="small"
        appearance="outline"
        icon={<DismissRegular />}
        iconPosition="after"
        aria-label={t("run.filter.remove", { what: say(name, value) })}
        onClick={() => onFilter(without(filter, name))}
      >
        {say(name, value)}
      </Button>
    );
  });
}

function isHere({ deleted }: DeviceRow): boolean {
  return !deleted;
}
