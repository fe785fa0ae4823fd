import type { Catalogue } from "./catalogue";
import { en } from "./en";

/** Languages of the console, each with its own name for itself. English comes with the first screen. */
export const LANGUAGES = { en: "English", fr: "Français", ko: "한국어", "zh-Hans": "简体中文" } as const;

export type Language = keyof typeof LANGUAGES;

export function isLanguage(value: unknown): value is Language {
  return typeof value === "string" && Object.hasOwn(LANGUAGES, value);
}

/** The language of a tag, if the console speaks it; Chinese of any region is simplified Chinese here. */
function spoken(tag: string): Language | undefined {
  const primary = tag.toLowerCase().split("-")[0];
  return primary === "zh" ? "zh-Hans" : isLanguage(primary) ? primary : undefined;
}

/** The first of the wished languages that the console speaks, else English. */
export function bestLanguage(wished: readonly string[]): Language {
  return wished.map(spoken).find((language) => language !== undefined) ?? "en";
}

/** The locale for numbers and dates: the language as it is written in the region that the browser names for it. */
export function localeOf(language: Language, wished: readonly string[]): string {
  return wished.find((tag) => spoken(tag) === language) ?? language;
}

export async function loadCatalogue(language: Language): Promise<Catalogue> {
  switch (language) {
    case "en":
      return en;
    case "fr":
      return (await import("./fr")).fr;
    case "ko":
      return (await import("./ko")).ko;
    case "zh-Hans":
      return (await import("./zh-Hans")).zhHans;
  }
}
