import { createContext, use } from "react";
import type { Translate } from "./catalogue";
import type { Formats } from "./formats";
import type { Language } from "./languages";

export interface Texts {
  readonly t: Translate;
  readonly formats: Formats;
  readonly language: Language;
  readonly setLanguage: (language: Language) => void;
}

export const TextsContext = createContext<Texts | undefined>(undefined);

/** The texts and formats of the chosen language. */
export function useTexts(): Texts {
  const texts = use(TextsContext);
  if (!texts) throw new Error("useTexts needs a TextsProvider above it");
  return texts;
}
