import {
  Button,
  Dialog,
  DialogActions,
  DialogBody,
  DialogContent,
  DialogSurface,
  DialogTitle,
  makeStyles,
  Spinner,
  tokens,
} from "@fluentui/react-components";
import { useState, type ReactNode, type SyntheticEvent } from "react";
import { useTexts } from "../texts/texts";
import { ErrorState } from "./ErrorState";

const useStyles = makeStyles({
  content: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM },
  wide: { maxWidth: "760px" },
});

interface Props {
  readonly title: string;
  /** The verb on the button. */
  readonly action: string;
  readonly ready: boolean;
  readonly wide?: boolean;
  /** Carries it out. While it runs the dialog waits; when it fails the dialog stays and says why. */
  readonly onSubmit: () => Promise<void>;
  readonly onClose: () => void;
  readonly children: ReactNode;
}

/** A few fields and one thing to do with them. Render it only while it is open. */
export function FormDialog({ title, action, ready, wide, onSubmit, onClose, children }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  const [busy, setBusy] = useState(false);
  const [failure, setFailure] = useState<{ readonly error: unknown }>();

  const submit = async () => {
    setBusy(true);
    setFailure(undefined);
    try {
      await onSubmit();
      onClose();
    } catch (error) {
      setFailure({ error });
      setBusy(false);
    }
  };

  return (
    <Dialog open onOpenChange={(_, data) => !data.open && !busy && onClose()}>
      <DialogSurface {...(wide && { className: styles.wide })}>
        <form
          onSubmit={(event: SyntheticEvent) => {
            event.preventDefault();
            if (ready && !busy) void submit();
          }}
        >
          <DialogBody>
            <DialogTitle>{title}</DialogTitle>
            <DialogContent className={styles.content}>
              {children}
              {failure && <ErrorState error={failure.error} title={t("form.failed")} />}
            </DialogContent>
            <DialogActions>
              <Button disabled={busy} onClick={onClose}>
                {t("action.cancel")}
              </Button>
              <Button
                type="submit"
                appearance="primary"
                disabled={!ready || busy}
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
