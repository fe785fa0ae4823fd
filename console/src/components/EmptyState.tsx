import { makeStyles, Subtitle1, Text, tokens } from "@fluentui/react-components";
import type { FluentIcon } from "@fluentui/react-icons";
import type { ReactNode } from "react";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    flexGrow: 1,
    rowGap: tokens.spacingVerticalM,
    padding: tokens.spacingHorizontalXXL,
    textAlign: "center",
  },
  icon: { fontSize: "48px", color: tokens.colorNeutralForeground3 },
  title: { margin: 0 },
  body: {
    color: tokens.colorNeutralForeground2,
    maxWidth: "52ch",
    textAlign: "center",
    overflowWrap: "anywhere",
  },
  actions: { display: "flex", flexWrap: "wrap", justifyContent: "center", gap: tokens.spacingHorizontalS },
});

interface Props {
  readonly icon: FluentIcon;
  /** Left out where the page's own title says it. */
  readonly title?: string;
  /** Why there is nothing, and what one can do about it. */
  readonly body: ReactNode;
  readonly actions?: ReactNode;
}

/** What stands where there is nothing to show. */
export function EmptyState({ icon: Icon, title, body, actions }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      <Icon className={styles.icon} />
      {title && (
        <Subtitle1 as="h2" className={styles.title}>
          {title}
        </Subtitle1>
      )}
      <Text className={styles.body}>{body}</Text>
      {actions && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}
