/**
 * The one of `names` that `given` was probably meant to be: at most a slip or two away, by the length of the name. Names of
 * up to three letters are near only in the other case: `lr` and `l1` are two things.
 */
export const nearest = (given: string, names: Iterable<string>): string | undefined =>
  closest(given, names, given.length <= 3 ? 0 : given.length <= 6 ? 1 : 2);

function closest(given: string, names: Iterable<string>, allowed: number): string | undefined {
  let best: { name: string; slips: number } | undefined;
  for (const name of names) {
    const slips = slipsBetween(given.toLowerCase(), name.toLowerCase());
    if (slips <= allowed && (best === undefined || slips < best.slips)) best = { name, slips };
  }
  return best?.name;
}

/** `; did you mean 'alpha'?`, or nothing: for a name that is wrong anyway, from somewhat farther away. */
export function suggestion(given: string, names: Iterable<string>): string {
  const name = closest(given, names, given.length <= 2 ? 0 : given.length <= 4 ? 1 : 2);
  return name === undefined ? "" : `; did you mean '${name}'?`;
}

/** Letters added, left out, changed, or swapped with their neighbour. */
function slipsBetween(a: string, b: string): number {
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, at) => at);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const differs = a[i - 1] === b[j - 1] ? 0 : 1;
      let slips = Math.min((last[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1, (last[j - 1] ?? 0) + differs);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        slips = Math.min(slips, (before[j - 2] ?? 0) + 1);
      row.push(slips);
    }
    before = last;
    last = row;
  }
  return last[b.length] ?? 0;
}
