import {
  Breadcrumb,
  BreadcrumbDivider,
  BreadcrumbItem,
  makeStyles,
  Text,
  Title3,
  tokens,
} from "@fluentui/react-components";
import { Fragment, useEffect, type ReactNode } from "react";
import { useTexts } from "../texts/texts";

const useStyles = makeStyles({
  header: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalXS },
  row: {
    display: "flex",
    flexWrap: "wrap",
    alignItems: "center",
    gap: `${tokens.spacingVerticalS} ${tokens.spacingHorizontalM}`,
  },
  title: { margin: 0, overflowWrap: "anywhere" },
  actions: {
    display: "flex",
    flexWrap: "wrap",
    gap: tokens.spacingHorizontalS,
    marginLeft: "auto",
  },
  about: { color: tokens.colorNeutralForeground2, maxWidth: "72ch" },
});

interface Props {
  readonly title: string;
  /** The way here, outermost first, as `AppLink`s; the page itself is added. */
  readonly trail?: readonly ReactNode[];
  /** What stands beside the title: a status. */
  readonly status?: ReactNode;
  readonly about?: ReactNode;
  /** Buttons, the most important first. */
  readonly actions?: ReactNode;
}

/** The head of every screen: where it is, what it is called, what can be done. Also names the browser's tab. */
export function PageHeader({ title, trail = [], status, about, actions }: Props) {
  const styles = useStyles();
  const { t } = useTexts();

  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [t, title]);

  return (
    <div className={styles.header}>
      {trail.length > 0 && (
        <Breadcrumb aria-label={t("nav.trail")} size="small">
          {trail.map((step, index) => (
            <Fragment key={index}>
              <BreadcrumbItem>{step}</BreadcrumbItem>
              <BreadcrumbDivider />
            </Fragment>
          ))}
          <BreadcrumbItem>
            <Text size={200} aria-current="page" truncate wrap={false}>
              {title}
            </Text>
          </BreadcrumbItem>
        </Breadcrumb>
      )}
      <div className={styles.row}>
        <Title3 as="h1" className={styles.title}>
          {title}
        </Title3>
        {status}
        {actions && <div className={styles.actions}>{actions}</div>}
      </div>
      {about && <Text className={styles.about}>{about}</Text>}
    </div>
  );
}
