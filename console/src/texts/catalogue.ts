import type { en } from "./en";

/** A text in the forms that a language's plural rules tell apart; the form is chosen by the parameter `count`. */
export type Plural = Partial<Record<Intl.LDMLPluralRule, string>> & { readonly other: string };

export type TextKey = keyof typeof en;

/** The same texts in another language: a key that lacks, or one too many, does not compile. */
export type Translated<English> = {
  readonly [Key in keyof English]: English[Key] extends string ? string : Plural;
};

/** All texts of one language. */
export type Catalogue = Translated<typeof en>;

type ParameterNames<Text> = Text extends `${string}{${infer Name}}${infer Rest}`
  ? Name | ParameterNames<Rest>
  : never;

type TextOf<Key extends TextKey> = (typeof en)[Key] extends string
  ? (typeof en)[Key]
  : (typeof en)[Key][keyof (typeof en)[Key]];

type Parameters<Key extends TextKey> = {
  readonly [Name in ParameterNames<TextOf<Key>>]: Name extends "count" ? number : string;
};

/** What follows the key in a call: nothing when the text has no parameter. */
export type Arguments<Key extends TextKey> = keyof Parameters<Key> extends never ? [] : [Parameters<Key>];

export type Translate = <Key extends TextKey>(key: Key, ...parameters: Arguments<Key>) => string;

/** Makes the function that says a text of `catalogue` with the plural rules and digits of `locale`. */
export function translator(catalogue: Catalogue, locale: string): Translate {
  const plurals = new Intl.PluralRules(locale);
  const numbers = new Intl.NumberFormat(locale);
  return (key, ...[parameters]) => {
    const given = (parameters ?? {}) as Readonly<Record<string, string | number>>;
    const entry: string | Plural = catalogue[key];
    const text =
      typeof entry === "string" ? entry : (entry[plurals.select(Number(given["count"]))] ?? entry.other);
    return text.replace(/\{(\w+)\}/g, (placeholder, name: string) => {
      const value = given[name];
      return value === undefined ? placeholder : typeof value === "number" ? numbers.format(value) : value;
    });
  };
}
