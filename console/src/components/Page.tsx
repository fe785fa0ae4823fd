import { makeStyles, mergeClasses, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  page: {
    boxSizing: "border-box",
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalL,
    minHeight: "100%",
    padding: `${tokens.spacingVerticalL} ${tokens.spacingHorizontalXXL}`,
    "@media (max-width: 767px)": { padding: tokens.spacingHorizontalM },
  },
  filling: { height: "100%", "@media (max-height: 500px)": { height: "auto" } },
});

interface Props {
  /** As high as the window, for a screen whose grid scrolls by itself. */
  readonly filling?: boolean;
  readonly children: ReactNode;
}

/** The room of a screen: the same margins and distances everywhere. */
export function Page({ filling = false, children }: Props) {
  const styles = useStyles();
  return <div className={mergeClasses(styles.page, filling && styles.filling)}>{children}</div>;
}
