import { Text } from "@fluentui/react-components";
import { localeOf } from "../../../texts/languages";
import { useTexts } from "../../../texts/texts";
import { useWizardStyles } from "./styles";
import { isZone, ownZone } from "./zone";

/** The next runs on the clocks of the schedule's zone, and on the reader's own where those differ. */
export function NextRuns({ times, zone }: { times: readonly string[]; zone: string }) {
  const styles = useWizardStyles();
  const { t, formats, language } = useTexts();
  if (times.length === 0) return <Text>{t("wizard.nextRuns.none")}</Text>;
  const inZone = new Intl.DateTimeFormat(localeOf(language, navigator.languages), {
    weekday: "short",
    year: "numeric",
    month: "short",
    day: "numeric",
    hour: "2-digit",
    minute: "2-digit",
    timeZoneName: "short",
    ...(isZone(zone) && { timeZone: zone }),
  });
  const own = zone === ownZone();
  return (
    <ol className={styles.list} data-testid="next-runs">
      {times.map((time) => {
        const date = new Date(time);
        return (
          <li key={time}>
            <time dateTime={time}>{inZone.format(date)}</time>
            {!own && (
              <Text size={200} className={styles.muted}>
                {" "}
                {t("wizard.nextRuns.local", { time: formats.dateTime(date) })}
              </Text>
            )}
          </li>
        );
      })}
    </ol>
  );
}
