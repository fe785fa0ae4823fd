import { makeStyles, tokens } from "@fluentui/react-components";
import { PlugConnectedRegular } from "@fluentui/react-icons";
import { EmptyState } from "../../components/EmptyState";
import { GuardedButton } from "../../session/Guarded";
import { useTexts } from "../../texts/texts";
import { ConnectSnippets } from "./ConnectSnippets";

const useStyles = makeStyles({
  root: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalL,
    overflowY: "auto",
    flexGrow: 1,
  },
  code: { width: "100%", maxWidth: "860px", alignSelf: "center" },
});

interface Props {
  readonly onNew: () => void;
  readonly onImport: () => void;
}

/** What stands in place of the first device: how one is made, and how it connects. */
export function FirstDevice({ onNew, onImport }: Props) {
  const styles = useStyles();
  const { t } = useTexts();
  return (
    <div className={styles.root}>
      <EmptyState
        icon={PlugConnectedRegular}
        title={t("devices.first.title")}
        body={t("devices.first.body")}
        actions={
          <>
            <GuardedButton needs="manageDevices" appearance="primary" onClick={onNew}>
              {t("devices.new")}
            </GuardedButton>
            <GuardedButton needs="manageDevices" onClick={onImport}>
              {t("devices.import")}
            </GuardedButton>
          </>
        }
      />
      <div className={styles.code}>
        <ConnectSnippets deviceId="my-first-device" deviceKey={t("devices.connect.keyComes")} />
      </div>
    </div>
  );
}
