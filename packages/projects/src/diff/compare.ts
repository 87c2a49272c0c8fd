import type { FileFacts, Point, RunFacts } from "./facts.ts";
import { matchesGlob } from "./glob.ts";
import { type IgnoredName, ownName, VOLATILE, volatility } from "./volatile.ts";

/** One thing that differs; undefined for a run that does not have it. */
export interface Difference {
  readonly name: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
  /** How, where the two values do not say it. */
  readonly detail?: string;
}

export const GROUPS = ["code", "params", "data", "environment", "metrics", "models", "artifacts"] as const;
export type Group = (typeof GROUPS)[number];

export interface NotCompared {
  readonly group: string;
  readonly name: string;
  readonly why: string;
}

export interface Comparison {
  /** Only what differs, in each group by name. */
  readonly differences: Readonly<Record<Group, readonly Difference[]>>;
  /** How many things were found equal. */
  readonly equal: Readonly<Record<Group, number>>;
  readonly notCompared: readonly NotCompared[];
  /** Metrics that differ, but by no more than was allowed. */
  readonly withinTolerance: readonly Difference[];
}

export interface CompareOptions {
  /** What is not compared; by default `VOLATILE`. */
  readonly ignored?: readonly IgnoredName[];
  /** How far values of a metric may lie apart, by a pattern of its name: |a − b| ≤ tolerance · max(1, |a|, |b|). The first counts. */
  readonly tolerances?: readonly Tolerance[];
}

export interface Tolerance {
  readonly metric: string;
  readonly tolerance: number;
}

/** Says what differs between two runs. Code is compared as what was run: the same commit with the same changes is the same code. */
export function compareRuns(a: RunFacts, b: RunFacts, options: CompareOptions = {}): Comparison {
  const { ignored = VOLATILE, tolerances = [] } = options;
  const notCompared: NotCompared[] = [];
  const withinTolerance: Difference[] = [];
  const kept = <T>(group: "metrics" | "models" | "artifacts", one: ReadonlyMap<string, T>): ReadonlyMap<string, T> =>
    new Map(
      [...one].filter(([name]) => {
        const why = volatility(group, name, ignored);
        if (why === undefined) return true;
        if (!notCompared.some((left) => left.group === group && left.name === name))
          notCompared.push({ group, name, why });
        return false;
      }),
    );
  const files = (group: "models" | "artifacts", fact: FileFacts, name: string): void => {
    if (fact.leftOut?.length) notCompared.push({ group, name, why: `in it ${fact.leftOut.join(", ")}` });
  };
  for (const group of ["models", "artifacts"] as const) for (const [name, fact] of a[group]) files(group, fact, name);
  for (const { runId, unreadable } of [a, b])
    if (unreadable !== undefined)
      notCompared.push({ group: "artifacts", name: `files of run ${runId}`, why: unreadable });

  const metrics = compareMaps(kept("metrics", a.metrics), kept("metrics", b.metrics), comparePoints);
  const [near, far] = [[] as Difference[], [] as Difference[]];
  for (const difference of metrics.differences) {
    const allowed = tolerances.find(({ metric }) => matchesGlob(ownName(difference.name), metric))?.tolerance;
    const [one, other] = [a.metrics.get(difference.name), b.metrics.get(difference.name)];
    (allowed !== undefined && one && other && areNear(one, other, allowed) ? near : far).push(difference);
  }
  withinTolerance.push(...near);
  const groups = {
    code: compareMaps(codeOf(a), codeOf(b), compareTexts),
    params: compareMaps(a.params, b.params, compareTexts),
    data: compareMaps(a.data, b.data, compareTexts),
    environment: compareMaps(a.environment, b.environment, compareTexts),
    metrics: { differences: far, equal: metrics.equal },
    models: compareMaps(kept("models", a.models), kept("models", b.models), compareFiles),
    artifacts: compareMaps(kept("artifacts", a.artifacts), kept("artifacts", b.artifacts), compareFiles),
  };
  const pick = <T>(of: (group: Compared) => T) =>
    ({
      code: of(groups.code),
      params: of(groups.params),
      data: of(groups.data),
      environment: of(groups.environment),
      metrics: of(groups.metrics),
      models: of(groups.models),
      artifacts: of(groups.artifacts),
    }) satisfies Record<Group, T>;
  return {
    differences: pick(({ differences }) => differences),
    equal: pick(({ equal }) => equal),
    notCompared,
    withinTolerance,
  };
}

export const isEqual = ({ differences }: Comparison): boolean =>
  GROUPS.every((group) => differences[group].length === 0);

interface Compared {
  readonly differences: readonly Difference[];
  readonly equal: number;
}

function compareMaps<T>(
  a: ReadonlyMap<string, T>,
  b: ReadonlyMap<string, T>,
  compare: (a: T | undefined, b: T | undefined) => Omit<Difference, "name"> | undefined,
): Compared {
  const differences: Difference[] = [];
  const names = [...new Set([...a.keys(), ...b.keys()])].sort();
  for (const name of names) {
    const found = compare(a.get(name), b.get(name));
    if (found !== undefined) differences.push({ name, ...found });
  }
  return { differences, equal: names.length - differences.length };
}

const compareTexts = (a: string | undefined, b: string | undefined) => (a === b ? undefined : { a, b });

function compareFiles(a: FileFacts | undefined, b: FileFacts | undefined) {
  return a?.sha256 === b?.sha256 ? undefined : { a: fileText(a), b: fileText(b) };
}

const fileText = (file: FileFacts | undefined): string | undefined =>
  file === undefined ? undefined : `sha256 ${file.sha256} (${file.bytes} bytes)`;

/** The source's path says only where the code lay; it counts where nothing else says which code it was. */
function codeOf({ code }: RunFacts): ReadonlyMap<string, string> {
  const facts: (readonly [string, string | undefined])[] = [
    ["entry point", code.entryPoint],
    ["commit", code.commit],
    ["uncommitted changes", changesText(code.changes, code.changesDigest)],
    ...(code.commit === undefined ? [["source", code.source] as const] : []),
  ];
  return new Map(facts.flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])));
}

function changesText(changes: string | undefined, digest: string | undefined): string | undefined {
  if (changes === "") return "none";
  return digest === undefined ? undefined : `sha256 ${digest}`;
}

function comparePoints(a: readonly Point[] | undefined, b: readonly Point[] | undefined) {
  if (a === undefined || b === undefined) return { a: lastOf(a), b: lastOf(b) };
  const first = firstDifference(a, b);
  if (first === undefined) return undefined;
  const length = Math.max(a.length, b.length);
  if (length === 1) return { a: lastOf(a), b: lastOf(b) };
  const differing = Array.from({ length }, (_, at) => at).filter((at) => !isSame(a[at], b[at])).length;
  const step = (a[first] ?? b[first])?.step ?? "";
  return { a: lastOf(a), b: lastOf(b), detail: `${differing} of ${length} points differ, the first at step ${step}` };
}

const lastOf = (points: readonly Point[] | undefined): string | undefined => points?.at(-1)?.value.toString();

function firstDifference(a: readonly Point[], b: readonly Point[]): number | undefined {
  for (let at = 0; at < Math.max(a.length, b.length); at++) if (!isSame(a[at], b[at])) return at;
  return undefined;
}

/** NaN is NaN: two runs that both could not measure do not differ. */
const isSame = (a: Point | undefined, b: Point | undefined): boolean =>
  a !== undefined && b !== undefined && a.step === b.step && (a.value === b.value || Object.is(a.value, b.value));

const areNear = (a: readonly Point[], b: readonly Point[], tolerance: number): boolean =>
  a.length === b.length &&
  a.every((point, at) => {
    const other = b[at];
    if (isSame(point, other)) return true;
    if (other === undefined || other.step !== point.step) return false;
    const scale = Math.max(1, Math.abs(point.value), Math.abs(other.value));
    return Math.abs(point.value - other.value) <= tolerance * scale;
  });
