import type { Catalogue } from "./en.ts";

/** A page reads the texts of one language: each is a file of its own. */
const CATALOGUES = {
  en: async () => (await import("./en.ts")).en,
  "pt-BR": async () => (await import("./pt-br.ts")).ptBr,
} as const satisfies Record<string, () => Promise<Catalogue>>;
export type Language = keyof typeof CATALOGUES;

export const loadCatalogue = (language: Language): Promise<Catalogue> => CATALOGUES[language]();

export const LANGUAGES: readonly { readonly id: Language; readonly name: string; readonly short: string }[] = [
  { id: "en", name: "English", short: "EN" },
  { id: "pt-BR", name: "Português (Brasil)", short: "PT" },
];

export const isLanguage = (text: unknown): text is Language => LANGUAGES.some(({ id }) => id === text);

/** The language chosen before, else the first of the browser's languages that there is a catalogue for. */
export function languageOf(stored: string | null, preferred: readonly string[]): Language {
  if (isLanguage(stored)) return stored;
  for (const tag of preferred) {
    if (/^pt\b/i.test(tag)) return "pt-BR";
    if (/^en\b/i.test(tag)) return "en";
  }
  return "en";
}
