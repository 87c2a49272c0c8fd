/** The file of a card to show: a page before Markdown before JSON, in the reader's language where there is one. */
export function cardIn(paths: readonly string[], language: string): string | undefined {
  const rank = (path: string): number => {
    const kind = ["html", "md", "json"].findIndex((end) => path.toLowerCase().endsWith(`.${end}`));
    if (kind < 0) return Number.POSITIVE_INFINITY;
    return kind * 2 + (path.toLowerCase().includes(`.${language.toLowerCase()}.`) ? 0 : 1);
  };
  const [best] = [...paths].filter((path) => Number.isFinite(rank(path))).sort((a, b) => rank(a) - rank(b));
  return best;
}
