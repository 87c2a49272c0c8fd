export interface DiffLine {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Lines that are told apart one by one; what differs beyond that is told as a whole. */
const MOST_LINES = 4000;

/**
 * What has to be removed from one text and added to make the other, line by line: a shortest such list (Myers 1986). Of texts
 * with more differences than can be looked at, the middle is removed and added as a whole.
 */
export function lineDiff(before: string, after: string): readonly DiffLine[] {
  const [a, b] = [linesOf(before), linesOf(after)];
  let start = 0;
  while (start < a.length && start < b.length && a[start] === b[start]) start++;
  let end = 0;
  while (end < a.length - start && end < b.length - start && a[a.length - 1 - end] === b[b.length - 1 - end]) end++;
  return [
    ...told("same", a.slice(0, start)),
    ...middleDiff(a.slice(start, a.length - end), b.slice(start, b.length - end)),
    ...told("same", a.slice(a.length - end)),
  ];
}

const linesOf = (text: string): readonly string[] => {
  const lines = text.split(/\r?\n/);
  return lines.at(-1) === "" ? lines.slice(0, -1) : lines;
};

const told = (kind: DiffLine["kind"], lines: readonly string[]): readonly DiffLine[] =>
  lines.map((text) => ({ kind, text }));

function middleDiff(a: readonly string[], b: readonly string[]): readonly DiffLine[] {
  const whole = [...told("removed", a), ...told("added", b)];
  if (a.length === 0 || b.length === 0 || a.length + b.length > MOST_LINES) return whole;
  return path(a, b) ?? whole;
}

/** Steps that are looked for; each costs as much memory as there are steps before it. */
const MOST_STEPS = 1000;

function path(a: readonly string[], b: readonly string[]): readonly DiffLine[] | undefined {
  const reach = new Map<number, number>([[1, 0]]);
  const trace: ReadonlyMap<number, number>[] = [];
  for (let steps = 0; steps <= Math.min(MOST_STEPS, a.length + b.length); steps++) {
    trace.push(new Map(reach));
    for (let k = -steps; k <= steps; k += 2) {
      const isDown = k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
      let x = isDown ? reach.get(k + 1)! : reach.get(k - 1)! + 1;
      while (x < a.length && x - k < b.length && a[x] === b[x - k]) x++;
      reach.set(k, x);
      if (x >= a.length && x - k >= b.length) return walkedBack(a, b, trace);
    }
  }
  return undefined;
}

function walkedBack(
  a: readonly string[],
  b: readonly string[],
  trace: readonly ReadonlyMap<number, number>[],
): readonly DiffLine[] {
  const lines: DiffLine[] = [];
  let [x, y] = [a.length, b.length];
  for (let steps = trace.length - 1; steps >= 0; steps--) {
    const reach = trace[steps]!;
    const k = x - y;
    const isDown = k === -steps || (k !== steps && (reach.get(k - 1) ?? -1) < (reach.get(k + 1) ?? -1));
    const fromX = reach.get(isDown ? k + 1 : k - 1) ?? 0;
    const fromY = fromX - (isDown ? k + 1 : k - 1);
    while (x > fromX && y > fromY && x > 0 && y > 0) {
      x--;
      y--;
      lines.push({ kind: "same", text: a[x]! });
    }
    if (steps === 0) break;
    if (isDown) lines.push({ kind: "added", text: b[--y]! });
    else lines.push({ kind: "removed", text: a[--x]! });
  }
  return lines.reverse();
}

/** What differs, with a few lines around it; a gap between two pieces is undefined. */
export function pieces(lines: readonly DiffLine[], around = 3): readonly (DiffLine | undefined)[] {
  const kept = new Set<number>();
  lines.forEach(({ kind }, at) => {
    if (kind === "same") return;
    for (let near = at - around; near <= at + around; near++) kept.add(near);
  });
  const shown: (DiffLine | undefined)[] = [];
  lines.forEach((line, at) => {
    if (kept.has(at)) shown.push(line);
    else if (shown.at(-1) !== undefined && lines.length > at) shown.push(undefined);
  });
  return shown.at(-1) === undefined ? shown.slice(0, -1) : shown;
}
