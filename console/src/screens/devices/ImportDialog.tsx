import {
  Button,
  Field,
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useRef, useState } from "react";
import { answer, api, type Schemas } from "../../api/client";
import { saveFile } from "../../app/saveFile";
import { ErrorState } from "../../components/ErrorState";
import { FormDialog } from "../../components/FormDialog";
import { useNotify } from "../../components/notify";
import { OrganizationPicker } from "../../components/OrganizationPicker";
import { TemplatePicker } from "../../components/TemplatePicker";
import { useTexts } from "../../texts/texts";

type Report = Schemas["ImportReport"];

const useStyles = makeStyles({
  file: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  hidden: { display: "none" },
  faults: { maxHeight: "280px", overflowY: "auto" },
  line: { width: "72px" },
  column: { width: "160px" },
  sample: { overflowWrap: "anywhere", color: tokens.colorNeutralForeground2 },
});

interface Props {
  readonly template: string | undefined;
  readonly onClose: () => void;
}

/** Makes devices from a CSV file (iot-central §7.6): first it says what would be made, and which lines are faulty. */
export function ImportDialog({ template: initial, onClose }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const queries = useQueryClient();
  const { done } = useNotify();
  const input = useRef<HTMLInputElement>(null);
  const [template, setTemplate] = useState(initial ?? "");
  const [organization, setOrganization] = useState("");
  const [file, setFile] = useState<{ readonly name: string; readonly text: string; readonly read: number }>();

  const query = {
    ...(template !== "" && { template }),
    ...(organization !== "" && { organization }),
  };
  const send = async (text: string, preview: boolean): Promise<Report> =>
    answer(
      api.POST("/deviceImport", {
        params: { query: { ...query, ...(preview && { preview: "true" }) } },
        headers: { "Content-Type": "text/csv" },
        body: text,
        bodySerializer: (body) => body,
      }),
    );
  const preview = useQuery({
    queryKey: ["deviceImport", file?.name, file?.read, query],
    queryFn: () => send(file?.text ?? "", true),
    enabled: file !== undefined,
    staleTime: Infinity,
    gcTime: 0,
  });
  const report = preview.data;
  const ready = report !== undefined && report.faulty === 0 && report.created > 0 && !preview.isFetching;

  const choose = async (chosen: File | undefined) => {
    if (!chosen) return;
    setFile({ name: chosen.name, text: await chosen.text(), read: Date.now() });
  };
  const run = async () => {
    const made = await send(file?.text ?? "", false);
    void queries.invalidateQueries({ queryKey: ["devices"] });
    if (made.faulty > 0) {
      // Somebody made a device of the file meanwhile: nothing was made, and the report says which line it is.
      await preview.refetch();
      throw new Error(t("devices.import.changed"));
    }
    done(t("devices.import.done", { count: made.created }));
  };

  return (
    <FormDialog
      wide
      title={t("devices.import.title")}
      action={t("devices.import.run")}
      ready={ready}
      onSubmit={run}
      onClose={onClose}
    >
      <Text>{t("devices.import.about")}</Text>
      <TemplatePicker value={template} onChange={setTemplate} />
      <OrganizationPicker value={organization} onChange={setOrganization} />
      <Field label={t("devices.import.file")} required>
        <div className={styles.file}>
          <input
            ref={input}
            type="file"
            accept=".csv,text/csv"
            className={styles.hidden}
            aria-label={t("devices.import.file")}
            onChange={(event) => {
              void choose(event.target.files?.[0]);
              // The same file, corrected, can be chosen again.
              event.target.value = "";
            }}
          />
          <Button onClick={() => input.current?.click()}>{t("devices.import.choose")}</Button>
          <Text>{file?.name ?? t("devices.import.noFile")}</Text>
        </div>
      </Field>
      {preview.isFetching && <Spinner size="tiny" label={t("devices.import.checking")} />}
      {preview.error && <ErrorState error={preview.error} title={t("devices.import.unreadable")} />}
      {report && !preview.isFetching && report.faulty === 0 && (
        <MessageBar intent={report.created > 0 ? "success" : "warning"} layout="multiline">
          <MessageBarBody>
            <MessageBarTitle>{t("devices.import.would", { count: report.created })}</MessageBarTitle>
            <span className={styles.sample}>{sampleText(report)}</span>
          </MessageBarBody>
        </MessageBar>
      )}
      {report && !preview.isFetching && report.faulty > 0 && (
        <>
          <MessageBar intent="error" layout="multiline" role="alert">
            <MessageBarBody>
              <MessageBarTitle>
                {t("devices.import.faulty", {
                  count: report.faulty,
                  number: formats.number(report.devices),
                })}
              </MessageBarTitle>
              {t("devices.import.nothingMade")}
            </MessageBarBody>
          </MessageBar>
          <div className={styles.faults}>
            <Table size="small" aria-label={t("devices.import.faults")}>
              <TableHeader>
                <TableRow>
                  <TableHeaderCell className={styles.line}>{t("devices.import.line")}</TableHeaderCell>
                  <TableHeaderCell className={styles.column}>{t("devices.import.column")}</TableHeaderCell>
                  <TableHeaderCell>{t("devices.import.rule")}</TableHeaderCell>
                </TableRow>
              </TableHeader>
              <TableBody>
                {report.faults.map((fault, index) => (
                  <TableRow key={index}>
                    <TableCell className={styles.line}>{formats.number(fault.line)}</TableCell>
                    <TableCell className={styles.column}>{fault.column ?? ""}</TableCell>
                    <TableCell>
                      {fault.value ? `“${fault.value}”: ` : ""}
                      {fault.message}
                    </TableCell>
                  </TableRow>
                ))}
              </TableBody>
            </Table>
          </div>
          <div>
            <Button
              size="small"
              onClick={() => saveFile(`${file?.name ?? "import"}.errors.csv`, "text/csv", errorLog(report))}
            >
              {t("devices.import.log")}
            </Button>
          </div>
        </>
      )}
    </FormDialog>
  );
}

function sampleText({ sample, created }: Report): string {
  const names = sample
    .slice(0, 5)
    .map(({ id, displayName }) => (displayName === id ? id : `${id} (${displayName})`));
  return names.join(", ") + (created > names.length ? ", …" : "");
}

/** The faulty lines as CSV. A cell that a spreadsheet would take for a formula is kept from it by a quote. */
export function errorLog({ faults }: Pick<Report, "faults">): string {
  const cell = (text: string) => {
    const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
    return `"${safe.replaceAll('"', '""')}"`;
  };
  const rows = faults.map(({ line, column, value, message }) => [
    String(line),
    column ?? "",
    value ?? "",
    message,
  ]);
  return [["Line", "Column", "Value", "Error"], ...rows].map((row) => row.map(cell).join(",")).join("\r\n");
}
