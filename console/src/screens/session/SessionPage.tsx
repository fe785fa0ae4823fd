import { Card, makeStyles, Select, Title3, tokens } from "@fluentui/react-components";
import { useEffect, type ReactNode } from "react";
import { isLanguage, LANGUAGES } from "../../texts/languages";
import { useTexts } from "../../texts/texts";

const useStyles = makeStyles({
  page: {
    boxSizing: "border-box",
    display: "flex",
    flexDirection: "column",
    alignItems: "center",
    justifyContent: "center",
    rowGap: tokens.spacingVerticalXL,
    minHeight: "100%",
    padding: tokens.spacingHorizontalL,
    backgroundColor: tokens.colorNeutralBackground2,
  },
  card: {
    boxSizing: "border-box",
    width: "100%",
    maxWidth: "400px",
    padding: tokens.spacingHorizontalXXL,
    rowGap: tokens.spacingVerticalL,
  },
  head: { display: "flex", alignItems: "center", columnGap: tokens.spacingHorizontalM },
  title: { margin: 0 },
});

/** A page before the shell: a card in the middle, and the choice of language. */
export function SessionPage({ title, children }: { title: string; children: ReactNode }) {
  const styles = useStyles();
  const { t, language, setLanguage } = useTexts();
  useEffect(() => {
    document.title = t("app.title", { page: title });
  }, [t, title]);
  return (
    <main className={styles.page}>
      <Card className={styles.card}>
        <div className={styles.head}>
          <img src={`${import.meta.env.BASE_URL}favicon.svg`} alt={t("app.name")} width={32} height={32} />
          <Title3 as="h1" className={styles.title}>
            {title}
          </Title3>
        </div>
        {children}
      </Card>
      <Select
        appearance="underline"
        size="small"
        aria-label={t("account.language")}
        value={language}
        onChange={(_, { value }) => {
          if (isLanguage(value)) setLanguage(value);
        }}
      >
        {Object.entries(LANGUAGES).map(([code, name]) => (
          <option key={code} value={code} lang={code}>
            {name}
          </option>
        ))}
      </Select>
    </main>
  );
}
