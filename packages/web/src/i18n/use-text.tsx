import { createContext, type ReactNode, use, useEffect, useMemo, useState } from "react";
import { readStored, writeStored } from "../shell/storage.ts";
import type { Catalogue } from "./en.ts";
import { type Format, formatOf } from "./format.ts";
import { CATALOGUES, type Language, languageOf } from "./language.ts";

interface LanguageState {
  readonly language: Language;
  readonly text: Catalogue;
  readonly format: Format;
  setLanguage(language: Language): void;
}

const LanguageContext = createContext<LanguageState | undefined>(undefined);
const KEY = "esteira.language";

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, setLanguage] = useState<Language>(() => languageOf(readStored(KEY), navigator.languages));
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const state = useMemo<LanguageState>(
    () => ({
      language,
      text: CATALOGUES[language],
      format: formatOf(language),
      setLanguage: (next) => {
        writeStored(KEY, next);
        setLanguage(next);
      },
    }),
    [language],
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
