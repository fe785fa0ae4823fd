import { makeStyles, Text, tokens } from "@fluentui/react-components";
import { CopyButton } from "../../../components/CopyButton";
import { writeExact } from "../../../json/exact";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", minWidth: 0 },
  head: { display: "flex", alignItems: "center", color: tokens.colorNeutralForeground2 },
  text: {
    margin: 0,
    padding: tokens.spacingHorizontalS,
    maxHeight: "320px",
    overflow: "auto",
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    whiteSpace: "pre-wrap",
    overflowWrap: "anywhere",
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
});

interface Props {
  readonly label: string;
  /** A value to show as JSON, or a text to show as it is. */
  readonly value?: unknown;
  readonly text?: string;
}

/** A value as it stands on the wire, to be read and copied. */
export function JsonText({ label, value, text = writeExact(value) }: Props) {
  const styles = useStyles();
  // A text that scrolls must be reachable with the keyboard.
  return (
    <div className={styles.root}>
      <div className={styles.head}>
        <Text size={200}>{label}</Text>
        <CopyButton text={text} what={label} />
      </div>
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex -- see above */}
      <pre className={styles.text} tabIndex={0} aria-label={label}>
        {text}
      </pre>
    </div>
  );
}
