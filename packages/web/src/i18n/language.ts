import { type Catalogue, en } from "./en.ts";
import { ptBr } from "./pt-br.ts";

export const CATALOGUES = { en, "pt-BR": ptBr } as const satisfies Record<string, Catalogue>;
export type Language = keyof typeof CATALOGUES;
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
