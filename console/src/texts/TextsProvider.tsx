import { useEffect, useMemo, useState, type ReactNode } from "react";
import { useStored } from "../app/stored";
import { translator, type Catalogue } from "./catalogue";
import { formatsOf } from "./formats";
import { bestLanguage, isLanguage, loadCatalogue, localeOf, type Language } from "./languages";
import { TextsContext, type Texts } from "./texts";

/** Gives the texts of the remembered language, or of the browser's. Shows nothing until they are loaded. */
export function TextsProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useStored<Language>(
    "language",
    () => bestLanguage(navigator.languages),
    isLanguage,
  );
  const [loaded, setLoaded] = useState<{ language: Language; catalogue: Catalogue }>();

  useEffect(() => {
    let wanted = true;
    const load = async (language: Language) => {
      const catalogue = await loadCatalogue(language);
      if (wanted) setLoaded({ language, catalogue });
    };
    // A catalogue that cannot be fetched (the server was updated meanwhile) leaves the console usable in English.
    load(language).catch(() => load("en"));
    return () => {
      wanted = false;
    };
  }, [language]);

  const texts = useMemo<Texts | undefined>(() => {
    if (!loaded) return undefined;
    const locale = localeOf(loaded.language, navigator.languages);
    return {
      t: translator(loaded.catalogue, locale),
      formats: formatsOf(locale),
      language: loaded.language,
      setLanguage,
    };
  }, [loaded, setLanguage]);

  useEffect(() => {
    if (loaded) document.documentElement.lang = loaded.language;
  }, [loaded]);

  return texts && <TextsContext value={texts}>{children}</TextsContext>;
}
