import type { Schemas } from "../../api/client";
import { AppLink } from "../../components/AppLink";
import { TimeText } from "../../components/TimeText";
import type { GridColumn } from "../../grid/column";
import type { TextKey, Translate } from "../../texts/catalogue";
import { ACTIONS, KINDS, thingOf } from "./thing";

export type AuditEntry = Schemas["AuditEntry"];

/** A word of the server in the reader's language; one that is not known stands as it is. */
function said(word: string, texts: Readonly<Record<string, TextKey>>, t: Translate): string {
  const key = Object.hasOwn(texts, word) ? texts[word] : undefined;
  // The texts of this area have no parameter.
  return key === undefined ? word : (t as (key: TextKey) => string)(key);
}

/** Who it was, for people: a user's mail address, otherwise `token ci`, `policy service`, the system. */
export function sayActor(actor: string, actorName: string | null | undefined, t: Translate): string {
  if (actorName) return actorName;
  if (actor === "system") return t("audit.actor.system");
  if (actor === "nobody") return t("audit.actor.nobody");
  const [kind, ...rest] = actor.split(":");
  const name = rest.join(":");
  if (kind === "token") return t("audit.actor.token", { name });
  if (kind === "policy") return t("audit.actor.policy", { name });
  return name || actor;
}

/** The columns of the audit log. */
export function auditColumns(t: Translate): readonly GridColumn<AuditEntry>[] {
  const text = (value: string | null | undefined) => (value ? <span title={value}>{value}</span> : null);
  return [
    {
      id: "time",
      header: t("audit.time"),
      width: 190,
      fixed: true,
      cell: ({ time }) => <TimeText time={time} />,
    },
    {
      id: "actor",
      header: t("audit.actor"),
      width: 190,
      grows: true,
      cell: ({ actor, actorName }) => (
        <AppLink to="/audit" search={(before: object) => ({ ...before, actor })} title={actor} tabIndex={-1}>
          {sayActor(actor, actorName, t)}
        </AppLink>
      ),
    },
    {
      id: "action",
      header: t("audit.action"),
      width: 150,
      cell: ({ action }) => <span>{said(action, ACTIONS, t)}</span>,
    },
    {
      id: "kind",
      header: t("audit.kind"),
      width: 150,
      cell: ({ kind }) => <span>{said(kind, KINDS, t)}</span>,
    },
    {
      id: "thing",
      header: t("audit.thing"),
      width: 200,
      grows: true,
      cell: ({ kind, id, action }) => {
        const place = thingOf(kind, id, action);
        if (!place) return text(id);
        return (
          <AppLink {...place} title={id ?? ""} tabIndex={-1}>
            {id}
          </AppLink>
        );
      },
    },
    { id: "detail", header: t("audit.detail"), width: 200, grows: true, cell: ({ detail }) => text(detail) },
    {
      id: "organization",
      header: t("audit.organization"),
      width: 140,
      cell: ({ organization }) => text(organization),
    },
    {
      id: "address",
      header: t("audit.address"),
      width: 140,
      hidden: true,
      cell: ({ address }) => text(address),
    },
  ];
}
