import { Button } from "@fluentui/react-components";
import { ErrorState } from "../components/ErrorState";
import { Page } from "../components/Page";
import { useTexts } from "../texts/texts";

/**
 * What stands where a screen broke or its code could not be loaded: after the server was updated the files of the old
 * console are gone, and only loading the page anew helps.
 */
export function ScreenFailed({ error }: { error: unknown }) {
  const { t } = useTexts();
  return (
    <Page>
      <ErrorState error={error} />
      <div>
        <Button onClick={() => window.location.reload()}>{t("action.reload")}</Button>
      </div>
    </Page>
  );
}
