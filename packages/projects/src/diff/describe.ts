import { type Comparison, type Difference, GROUPS } from "./compare.ts";
import type { RunFacts } from "./facts.ts";

/** A comparison for a person: what differs by group, then how much is equal and what was not compared. */
export function describeComparison(
  a: RunFacts,
  b: RunFacts,
  { differences, equal, notCompared, withinTolerance }: Comparison,
): readonly string[] {
  const lines = [headOf("a", a), headOf("b", b)];
  const all = GROUPS.flatMap((group) => differences[group]);
  const width = Math.min(36, Math.max(...[...all, ...withinTolerance].map(({ name }) => name.length), 0));
  for (const group of GROUPS) {
    if (differences[group].length > 0) lines.push("", group, ...differences[group].map((one) => lineOf(one, width)));
  }
  if (withinTolerance.length > 0)
    lines.push("", "within the tolerance", ...withinTolerance.map((one) => lineOf(one, width)));
  const counts = GROUPS.flatMap((group) => (equal[group] > 0 ? [`${group} ${equal[group]}`] : []));
  lines.push("", `Equal: ${counts.length === 0 ? "nothing" : counts.join(", ")}`);
  const left = notCompared.map(({ group, name, why }) => `${group} ${name} (${why})`);
  if (left.length > 0) lines.push(`Not compared: ${left.join("; ")}`);
  return lines;
}

const headOf = (letter: string, { runId, runName, status }: RunFacts): string =>
  `${letter}  ${runId}  ${runName}${status === "FINISHED" ? "" : `  ${status}`}`;

function lineOf({ name, a, b, detail }: Difference, width: number): string {
  return `  ${name.padEnd(width)}  ${shown(a)} → ${shown(b)}${detail === undefined ? "" : `  (${detail})`}`;
}

const MOST_CHARACTERS = 60;

/** A person compares the first characters of a digest, and the beginning of a text. */
function shown(value: string | undefined): string {
  if (value === undefined) return "–";
  const short = value.replace(/\b([0-9a-f]{12})[0-9a-f]{20,52}\b/g, "$1").replaceAll("\n", "⏎");
  if (short === "") return "''";
  return short.length > MOST_CHARACTERS ? `${short.slice(0, MOST_CHARACTERS)}…` : short;
}
