import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { notices } from "../shell/notice-store.ts";
import { readStored, writeStored } from "../shell/storage.ts";
import type { Catalogue } from "./en.ts";
import { type Format, formatOf } from "./format.ts";
import { type Language, languageOf, loadCatalogue } from "./language.ts";

/** A language whose texts have come. */
interface Spoken {
  readonly language: Language;
  readonly text: Catalogue;
}

interface LanguageState extends Spoken {
  readonly format: Format;
  /** Takes effect when its texts have come; where they do not come, a notice says so. */
  setLanguage(language: Language): void;
}

const LanguageContext = createContext<LanguageState | undefined>(undefined);
const KEY = "esteira.language";

/** The language that a page begins with, and its texts. */
export async function firstLanguage(): Promise<Spoken> {
  const language = languageOf(readStored(KEY), navigator.languages);
  return { language, text: await loadCatalogue(language) };
}

export function LanguageProvider({ first, children }: { first: Spoken; children: ReactNode }) {
  const [spoken, setSpoken] = useState(first);
  const { language } = spoken;
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const state = useMemo<LanguageState>(
    () => ({
      ...spoken,
      format: formatOf(spoken.language),
      setLanguage: (next) => {
        loadCatalogue(next).then(
          (text) => {
            writeStored(KEY, next);
            setSpoken({ language: next, text });
          },
          (error: Error) => notices.tell({ text: error.message, tone: "bad" }),
        );
      },
    }),
    [spoken],
  );
  return <LanguageContext value={state}>{children}</LanguageContext>;
}

export function useLanguage(): LanguageState {
  const state = use(LanguageContext);
  if (!state) throw new Error("useLanguage needs a LanguageProvider above it.");
  return state;
}

export const useText = (): Catalogue => useLanguage().text;
export const useFormat = (): Format => useLanguage().format;
