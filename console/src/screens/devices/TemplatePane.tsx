import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import { templateName, type DeviceTemplate } from "../../api/lists";
import { useTexts } from "../../texts/texts";
import { readDevicesSearch, UNASSIGNED, type DevicesSearch } from "./search";

const useStyles = makeStyles({
  pane: {
    overflowY: "auto",
    minHeight: 0,
    "@media (max-width: 1023px)": { display: "none" },
  },
  list: { listStyleType: "none", margin: 0, padding: 0, display: "flex", flexDirection: "column" },
  link: {
    display: "block",
    padding: `${tokens.spacingVerticalSNudge} ${tokens.spacingHorizontalM}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    overflow: "hidden",
    textOverflow: "ellipsis",
    whiteSpace: "nowrap",
    ":hover": { backgroundColor: tokens.colorNeutralBackground2Hover },
  },
  current: {
    backgroundColor: tokens.colorNeutralBackground2Selected,
    fontWeight: tokens.fontWeightSemibold,
  },
});

interface Props {
  readonly templates: readonly DeviceTemplate[];
  /** What the list shows now. */
  readonly search: DevicesSearch;
}

/** The templates beside the list, as in IoT Central; search, status and order stay when another is chosen. */
export function TemplatePane({ templates, search }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const item = (id: string | undefined, name: ReactNode) => (
    <li key={id ?? ""}>
      <Link
        to="/devices"
        search={readDevicesSearch({ ...search, template: id })}
        aria-current={search.template === id ? "page" : undefined}
        className={mergeClasses(styles.link, search.template === id && styles.current)}
      >
        {name}
      </Link>
    </li>
  );
  return (
    <nav aria-label={t("nav.deviceTemplates")} className={styles.pane}>
      <ul className={styles.list}>
        {item(undefined, t("devices.all"))}
        {templates.map((template) => item(template["@id"] ?? "", templateName(template)))}
        {item(UNASSIGNED, t("devices.unassigned"))}
      </ul>
    </nav>
  );
}
