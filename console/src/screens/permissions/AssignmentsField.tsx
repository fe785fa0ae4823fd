import { Button, Field, makeStyles, Select, Text, tokens, Tooltip } from "@fluentui/react-components";
import { AddRegular, DeleteRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { organizationsQuery } from "../../api/lists";
import { ErrorState } from "../../components/ErrorState";
import { fieldState, Picker } from "../../components/Picker";
import { useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { rolesQuery } from "./access";
import { faultOf, NO_ASSIGNMENT, type AssignmentFault, type DraftAssignment } from "./assignments";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalS, minWidth: 0 },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 1fr) minmax(0, 1fr) auto",
    columnGap: tokens.spacingHorizontalS,
    alignItems: "start",
    "@media (max-width: 479px)": {
      gridTemplateColumns: "minmax(0, 1fr) auto",
      rowGap: tokens.spacingVerticalXS,
    },
  },
  organization: { "@media (max-width: 479px)": { gridColumn: "1", gridRow: "2" } },
  // At the height of the boxes, which have a label above them.
  remove: { marginTop: "26px" },
});

const FAULTS = {
  role: "permissions.role.missing",
  organization: "permissions.organization.missing",
  twice: "permissions.role.twice",
} as const;

interface Props {
  readonly value: readonly DraftAssignment[];
  readonly onChange: (value: readonly DraftAssignment[]) => void;
}

/** Which roles somebody has, and in which organizations; at least one. */
export function AssignmentsField({ value, onChange }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const session = useSession();
  const roles = useQuery(rolesQuery);
  const organizations = useQuery(organizationsQuery);
  // What is not chosen yet is no fault before one went on.
  const [left, setLeft] = useState(false);
  const known = roles.data ?? [];
  // Nobody gives more than he has: who has roles within organizations only gives those.
  const offered = known.filter(
    ({ withinOrganization }) => withinOrganization || session.roles.some(({ organization }) => !organization),
  );
  const places = (organizations.data ?? []).map(({ id = "", displayName }) => ({
    value: id,
    text: displayName,
    note: id,
  }));
  const set = (index: number, part: Partial<DraftAssignment>) =>
    onChange(value.map((draft, at) => (at === index ? { ...draft, ...part } : draft)));
  const sayFault = (index: number, ...wanted: AssignmentFault[]) => {
    const fault = faultOf(value, index, known);
    if (!fault || !wanted.includes(fault) || (fault !== "twice" && !left)) return undefined;
    return t(FAULTS[fault]);
  };

  const error = roles.error ?? organizations.error;
  if (error) {
    return (
      <ErrorState
        error={error}
        onRetry={() => {
          void roles.refetch();
          void organizations.refetch();
        }}
      />
    );
  }
  return (
    <div className={styles.root} role="group" aria-label={t("permissions.roles")}>
      {value.map((draft, index) => {
        const role = known.find(({ id }) => id === draft.role);
        return (
          <div key={index} className={styles.row}>
            <Field label={t("permissions.role")} required {...fieldState(sayFault(index, "role", "twice"))}>
              <Select
                value={draft.role}
                onChange={(_, { value: chosen }) => {
                  set(index, { role: chosen });
                  setLeft(true);
                }}
              >
                <option value="">{t("value.choose")}</option>
                {offered.map(({ id, displayName }) => (
                  <option key={id} value={id}>
                    {displayName}
                  </option>
                ))}
                {draft.role !== "" && !offered.some(({ id }) => id === draft.role) && (
                  <option value={draft.role}>{role?.displayName ?? draft.role}</option>
                )}
              </Select>
            </Field>
            <div className={styles.organization}>
              <Picker
                label={t("permissions.organization")}
                options={places}
                value={role?.withinOrganization ? draft.organization : ""}
                onChange={(organization) => set(index, { organization })}
                placeholder={t(
                  role && !role.withinOrganization ? "permissions.organization.all" : "value.choose",
                )}
                disabled={!role?.withinOrganization}
                required={role?.withinOrganization ?? false}
                fault={sayFault(index, "organization")}
              />
            </div>
            <Tooltip content={t("permissions.role.remove")} relationship="label">
              <Button
                className={styles.remove}
                appearance="subtle"
                icon={<DeleteRegular />}
                disabled={value.length === 1}
                onClick={() => onChange(value.filter((_, at) => at !== index))}
              />
            </Tooltip>
          </div>
        );
      })}
      <div>
        <Button
          size="small"
          appearance="subtle"
          icon={<AddRegular />}
          onClick={() => onChange([...value, NO_ASSIGNMENT])}
        >
          {t("permissions.role.add")}
        </Button>
      </div>
      {organizations.data?.length === 0 && <Text size={200}>{t("permissions.organization.none")}</Text>}
    </div>
  );
}
