import { makeStyles, tokens } from "@fluentui/react-components";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  bar: { display: "flex", flexWrap: "wrap", alignItems: "center", gap: tokens.spacingHorizontalM },
});

/** What can be done with a list, and what it is searched for. */
export function SectionBar({ children }: { children: ReactNode }) {
  return <div className={useStyles().bar}>{children}</div>;
}
