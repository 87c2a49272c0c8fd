import type { Interval } from "@esteira/models/evaluation/interval";

/** A card in one language, before it is HTML or Markdown. Texts are as they came: whoever renders them makes them safe. */
export interface CardDocument {
  readonly language: string;
  readonly kicker: string;
  readonly name: string;
  readonly version: string;
  readonly badges: readonly Cell[];
  readonly note: string;
  readonly figures: readonly { readonly name: string; readonly value: string; readonly more: string }[];
  readonly sections: readonly Section[];
}

export interface Section {
  readonly title: string;
  readonly note?: string;
  readonly blocks: readonly Block[];
}

export type Block =
  | { readonly kind: "text"; readonly text: string }
  | { readonly kind: "list"; readonly items: readonly Cell[] }
  | { readonly kind: "facts"; readonly rows: readonly { readonly name: string; readonly cells: readonly Cell[] }[] }
  | { readonly kind: "table"; readonly columns: readonly Column[]; readonly rows: readonly (readonly Cell[])[] };

/** Columns that a phone can do without, and columns of words. */
export interface Column {
  readonly head: string;
  readonly isWideOnly?: boolean;
  readonly isText?: boolean;
}

export interface Cell {
  readonly text: string;
  /** A digest, an id: to be copied. */
  readonly isCode?: boolean;
  readonly badge?: "ok" | "watch" | "act" | "info";
  /** Beside the text, smaller. */
  readonly more?: string;
  /** A share on a track, with its interval. */
  readonly share?: { readonly value: number; readonly interval: Interval };
  /** Of a text that is not of the document's language. */
  readonly language?: string;
}
