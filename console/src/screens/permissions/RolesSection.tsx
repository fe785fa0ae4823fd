import { makeStyles, mergeClasses, Skeleton, SkeletonItem, Text, tokens } from "@fluentui/react-components";
import { CheckmarkRegular } from "@fluentui/react-icons";
import { useQuery } from "@tanstack/react-query";
import { ErrorState } from "../../components/ErrorState";
import type { Permission } from "../../session/session";
import type { TextKey } from "../../texts/catalogue";
import { useTexts } from "../../texts/texts";
import { rolesQuery } from "./access";

const useStyles = makeStyles({
  about: { color: tokens.colorNeutralForeground2, maxWidth: "72ch" },
  scroller: {
    overflow: "auto",
    minHeight: "240px",
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    ":focus-visible": { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
  table: { borderCollapse: "separate", borderSpacing: 0, minWidth: "100%" },
  cell: {
    padding: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    textAlign: "center",
    minWidth: "96px",
  },
  head: {
    position: "sticky",
    top: 0,
    zIndex: 1,
    verticalAlign: "bottom",
    backgroundColor: tokens.colorNeutralBackground1,
  },
  // What is allowed stays in view beside the roles, also on a telephone.
  what: {
    position: "sticky",
    left: 0,
    zIndex: 1,
    minWidth: "160px",
    maxWidth: "420px",
    textAlign: "left",
    fontWeight: tokens.fontWeightRegular,
    backgroundColor: tokens.colorNeutralBackground1,
  },
  corner: { zIndex: 2 },
  place: {
    display: "block",
    textAlign: "center",
    color: tokens.colorNeutralForeground3,
    fontWeight: tokens.fontWeightRegular,
  },
  yes: { fontSize: "20px", color: tokens.colorStatusSuccessForeground3, verticalAlign: "middle" },
  no: { color: tokens.colorNeutralForeground3 },
});

const RIGHTS: Record<Permission, TextKey & `permissions.may.${Permission}`> = {
  viewDevices: "permissions.may.viewDevices",
  manageDevices: "permissions.may.manageDevices",
  executeCommands: "permissions.may.executeCommands",
  viewGroups: "permissions.may.viewGroups",
  manageGroups: "permissions.may.manageGroups",
  viewTemplates: "permissions.may.viewTemplates",
  manageTemplates: "permissions.may.manageTemplates",
  viewJobs: "permissions.may.viewJobs",
  runJobs: "permissions.may.runJobs",
  queryData: "permissions.may.queryData",
  viewOrganizations: "permissions.may.viewOrganizations",
  manageOrganizations: "permissions.may.manageOrganizations",
  viewRoles: "permissions.may.viewRoles",
  manageUsers: "permissions.may.manageUsers",
  manageTokens: "permissions.may.manageTokens",
  manageEnrollment: "permissions.may.manageEnrollment",
  viewAudit: "permissions.may.viewAudit",
};

/** The built-in roles and what each of them allows. */
export function RolesSection() {
  const styles = useStyles();
  const { t } = useTexts();
  const { data: roles, error, refetch } = useQuery(rolesQuery);
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!roles) {
    return (
      <Skeleton aria-label={t("permissions.roles")}>
        <SkeletonItem size={128} />
      </Skeleton>
    );
  }
  // What a newer server knows and this page does not is shown by its name.
  const others = roles
    .flatMap(({ permissions }) => permissions)
    .filter((name) => !Object.hasOwn(RIGHTS, name));
  const rows = [
    ...Object.entries(RIGHTS).map(([name, text]) => ({ name, text: t(text) })),
    ...[...new Set(others)].map((name) => ({ name, text: name })),
  ];
  return (
    <>
      <Text className={styles.about}>{t("permissions.roles.about")}</Text>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- so that it can be scrolled with the keyboard */}
      <div className={styles.scroller} role="region" aria-label={t("permissions.roles")} tabIndex={0}>
        <table className={styles.table}>
          <thead>
            <tr>
              <th className={mergeClasses(styles.cell, styles.head, styles.what, styles.corner)} scope="col">
                {t("permissions.roles.right")}
              </th>
              {roles.map(({ id, displayName, withinOrganization }) => (
                <th key={id} className={mergeClasses(styles.cell, styles.head)} scope="col">
                  {displayName}
                  <Text size={200} className={styles.place}>
                    {t(withinOrganization ? "permissions.role.within" : "permissions.role.everywhere")}
                  </Text>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.map(({ name, text }) => (
              <tr key={name}>
                <th className={mergeClasses(styles.cell, styles.what)} scope="row">
                  {text}
                </th>
                {roles.map(({ id, permissions }) => (
                  <td key={id} className={styles.cell}>
                    {permissions.includes(name) ? (
                      <CheckmarkRegular className={styles.yes} aria-label={t("permissions.role.yes")} />
                    ) : (
                      <span className={styles.no} role="img" aria-label={t("permissions.role.no")}>
                        –
                      </span>
                    )}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}
