/** How well a text matches what was typed: more is better. `at` are the places of its letters, to be marked. */
export interface Match {
  readonly score: number;
  readonly at: readonly number[];
}

const START = 8;
const WORD = 6;
const RUN = 4;
/** Longer texts say less when the same letters are in them. */
const LENGTH = 0.05;

const plain = (text: string): string =>
  // Of decomposed letters only those are taken away that stand for themselves: places stay what they were.
  Array.from(text, (letter) => letter.normalize("NFD")[0] ?? letter)
    .join("")
    .toLowerCase();

/** The letters of a query in their order in a text, wherever they are; undefined when one is missing. */
export function fuzzyMatch(query: string, text: string): Match | undefined {
  const wanted = plain(query).replaceAll(/\s+/g, "");
  if (wanted === "") return { score: 0, at: [] };
  const letters = plain(text);
  const whole = letters.indexOf(plain(query).trim());
  if (whole >= 0) {
    const at = Array.from({ length: query.trim().length }, (_, place) => whole + place);
    return { score: scoreOf(letters, at) + START, at };
  }
  const at: number[] = [];
  let from = 0;
  for (const letter of wanted) {
    const place = letters.indexOf(letter, from);
    if (place < 0) return undefined;
    at.push(place);
    from = place + 1;
  }
  return { score: scoreOf(letters, at), at };
}

function scoreOf(letters: string, at: readonly number[]): number {
  let score = -letters.length * LENGTH;
  for (const [nth, place] of at.entries()) {
    if (place === 0) score += START;
    else if (/[\s\-_./@]/.test(letters[place - 1] ?? "")) score += WORD;
    if (nth > 0 && place === (at[nth - 1] ?? -2) + 1) score += RUN;
  }
  return score;
}

/** The best first, at most `most`; with an empty query all in their own order. */
export function fuzzyFilter<T>(
  items: readonly T[],
  query: string,
  textOf: (item: T) => string,
  most: number,
): readonly { readonly item: T; readonly at: readonly number[] }[] {
  return items
    .flatMap((item, place) => {
      const match = fuzzyMatch(query, textOf(item));
      return match === undefined ? [] : [{ item, place, ...match }];
    })
    .sort((a, b) => b.score - a.score || a.place - b.place)
    .slice(0, most);
}
