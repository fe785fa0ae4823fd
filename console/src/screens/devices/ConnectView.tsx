import { Field, Input, makeStyles, Spinner, Switch, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { answer, api } from "../../api/client";
import { CopyButton } from "../../components/CopyButton";
import { ErrorState } from "../../components/ErrorState";
import { useMay, useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import { ConnectSnippets } from "./ConnectSnippets";
import { connectionString } from "./snippets";

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalL, maxWidth: "920px" },
  fields: {
    display: "grid",
    gridTemplateColumns: "repeat(auto-fit, minmax(min(380px, 100%), 1fr))",
    gap: tokens.spacingHorizontalM,
  },
  value: { display: "flex", alignItems: "end", "& > button": { marginBottom: "4px" } },
  input: { flexGrow: 1, minWidth: 0, "& input": { fontFamily: tokens.fontFamilyMonospace } },
});

/** What a device signs in with, and how. */
export function ConnectView({ deviceId }: { deviceId: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const may = useMay();
  const { server } = useSession();
  const allowed = may("manageDevices");
  const [covered, setCovered] = useState(true);
  const { data, error, refetch } = useQuery({
    queryKey: ["devices", deviceId, "credentials"],
    queryFn: ({ signal }) =>
      answer(api.GET("/devices/{deviceId}/credentials", { params: { path: { deviceId } }, signal })),
    enabled: allowed,
    // Keys do not lie about longer than they are looked at.
    gcTime: 0,
  });

  if (!allowed) return <Text>{t("devices.connect.notAllowed")}</Text>;
  if (error) return <ErrorState error={error} onRetry={() => void refetch()} />;
  if (!data) return <Spinner label={t("devices.connect.reading")} />;
  const keys = data.symmetricKey;
  const { idScope } = data;
  return (
    <div className={styles.root}>
      <div className={styles.fields}>
        <Shown label={t("devices.connect.host")} value={server.deviceHost} />
        <Shown label={t("devices.connect.idScope")} value={idScope} />
        {keys && (
          <>
            <Shown label={t("devices.connect.primaryKey")} value={keys.primaryKey} covered={covered} />
            <Shown label={t("devices.connect.secondaryKey")} value={keys.secondaryKey} covered={covered} />
          </>
        )}
      </div>
      {keys ? (
        <>
          <Switch
            label={t("devices.connect.show")}
            checked={!covered}
            onChange={(_, { checked }) => setCovered(!checked)}
          />
          <Shown
            label={t("devices.connect.string")}
            value={connectionString({ host: server.deviceHost, deviceId, key: keys.primaryKey })}
            covered={covered}
          />
          <ConnectSnippets deviceId={deviceId} deviceKey={keys.primaryKey} covered={covered} />
        </>
      ) : (
        <Text>{t("devices.connect.certificate")}</Text>
      )}
    </div>
  );
}

/** A value to be copied. */
function Shown({ label, value, covered = false }: { label: string; value: string; covered?: boolean }) {
  const styles = useStyles();
  return (
    <div className={styles.value}>
      <Field label={label} className={styles.input}>
        <Input readOnly type={covered ? "password" : "text"} value={value} autoComplete="off" />
      </Field>
      <CopyButton text={value} what={label} />
    </div>
  );
}
