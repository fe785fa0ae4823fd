import {
  Button,
  MessageBar,
  MessageBarActions,
  MessageBarBody,
  MessageBarTitle,
} from "@fluentui/react-components";
import { useTexts } from "../texts/texts";
import { explain } from "./explain";

interface Props {
  readonly error: unknown;
  /** What could not be done; else that something could not be shown. */
  readonly title?: string;
  readonly onRetry?: () => void;
}

/** What went wrong, in the server's own words, and what one can do about it. */
export function ErrorState({ error, title, onRetry }: Props) {
  const { t } = useTexts();
  const { reason, advice, code } = explain(error, t);
  return (
    <MessageBar intent="error" layout="multiline" role="alert">
      <MessageBarBody>
        <MessageBarTitle>{title ?? t("error.title")}</MessageBarTitle>
        {[reason, advice, code].filter(Boolean).join(" ")}
      </MessageBarBody>
      {onRetry && (
        <MessageBarActions>
          <Button onClick={onRetry}>{t("action.retry")}</Button>
        </MessageBarActions>
      )}
    </MessageBar>
  );
}
