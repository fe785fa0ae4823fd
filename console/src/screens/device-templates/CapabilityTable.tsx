import {
  makeStyles,
  Table,
  TableBody,
  TableCell,
  TableHeader,
  TableHeaderCell,
  TableRow,
  Text,
  tokens,
} from "@fluentui/react-components";
import { DocumentTableRegular } from "@fluentui/react-icons";
import { EmptyState } from "../../components/EmptyState";
import { useMemo } from "react";
import { capabilitiesOf, type Capability } from "../../dtdl/model";
import type { Schema } from "../../dtdl/schema";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";

const useStyles = makeStyles({
  room: { overflowX: "auto" },
  table: { minWidth: "720px", backgroundColor: tokens.colorNeutralBackground1 },
  name: { display: "flex", flexDirection: "column", minWidth: 0, overflowWrap: "anywhere" },
  quiet: { color: tokens.colorNeutralForeground2 },
});

const KINDS = {
  property: "templates.kind.property",
  readOnlyProperty: "templates.kind.readOnlyProperty",
  cloudProperty: "templates.kind.cloudProperty",
  command: "templates.kind.command",
} as const satisfies Record<Capability["kind"], TextKey>;

/** What the devices of a template can do, as far as jobs and groups are concerned. */
export function CapabilityTable({ text }: { text: string }) {
  const styles = useStyles();
  const { t, language } = useTexts();
  const capabilities = useMemo(() => {
    try {
      const { capabilityModel } = JSON.parse(text) as { capabilityModel?: unknown };
      return capabilitiesOf(capabilityModel, language);
    } catch {
      return undefined;
    }
  }, [text, language]);
  if (!capabilities) return <Text>{t("templates.noJson")}</Text>;
  if (capabilities.length === 0)
    return (
      <EmptyState
        icon={DocumentTableRegular}
        title={t("templates.noCapabilities")}
        body={t("templates.noCapabilities.body")}
      />
    );
  return (
    // Scrolled sideways where it is narrow, also with the keyboard.
    // eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex
    <div className={styles.room} tabIndex={0} role="region" aria-label={t("templates.view.capabilities")}>
      <Table className={styles.table} aria-label={t("templates.view.capabilities")}>
        <TableHeader>
          <TableRow>
            <TableHeaderCell>{t("templates.column.name")}</TableHeaderCell>
            <TableHeaderCell>{t("templates.column.kind")}</TableHeaderCell>
            <TableHeaderCell>{t("templates.column.schema")}</TableHeaderCell>
            <TableHeaderCell>{t("templates.column.component")}</TableHeaderCell>
          </TableRow>
        </TableHeader>
        <TableBody>
          {capabilities.map((one) => (
            <TableRow key={`${one.kind} ${one.path}`}>
              <TableCell>
                <span className={styles.name}>
                  <Text>{one.label}</Text>
                  <Text size={200} className={styles.quiet}>
                    {one.path}
                  </Text>
                </span>
              </TableCell>
              <TableCell>{t(KINDS[one.kind])}</TableCell>
              <TableCell>{schemaText(one)}</TableCell>
              <TableCell>{one.component ?? ""}</TableCell>
            </TableRow>
          ))}
        </TableBody>
      </Table>
    </div>
  );
}

/** A schema in DTDL's own words, with unit and bounds. */
function schemaText({ schema, unit, minimum, maximum }: Capability): string {
  const bounds =
    minimum === undefined && maximum === undefined ? "" : ` [${minimum ?? "…"} – ${maximum ?? "…"}]`;
  return schema ? `${nameOf(schema)}${unit ? ` (${unit})` : ""}${bounds}` : "";
}

function nameOf(schema: Schema): string {
  switch (schema.kind) {
    case "enum":
      return schema.options.map(({ label }) => label).join(" | ");
    case "object":
      return `{ ${schema.fields.map(({ name, schema }) => `${name}: ${nameOf(schema)}`).join(", ")} }`;
    case "map":
      return `map of ${nameOf(schema.values)}`;
    case "array":
      return `array of ${nameOf(schema.items)}`;
    default:
      return schema.kind;
  }
}
