import { Button, Field, makeStyles, Subtitle2, Text, Textarea, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useMemo } from "react";
import { templatesQuery } from "../../api/lists";
import { CodeBlock } from "../../components/CodeBlock";
import { Picker } from "../../components/Picker";
import { templateOptions } from "../../components/TemplatePicker";
import { capabilitiesOf } from "../../dtdl/model";
import { useMay } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { operandsOf } from "./draft";
import { FilterRows } from "./FilterRows";
import type { FilterDraft } from "./useFilterDraft";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, minWidth: 0 },
  head: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
  title: { margin: 0 },
  right: { marginLeft: "auto" },
  text: { "& textarea": { fontFamily: tokens.fontFamilyMonospace } },
  quiet: { color: tokens.colorNeutralForeground2 },
});

interface Props {
  readonly filter: FilterDraft;
  readonly readOnly: boolean;
}

/** The filter of a group: rows that its template makes, and the text that they are; either can be edited. */
export function FilterEditor({ filter, readOnly }: Props) {
  const styles = useStyles();
  const { t, language } = useTexts();
  const may = useMay();
  const { data: templates } = useQuery({ ...templatesQuery, enabled: may("viewTemplates") });
  const { rows } = filter;
  const template = templates?.find((one) => one["@id"] === rows?.template);
  const operands = useMemo(
    () => operandsOf(template ? capabilitiesOf(template.capabilityModel, language) : []),
    [template, language],
  );
  return (
    <section className={styles.root} aria-label={t("groups.filter")}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.title}>
          {t("groups.filter")}
        </Subtitle2>
        {rows ? (
          <Button className={styles.right} size="small" disabled={readOnly} onClick={filter.editText}>
            {t("groups.editText")}
          </Button>
        ) : (
          <Button
            className={styles.right}
            size="small"
            disabled={readOnly || !filter.editRows}
            onClick={() => filter.editRows?.()}
          >
            {t("groups.editRows")}
          </Button>
        )}
      </div>
      {rows ? (
        <>
          <Picker
            label={t("devices.template")}
            value={rows.template}
            onChange={(next) => filter.setRows({ ...rows, template: next })}
            placeholder={t("groups.anyTemplate")}
            hint={t("groups.template.hint")}
            clearable
            disabled={readOnly}
            fault={templates && rows.template !== "" && !template ? t("groups.broken.template") : undefined}
            options={templateOptions(templates ?? [])}
          />
          <FilterRows draft={rows} operands={operands} readOnly={readOnly} onChange={filter.setRows} />
          <CodeBlock code={filter.text ?? t("groups.preview.incomplete")} what={t("groups.filter.text")} />
        </>
      ) : (
        <>
          <Field label={t("groups.filter.text")} hint={t("groups.filter.hint")}>
            <Textarea
              className={styles.text}
              value={filter.text ?? ""}
              rows={5}
              resize="vertical"
              spellCheck={false}
              readOnly={readOnly}
              onChange={(_, { value }) => filter.setText(value)}
            />
          </Field>
          {!filter.editRows && <Text className={styles.quiet}>{t("groups.onlyText")}</Text>}
        </>
      )}
    </section>
  );
}
