import { Button, Field, Input, makeStyles, Select, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useCallback, useState } from "react";
import { Picker } from "../../components/Picker";
import { SearchField } from "../../components/SearchField";
import { useMay } from "../../session/session";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { tokensQuery, userName, usersQuery } from "../permissions/access";
import { sayActor } from "./columns";
import { fromLocal, isNarrowed, SPANS, toLocal, type AuditPart, type AuditSearch, type Span } from "./search";
import { KINDS } from "./thing";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "end",
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
  },
  actor: { width: "240px" },
  filter: { minWidth: "150px" },
});

const SPAN_TEXTS: Record<Span, TextKey & `audit.last.${Span}`> = {
  "1h": "audit.last.1h",
  "24h": "audit.last.24h",
  "7d": "audit.last.7d",
  "30d": "audit.last.30d",
};

const BETWEEN = "between";

interface Props {
  readonly search: AuditSearch;
  readonly onChange: (part: AuditPart) => void;
}

/** Who, what and when. */
export function AuditFilters({ search, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const { data: users = [] } = useQuery({ ...usersQuery, staleTime: 30_000, enabled: may("manageUsers") });
  const { data: tokens = [] } = useQuery({ ...tokensQuery, staleTime: 30_000, enabled: may("manageTokens") });
  const { actor = "", kind = "", id = "", last, since, until } = search;
  const [wantsTimes, setWantsTimes] = useState(false);
  const hasTimes = since !== undefined || until !== undefined;
  const onId = useCallback((id: string) => onChange({ id }), [onChange]);

  const actors = [
    ...users.map((user) => ({ value: `user:${user.id ?? ""}`, text: userName(user) })),
    ...tokens.map(({ id = "" }) => ({ value: `token:${id}`, text: t("audit.actor.token", { name: id }) })),
    { value: "system", text: t("audit.actor.system") },
  ];
  // One that is gone, or a policy of the hub face, which a row led to.
  if (actor !== "" && !actors.some(({ value }) => value === actor)) {
    actors.push({ value: actor, text: sayActor(actor, undefined, t) });
  }
  const time = last ?? (hasTimes || wantsTimes ? BETWEEN : "");

  return (
    <div className={styles.root} role="search" aria-label={t("audit.filters")}>
      <div className={styles.actor}>
        <Picker
          label={t("audit.actor")}
          options={actors}
          value={actor}
          onChange={(actor) => onChange({ actor })}
          placeholder={t("audit.anyone")}
          clearable
        />
      </div>
      <Field label={t("audit.kind")} className={styles.filter}>
        <Select value={kind} onChange={(_, { value }) => onChange({ kind: value })}>
          <option value="">{t("audit.anything")}</option>
          {Object.entries(KINDS).map(([name, text]) => (
            <option key={name} value={name}>
              {t(text)}
            </option>
          ))}
          {kind !== "" && !Object.hasOwn(KINDS, kind) && <option value={kind}>{kind}</option>}
        </Select>
      </Field>
      <Field label={t("audit.id")} className={styles.filter}>
        <SearchField label={t("audit.id")} value={id} onSearch={onId} />
      </Field>
      <Field label={t("audit.time")} className={styles.filter}>
        <Select
          value={time}
          onChange={(_, { value }) => {
            setWantsTimes(value === BETWEEN);
            const span = (Object.keys(SPANS) as Span[]).find((span) => span === value);
            onChange(
              value === BETWEEN ? { last: undefined } : { last: span, since: undefined, until: undefined },
            );
          }}
        >
          <option value="">{t("audit.always")}</option>
          {Object.entries(SPAN_TEXTS).map(([span, text]) => (
            <option key={span} value={span}>
              {t(text)}
            </option>
          ))}
          <option value={BETWEEN}>{t("audit.between")}</option>
        </Select>
      </Field>
      {time === BETWEEN && (
        <>
          <Field label={t("audit.since")}>
            <Input
              type="datetime-local"
              value={toLocal(since)}
              onChange={(_, { value }) => onChange({ since: fromLocal(value) })}
            />
          </Field>
          <Field label={t("audit.until")}>
            <Input
              type="datetime-local"
              value={toLocal(until)}
              onChange={(_, { value }) => onChange({ until: fromLocal(value) })}
            />
          </Field>
        </>
      )}
      {isNarrowed(search) && (
        <Button
          appearance="subtle"
          onClick={() => {
            setWantsTimes(false);
            onChange({
              actor: undefined,
              kind: undefined,
              id: undefined,
              last: undefined,
              since: undefined,
              until: undefined,
            });
          }}
        >
          {t("audit.clear")}
        </Button>
      )}
    </div>
  );
}
