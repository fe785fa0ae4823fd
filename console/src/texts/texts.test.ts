import { describe, expect, test } from "vitest";
import { translator, type Plural, type TextKey } from "./catalogue";
import { en } from "./en";
import { formatsOf } from "./formats";
import { bestLanguage, LANGUAGES, loadCatalogue, localeOf, type Language } from "./languages";

const keys = Object.keys(en) as TextKey[];
const languages = Object.keys(LANGUAGES) as Language[];

function forms(entry: string | Plural): string[] {
  return typeof entry === "string" ? [entry] : Object.values(entry);
}

function parameters(text: string): string[] {
  return [...text.matchAll(/\{(\w+)\}/g)].map(([placeholder]) => placeholder).sort();
}

describe("catalogue", () => {
  test.each(languages)(
    "%s has every key, no other, no empty text, and the parameters of English",
    async (language) => {
      const catalogue = await loadCatalogue(language);
      expect(Object.keys(catalogue).sort()).toEqual([...keys].sort());
      for (const key of keys) {
        const english = parameters(forms(en[key]).at(-1) ?? "");
        for (const text of forms(catalogue[key])) {
          expect(text.trim(), `${language} ${key}`).not.toBe("");
          // "the one row" may leave the number out.
          expect(english, `${language} ${key}`).toEqual(expect.arrayContaining(parameters(text)));
        }
        expect(parameters(forms(catalogue[key]).at(-1) ?? ""), `${language} ${key}`).toEqual(english);
      }
    },
  );

  // Areas are put together by spreading: the same key in two of them would hide one.
  test("keys of an area begin with its name, others with none", () => {
    const areas = Object.entries(
      import.meta.glob<Record<string, object>>(["./en/*.ts", "!./en/index.ts"], { eager: true }),
    ).map(([path, module]) => [path.slice("./en/".length, -".ts".length), Object.values(module)] as const);
    const names = areas.map(([name]) => name);
    for (const [name, [texts]] of areas) {
      const wrong = Object.keys(texts ?? {}).filter((key) => {
        const first = key.split(".")[0] ?? "";
        return name === "common" ? names.includes(first) : first !== name;
      });
      expect(wrong, name).toEqual([]);
    }
  });

  test("no key is unused", () => {
    const sources = import.meta.glob<string>(
      ["../**/*.{ts,tsx}", "!./{en,fr,ko,zh-Hans}/*.ts", "!../**/*.test.*"],
      {
        query: "?raw",
        import: "default",
        eager: true,
      },
    );
    const code = Object.values(sources).join("\n");
    expect(keys.filter((key) => !code.includes(`"${key}"`))).toEqual([]);
  });
});

describe("translator", () => {
  test("chooses the plural form and writes numbers as the language does", async () => {
    const english = translator(en, "en");
    expect(english("grid.total", { count: 1 })).toBe("1 row");
    expect(english("grid.total", { count: 1234567 })).toBe("1,234,567 rows");
    const french = translator(await loadCatalogue("fr"), "fr");
    expect(french("grid.total", { count: 0 })).toBe("0 ligne");
    expect(french("grid.total", { count: 1234567 })).toMatch(/^1\s234\s567 lignes$/u);
  });

  test("puts parameters in as they are, also those that look like a placeholder", () => {
    expect(translator(en, "en")("notFound.body", { path: "{path}$&" })).toContain("at {path}$&.");
  });
});

test("the browser's first language that is spoken here wins", () => {
  expect(bestLanguage(["de-AT", "ko-KR", "fr"])).toBe("ko");
  expect(bestLanguage(["zh-TW"])).toBe("zh-Hans");
  expect(bestLanguage(["constructor", "xx"])).toBe("en");
});

test("numbers and dates are written as in the browser's region of the chosen language", () => {
  expect(localeOf("en", ["de-DE", "en-GB", "en-US"])).toBe("en-GB");
  expect(localeOf("en", ["unheard-of", "en"])).toBe("en");
  expect(localeOf("fr", ["en-GB"])).toBe("fr");
});

test("relative times use the largest unit that fits", () => {
  const { relative } = formatsOf("en");
  const now = new Date("2026-03-01T12:00:00Z");
  expect(relative(new Date("2026-03-01T11:57:01Z"), now)).toBe("2 minutes ago");
  expect(relative(new Date("2026-03-01T12:00:30Z"), now)).toBe("in 30 seconds");
  expect(relative(new Date("2026-02-27T12:00:00Z"), now)).toBe("2 days ago");
});

test("lengths of time are said in the two largest units", () => {
  const { duration } = formatsOf("en");
  expect([0, 0.4, 59.6, 3_599, 3_605, 90_061].map(duration)).toEqual([
    "0 sec",
    "0 sec",
    "1 min",
    "59 min 59 sec",
    "1 hr",
    "1 day 1 hr",
  ]);
});
