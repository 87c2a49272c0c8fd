import type { Figures } from "../monitoring/figures.ts";
import type { ModelCard } from "./card.ts";
import type { CardWords } from "./card-words.ts";

/** What every section is written from. */
export interface Writing {
  readonly card: ModelCard;
  readonly words: CardWords;
  readonly figures: Figures;
}

/** Unambiguous in any language. */
export const when = (instant: string): string => `${instant.slice(0, 16).replace("T", " ")} UTC`;

/** `account_takeover` and `payerRegion` as words. */
export const spaced = (name: string): string =>
  name.replace(/_/g, " ").replace(/([a-z])([A-Z])/g, (_, a: string, b: string) => `${a} ${b.toLowerCase()}`);
