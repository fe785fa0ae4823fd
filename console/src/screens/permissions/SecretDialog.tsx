import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  MessageBar,
  MessageBarBody,
  Text,
  tokens,
} from "@fluentui/react-components";
import { useId } from "react";
import { CopyButton } from "../../components/CopyButton";
import { useTexts } from "../../texts/texts";

const useStyles = makeStyles({
  content: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  part: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalXS },
  box: {
    display: "flex",
    alignItems: "start",
    columnGap: tokens.spacingHorizontalS,
    padding: tokens.spacingHorizontalS,
    backgroundColor: tokens.colorNeutralBackground3,
    borderRadius: tokens.borderRadiusMedium,
  },
  text: {
    flexGrow: 1,
    minWidth: 0,
    paddingTop: "3px",
    fontFamily: tokens.fontFamilyMonospace,
    overflowWrap: "anywhere",
    whiteSpace: "pre-wrap",
    userSelect: "all",
  },
});

export interface Secret {
  /** What it is: "Password of ada@example.com". */
  readonly label: string;
  readonly text: string;
}

interface Props {
  readonly title: string;
  /** What is shown this once, and what it is used with. */
  readonly parts: readonly Secret[];
  /** What to do with it. */
  readonly body: string;
  readonly onClose: () => void;
}

/** A secret that the server shows once. It is closed by its button only: a click beside it would lose the secret. */
export function SecretDialog({ title, parts, body, onClose }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  return (
    <Dialog open modalType="alert">
      <DialogSurface>
        <DialogBody>
          <DialogTitle>{title}</DialogTitle>
          <DialogContent className={styles.content}>
            <MessageBar intent="warning" layout="multiline">
              <MessageBarBody>{t("permissions.secret.once")}</MessageBarBody>
            </MessageBar>
            {parts.map((part) => (
              <SecretPart key={part.label} {...part} />
            ))}
            <Text>{body}</Text>
          </DialogContent>
          <DialogActions>
            <Button appearance="primary" onClick={onClose}>
              {t("action.close")}
            </Button>
          </DialogActions>
        </DialogBody>
      </DialogSurface>
    </Dialog>
  );
}

function SecretPart({ label, text }: Secret) {
  const styles = useStyles();
  const id = useId();
  return (
    <div className={styles.part} role="group" aria-labelledby={id}>
      <Text id={id} weight="semibold">
        {label}
      </Text>
      <div className={styles.box}>
        <code className={styles.text}>{text}</code>
        <CopyButton text={text} what={label} />
      </div>
    </div>
  );
}
