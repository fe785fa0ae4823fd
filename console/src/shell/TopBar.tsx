import { Button, makeStyles, Text, tokens, Tooltip } from "@fluentui/react-components";
import { NavigationRegular } from "@fluentui/react-icons";
import { Link } from "@tanstack/react-router";
import { useTexts } from "../texts/texts";
import { AccountMenu } from "./AccountMenu";
import { ThemeMenu } from "./ThemeMenu";

const useStyles = makeStyles({
  bar: {
    gridColumn: "1 / -1",
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalXS,
    height: "48px",
    padding: `0 ${tokens.spacingHorizontalS}`,
    backgroundColor: tokens.colorNeutralBackground1,
    borderBottom: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
  },
  name: {
    display: "flex",
    alignItems: "center",
    columnGap: tokens.spacingHorizontalS,
    marginRight: "auto",
    padding: tokens.spacingHorizontalXS,
    borderRadius: tokens.borderRadiusMedium,
    color: tokens.colorNeutralForeground1,
    textDecorationLine: "none",
    ":focus-visible": { outline: `${tokens.strokeWidthThick} solid ${tokens.colorStrokeFocus2}` },
  },
});

interface Props {
  readonly navigationLabel: string;
  readonly navigationOpen: boolean;
  readonly onNavigation: () => void;
}

export function TopBar({ navigationLabel, navigationOpen, onNavigation }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  return (
    <header className={styles.bar}>
      <Tooltip content={navigationLabel} relationship="label">
        <Button
          appearance="subtle"
          icon={<NavigationRegular />}
          aria-expanded={navigationOpen}
          onClick={onNavigation}
        />
      </Tooltip>
      <Link to="/jobs" className={styles.name}>
        <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt="" width={24} height={24} />
        <Text weight="semibold" size={400}>
          {t("app.name")}
        </Text>
      </Link>
      <ThemeMenu />
      <AccountMenu />
    </header>
  );
}
