import { Link, makeStyles, Radio, RadioGroup, Tab, TabList, Text, tokens } from "@fluentui/react-components";
import { useQuery } from "@tanstack/react-query";
import { useStored } from "../../app/stored";
import { CodeBlock } from "../../components/CodeBlock";
import { useSession } from "../../session/session";
import { useTexts } from "../../texts/texts";
import {
  mosquittoSnippet,
  partsOf,
  signature,
  snippet,
  SNIPPET_LANGUAGES,
  type Connection,
  type SnippetLanguage,
  type Way,
} from "./snippets";

/** A token of a command that is tried by hand holds so long, in s. */
const TOKEN_LIFE = 24 * 3_600;

const useStyles = makeStyles({
  root: { display: "flex", flexDirection: "column", rowGap: tokens.spacingVerticalM, minWidth: 0 },
  note: { color: tokens.colorNeutralForeground2, textAlign: "left" },
});

interface Props {
  readonly deviceId: string;
  /** Base64; of a device that is not made yet a placeholder. */
  readonly deviceKey: string;
  /** The key is not to be seen; what is copied has it. */
  readonly covered?: boolean;
}

function isLanguage(value: unknown): value is SnippetLanguage {
  return typeof value === "string" && Object.hasOwn(SNIPPET_LANGUAGES, value);
}

function isWay(value: unknown): value is Way {
  return value === "provisioning" || value === "direct";
}

async function makeToken(connection: Connection) {
  const expiry = Math.floor(Date.now() / 1_000) + TOKEN_LIFE;
  // The placeholder of a device that is not made yet is no key.
  return { text: await signature(connection, expiry).catch(() => undefined), expiry };
}

/** How a device connects, in the person's language, ready to be run. */
export function ConnectSnippets({ deviceId, deviceKey, covered = false }: Props) {
  const styles = useStyles();
  const { t, formats } = useTexts();
  const { server } = useSession();
  const [language, setLanguage] = useStored<SnippetLanguage>("connect.language", () => "python", isLanguage);
  const [way, setWay] = useStored<Way>("connect.way", () => "direct", isWay);
  const connection = { host: server.deviceHost, idScope: server.idScope, deviceId, key: deviceKey };
  const { data: token } = useQuery({
    queryKey: ["deviceSignature", connection],
    queryFn: () => makeToken(connection),
    enabled: language === "mosquitto",
    staleTime: Infinity,
    gcTime: 0,
  });
  const { port } = partsOf(server.deviceHost);

  return (
    <div className={styles.root}>
      <TabList
        aria-label={t("devices.connect.language")}
        selectedValue={language}
        onTabSelect={(_, { value }) => isLanguage(value) && setLanguage(value)}
      >
        {Object.entries(SNIPPET_LANGUAGES).map(([id, name]) => (
          <Tab key={id} value={id}>
            {name}
          </Tab>
        ))}
      </TabList>
      {language === "mosquitto" ? (
        <>
          <CodeBlock
            what={t("devices.connect.program", { language: SNIPPET_LANGUAGES[language] })}
            code={mosquittoSnippet(connection, token?.text ?? t("devices.connect.token"))}
            covered={covered ? token?.text : undefined}
          />
          {token?.text !== undefined && (
            <Text className={styles.note}>
              {t("devices.connect.tokenUntil", { time: formats.dateTime(new Date(token.expiry * 1_000)) })}
            </Text>
          )}
        </>
      ) : (
        <>
          <RadioGroup
            layout="horizontal"
            aria-label={t("devices.connect.way")}
            value={way}
            onChange={(_, { value }) => isWay(value) && setWay(value)}
          >
            <Radio value="direct" label={t("devices.connect.direct")} />
            <Radio value="provisioning" label={t("devices.connect.provisioning")} />
          </RadioGroup>
          <CodeBlock
            what={t("devices.connect.program", { language: SNIPPET_LANGUAGES[language] })}
            code={snippet(language, way, connection)}
            covered={covered ? deviceKey : undefined}
          />
        </>
      )}
      <Text className={styles.note}>
        <Link href="/ca.pem" download="ca.pem">
          {t("devices.connect.caDownload")}
        </Link>{" "}
        {t("devices.connect.ca")}
      </Text>
      {port !== undefined && port !== "8883" && language !== "mosquitto" && (
        <Text className={styles.note}>{t("devices.connect.port", { port })}</Text>
      )}
    </div>
  );
}
