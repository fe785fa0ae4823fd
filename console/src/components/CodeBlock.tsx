import { makeStyles, tokens } from "@fluentui/react-components";
import { CopyButton } from "./CopyButton";

const useStyles = makeStyles({
  root: {
    display: "flex",
    alignItems: "flex-start",
    backgroundColor: tokens.colorNeutralBackground3,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
    padding: tokens.spacingHorizontalS,
    columnGap: tokens.spacingHorizontalS,
    minWidth: 0,
  },
  code: {
    flexGrow: 1,
    minWidth: 0,
    overflowX: "auto",
    margin: 0,
    padding: tokens.spacingHorizontalXS,
    fontFamily: tokens.fontFamilyMonospace,
    fontSize: tokens.fontSizeBase200,
    lineHeight: tokens.lineHeightBase300,
    textAlign: "left",
    whiteSpace: "pre",
  },
});

interface Props {
  readonly code: string;
  /** What it is, for the button that copies it and for who cannot see it. */
  readonly what: string;
  /** A part of it that is covered on screen; the copy has it. */
  readonly covered?: string | undefined;
}

/** Text of a machine, to be copied. */
export function CodeBlock({ code, what, covered }: Props) {
  const styles = useStyles();
  return (
    <div className={styles.root}>
      {/* Long lines are scrolled to, also with the keyboard. */}
      {/* eslint-disable-next-line jsx-a11y/no-noninteractive-tabindex */}
      <pre className={styles.code} tabIndex={0} role="region" aria-label={what}>
        {covered ? code.replaceAll(covered, "••••••••") : code}
      </pre>
      <CopyButton text={code} what={what} />
    </div>
  );
}
