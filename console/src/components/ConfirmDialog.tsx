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
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { useState, type SyntheticEvent, type ReactNode } from "react";
import { useTexts } from "../texts/texts";
import { explain } from "./explain";
import { saysCount } from "./typedCount";
import { TypedCountField } from "./TypedCountField";

const useStyles = makeStyles({
  content: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
});

interface Props {
  readonly title: string;
  /** What will happen, also to the devices that are in flight. */
  readonly body: ReactNode;
  /** The verb on the button: "Stop job", never "OK". */
  readonly action: string;
  /** How many devices it touches: must be typed before the button works. Leave it out where that would be a nuisance. */
  readonly count?: number;
  /** Carries it out. While it runs the dialog waits; when it fails the dialog stays and says why. */
  readonly onConfirm: () => Promise<void>;
  readonly onClose: () => void;
}

/** Asks before something is done that cannot be taken back. Render it only while it is open. */
export function ConfirmDialog({ title, body, action, count, onConfirm, onClose }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [typed, setTyped] = useState("");
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<string>();
  const ready = !busy && (count === undefined || saysCount(typed, count));

  const confirm = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await onConfirm();
      onClose();
    } catch (error) {
      const { reason, advice } = explain(error, t);
      setFailure(`${reason} ${advice}`.trim());
      setBusy(false);
    }
  };

  return (
    <Dialog open modalType="alert" onOpenChange={(_, data) => !data.open && !busy && onClose()}>
      <DialogSurface>
        <form
          onSubmit={(event: SyntheticEvent) => {
            event.preventDefault();
            if (ready) void confirm();
          }}
        >
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.content}>
              <div>{body}</div>
              {count !== undefined && <TypedCountField count={count} value={typed} onChange={setTyped} />}
              {failure && (
                <MessageBar intent="error" layout="multiline" role="alert">
                  <MessageBarBody>{failure}</MessageBarBody>
                </MessageBar>
              )}
            </DialogContent>
            <DialogActions>
              <Button disabled={busy} onClick={onClose}>
                {t("action.cancel")}
              </Button>
              <Button
                type="submit"
                appearance="primary"
                disabled={!ready}
                icon={busy ? <Spinner size="tiny" /> : null}
              >
                {action}
              </Button>
            </DialogActions>
          </DialogBody>
        </form>
      </DialogSurface>
    </Dialog>
  );
}
