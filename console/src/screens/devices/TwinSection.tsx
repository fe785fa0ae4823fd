import { makeStyles, Subtitle2, Text, tokens } from "@fluentui/react-components";
import { CodeBlock } from "../../components/CodeBlock";
import { CopyButton } from "../../components/CopyButton";
import { StatusBadge } from "../../components/StatusBadge";
import { TimeText } from "../../components/TimeText";
import { pretty, type JsonNode } from "../../json/tree";
import { useTexts } from "../../texts/texts";
import { twinRows, versionOf, withoutMetadata, type Reply, type TwinRow } from "./twin";

const useStyles = makeStyles({
  card: {
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
  right: { marginLeft: "auto" },
  quiet: { color: tokens.colorNeutralForeground2 },
  list: { margin: 0, padding: 0, listStyleType: "none" },
  row: {
    display: "grid",
    gridTemplateColumns: "minmax(0, 2fr) minmax(0, 3fr)",
    columnGap: tokens.spacingHorizontalM,
    padding: `${tokens.spacingVerticalXS} 0`,
    borderTop: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke3}`,
    alignItems: "baseline",
  },
  name: { overflowWrap: "anywhere" },
  value: { overflowWrap: "anywhere", fontFamily: tokens.fontFamilyMonospace },
  note: {
    gridColumn: "2",
    display: "flex",
    flexWrap: "wrap",
    columnGap: tokens.spacingHorizontalS,
    color: tokens.colorNeutralForeground2,
    fontSize: tokens.fontSizeBase200,
  },
});

interface Props {
  readonly title: string;
  readonly about: string;
  readonly section: JsonNode | undefined;
  /** For the desired section: what the device says. */
  readonly reported?: JsonNode | undefined;
  /** As JSON instead of lines. */
  readonly raw: boolean;
}

/** One section of a twin. */
export function TwinSection({ title, about, section, reported, raw }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const rows = section ? twinRows(section, reported) : [];
  const version = section && versionOf(section);
  const json = section ? pretty(raw ? section : withoutMetadata(section)) : "{}";
  return (
    <section className={styles.card} aria-label={title}>
      <div className={styles.head}>
        <Subtitle2 as="h2" className={styles.title}>
          {title}
        </Subtitle2>
        {version !== undefined && (
          <Text size={200} className={styles.quiet}>
            {t("devices.twin.version", { version })}
          </Text>
        )}
        <span className={styles.right}>{!raw && <CopyButton text={json} what={title} />}</span>
      </div>
      <Text size={200} className={styles.quiet}>
        {about}
      </Text>
      {raw ? (
        <CodeBlock code={json} what={title} />
      ) : rows.length === 0 ? (
        <Text>{t("devices.twin.empty")}</Text>
      ) : (
        <ul className={styles.list}>
          {rows.map((row) => (
            <Row key={row.path.join("\0")} row={row} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Row({ row }: { row: TwinRow }) {
  const styles = useStyles();
  const { t } = useTexts();
  const { path, value, updated, version, reply } = row;
  return (
    <li className={styles.row}>
      <Text
        className={styles.name}
        weight={value === undefined ? "semibold" : "regular"}
        style={{ paddingLeft: `${(path.length - 1) * 16}px` }}
      >
        {path.at(-1)}
      </Text>
      <Text className={styles.value}>{value}</Text>
      {value !== undefined && (updated !== undefined || reply) && (
        <span className={styles.note}>
          {reply && <ReplyBadge reply={reply} />}
          {version !== undefined && <span>{t("devices.twin.version", { version })}</span>}
          {updated !== undefined && <TimeText time={updated} relative />}
        </span>
      )}
    </li>
  );
}

function ReplyBadge({ reply }: { reply: Reply }) {
  const { t } = useTexts();
  switch (reply.kind) {
    case "pending":
      return <StatusBadge tone="waiting" text={t("devices.twin.pending")} />;
    case "accepted":
      return <StatusBadge tone="success" text={t("devices.twin.accepted")} />;
    case "refused":
      return (
        <StatusBadge
          tone="danger"
          text={
            reply.text
              ? t("devices.twin.refusedWhy", { status: reply.status, reason: reply.text })
              : t("devices.twin.refused", { status: reply.status })
          }
        />
      );
  }
}
