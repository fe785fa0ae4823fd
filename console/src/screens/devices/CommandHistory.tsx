import { makeStyles, Subtitle2, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { answer, api, type Schemas } from "../../api/client";
import { pageQuery } from "../../api/pages";
import { ErrorState } from "../../components/ErrorState";
import { useTexts } from "../../texts/texts";
import { placeOf } from "./capabilities";
import { CommandAnswer } from "./CommandsView";

/** Calls that are shown, the newest. */
const SHOWN = 20;

const useStyles = makeStyles({
  title: { margin: 0 },
  list: {
    display: "flex",
    flexDirection: "column",
    rowGap: tokens.spacingVerticalM,
    listStyleType: "none",
    margin: 0,
    padding: 0,
  },
  call: {
    padding: tokens.spacingHorizontalM,
    backgroundColor: tokens.colorNeutralBackground1,
    border: `${tokens.strokeWidthThin} solid ${tokens.colorNeutralStroke2}`,
    borderRadius: tokens.borderRadiusMedium,
  },
  request: { display: "block", overflowWrap: "anywhere", fontFamily: tokens.fontFamilyMonospace },
});

/** Earlier calls of one command of one device; those of jobs stand with their job. */
export function CommandHistory({ deviceId, path }: { deviceId: string; path: string }) {
  const styles = useStyles();
  const { t } = useTexts();
  const { data, error } = useQuery({
    queryKey: ["devices", deviceId, "calls", path],
    queryFn: ({ signal }) => readCalls(deviceId, path, signal),
  });
  if (error) return <ErrorState error={error} />;
  return (
    <>
      <Subtitle2 as="h2" className={styles.title}>
        {t("devices.commands.history")}
      </Subtitle2>
      {data?.length === 0 && <Text>{t("devices.commands.noHistory")}</Text>}
      <ul className={styles.list}>
        {data?.map((call) => (
          <li key={call.id} className={styles.call}>
            {call.request !== undefined && (
              <Text className={styles.request}>{JSON.stringify(call.request)}</Text>
            )}
            <CommandAnswer call={call} />
          </li>
        ))}
      </ul>
    </>
  );
}

async function readCalls(
  deviceId: string,
  path: string,
  signal: AbortSignal,
): Promise<readonly Schemas["Command"][]> {
  const { component, name } = placeOf(path);
  const query = pageQuery(undefined, SHOWN);
  const page =
    component === undefined
      ? await answer(
          api.GET("/devices/{deviceId}/commands/{commandName}", {
            params: { path: { deviceId, commandName: name }, query },
            signal,
          }),
        )
      : await answer(
          api.GET("/devices/{deviceId}/components/{componentName}/commands/{commandName}", {
            params: { path: { deviceId, componentName: component, commandName: name }, query },
            signal,
          }),
        );
  return page.value;
}
