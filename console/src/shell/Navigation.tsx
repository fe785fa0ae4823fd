import { makeStyles, mergeClasses, tokens, Tooltip } from "@fluentui/react-components";
import { Link } from "@tanstack/react-router";
import type { ReactElement } from "react";
import { useMay } from "../session/session";
import { useTexts } from "../texts/texts";
import { ITEMS } from "./items";

const useStyles = makeStyles({
  nav: {
    overflowY: "auto",
    backgroundColor: tokens.colorNeutralBackground1,
  },
  list: {
    listStyleType: "none",
    margin: 0,
    padding: tokens.spacingHorizontalS,
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalXXS,
  },
  expanded: { width: "208px" },
  link: {
    position: "relative",
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalM,
    minHeight: "40px",
    padding: `0 ${tokens.spacingHorizontalS}`,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase300,
    textDecorationLine: "none",
    ":hover": { backgroundColor: tokens.colorNeutralBackground1Hover },
    ":focus-visible": {
      outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}`,
      outlineOffset: "-2px",
    },
    "&[aria-current=page]": {
      color: tokens.colorNeutralForeground1,
      fontWeight: tokens.fontWeightSemibold,
      backgroundColor: tokens.colorNeutralBackground1Selected,
      "::before": {
        content: '""',
        position: "absolute",
        left: 0,
        top: "10px",
        bottom: "10px",
        width: "3px",
        borderRadius: tokens.borderRadiusCircular,
        backgroundColor: tokens.colorCompoundBrandForeground1,
      },
    },
  },
  icon: { fontSize: "20px", flexShrink: 0 },
});

interface Props {
  /** Names beside the icons; else the names stand in tooltips. */
  readonly expanded: boolean;
  readonly onFollow?: () => void;
}

/** The list of links to the console's parts. */
export function Navigation({ expanded, onFollow }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  return (
    <nav aria-label={t("nav.label")} className={styles.nav}>
      <ul className={mergeClasses(styles.list, expanded && styles.expanded)}>
        {ITEMS.filter(({ needs }) => needs.some(may)).map(({ to, text, icon: Icon }) => (
          <li key={to}>
            <Named name={expanded ? undefined : t(text)}>
              <Link to={to} className={styles.link} onClick={onFollow}>
                <Icon className={styles.icon} />
                {expanded && t(text)}
              </Link>
            </Named>
          </li>
        ))}
      </ul>
    </nav>
  );
}

function Named({ name, children }: { name: string | undefined; children: ReactElement }) {
  if (name === undefined) return children;
  return (
    <Tooltip content={name} relationship="label" positioning="after">
      {children}
    </Tooltip>
  );
}
