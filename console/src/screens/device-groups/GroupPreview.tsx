import {
  makeStyles,
  MessageBar,
  MessageBarBody,
  MessageBarTitle,
  Spinner,
  Subtitle2,
  Text,
  tokens,
} from "@fluentui/react-components";
import { keepPreviousData, useQuery } from "@tanstack/react-query";
import { answer, api } from "../../api/client";
import { useDebounced } from "../../app/useDebounced";
import { AppLink } from "../../components/AppLink";
import { ErrorState } from "../../components/ErrorState";
import { useTexts } from "../../texts/texts";
import { ConnectedBadge } from "../devices/badges";

/** Typing rests this long, in ms, before the server is asked. */
const RESTS = 400;

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalS,
    minWidth: 0,
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  head: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalS },
  title: { margin: 0 },
  count: {
    fontSize: tokens.fontSizeBase600,
    lineHeight: tokens.lineHeightBase600,
    fontWeight: tokens.fontWeightSemibold,
  },
  list: { listStyleType: "none", margin: 0, padding: 0 },
  item: {
    display: "flex",
    justifyContent: "space-between",
    columnGap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXS} 0`,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    "> *:first-child": { overflowWrap: "anywhere", minWidth: 0 },
  },
  quiet: { color: tokens.colorNeutralForeground2 },
});

interface Props {
  /** Undefined while a row lacks something. */
  readonly filter: string | undefined;
  readonly organization: string;
}

/** Who a filter selects now, while it is written. */
export function GroupPreview({ filter, organization }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const asked = useDebounced(JSON.stringify({ filter, organization }), RESTS);
  const { data, error, isFetching } = useQuery({
    queryKey: ["deviceGroupPreview", asked],
    queryFn: ({ signal }) => {
      const { filter, organization } = JSON.parse(asked) as { filter: string; organization: string };
      return answer(
        api.POST("/deviceGroupPreview", {
          body: { filter, ...(organization !== "" && { organizations: [organization] }) },
          signal,
        }),
      );
    },
    enabled: (JSON.parse(asked) as { filter?: string }).filter !== undefined,
    placeholderData: keepPreviousData,
  });
  return (
    <section className={styles.root} aria-label={t("groups.preview")}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.title}>
          {t("groups.preview")}
        </Subtitle2>
        {isFetching && <Spinner size="extra-tiny" />}
      </div>
      {filter === undefined ? (
        <Text className={styles.quiet}>{t("groups.preview.incomplete")}</Text>
      ) : error ? (
        <ErrorState error={error} title={t("groups.preview.failed")} />
      ) : data?.broken ? (
        <MessageBar intent="error" layout="multiline" role="alert">
          <MessageBarBody>
            <MessageBarTitle>{t("groups.broken.filter")}</MessageBarTitle>
            {data.broken}
          </MessageBarBody>
        </MessageBar>
      ) : data ? (
        <>
          <div aria-live="polite">
            <Text block className={styles.count}>
              {t("groups.preview.devices", { count: data.devices ?? 0 })}
            </Text>
          </div>
          <ul className={styles.list}>
            {data.sample.map(({ id, displayName, connected }) => (
              <li key={id} className={styles.item}>
                <AppLink to="/devices/$deviceId" params={{ deviceId: id }}>
                  {displayName}
                </AppLink>
                <ConnectedBadge connected={connected} />
              </li>
            ))}
          </ul>
          {(data.devices ?? 0) > data.sample.length && (
            <Text className={styles.quiet}>
              {t("groups.preview.more", { count: (data.devices ?? 0) - data.sample.length })}
            </Text>
          )}
        </>
      ) : null}
    </section>
  );
}
