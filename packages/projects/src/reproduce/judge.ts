import { createHash } from "node:crypto";
import type { Verdict } from "@esteira/core/reproduction";
import { type Comparison, GROUPS, isEqual, type Tolerance } from "../diff/compare.ts";
import type { RunFacts } from "../diff/facts.ts";
import { ownName } from "../diff/volatile.ts";

export interface JudgedRuns {
  readonly original: RunFacts;
  readonly reproduction: RunFacts;
  readonly comparison: Comparison;
  readonly tolerances: readonly Tolerance[];
  readonly notVerified: readonly string[];
  /** Defaults of parameters that the code has changed, as sentences. */
  readonly changedDefaults: readonly string[];
  /** Whether two runs made here from the same inputs agreed, where that was tried. */
  readonly repeats: boolean | undefined;
  /** When it was judged, in ISO 8601. */
  readonly at: string;
}

/** What may differ between two machines without making the result another: named beside the verdict, and a cause only of other results. */
const isPinned = (name: string): boolean => ["lockfile.sha256", "requirements.sha256", "image.base"].includes(name);

/**
 * The verdict on a reproduction. It is reproduced where code, data, pinned environment and results are all equal; where the results
 * differ, the causes say what else does.
 */
export function judge(judged: JudgedRuns): Verdict {
  const { original, reproduction, comparison, tolerances, notVerified, at } = judged;
  const { differences } = comparison;
  const environment = differences.environment.filter(({ name }) => isPinned(name));
  const isReproduced = isEqual({ ...comparison, differences: { ...differences, environment } });
  return {
    format: "esteira.reproduction/1",
    original: original.runId,
    reproduction: reproduction.runId,
    at,
    outcome: isReproduced ? "reproduced" : "differs",
    ...(isReproduced
      ? { agreement: comparison.withinTolerance.length > 0 ? ("tolerance" as const) : ("bitwise" as const) }
      : {}),
    tolerances: tolerances.map((one) => ({ ...one })),
    causes: isReproduced ? [] : causesOf(judged),
    differences: Object.fromEntries(
      GROUPS.flatMap((group) => (differences[group].length === 0 ? [] : [[group, texts(differences[group])]])),
    ),
    withinTolerance: texts(comparison.withinTolerance),
    equal: { ...comparison.equal },
    notCompared: comparison.notCompared.map((one) => ({ ...one })),
    notVerified: [...notVerified],
    evidence: { original: evidenceOf(original), reproduction: evidenceOf(reproduction) },
  };
}

const texts = (list: Comparison["withinTolerance"]) =>
  list.map(({ name, a, b, detail }) => ({
    name,
    ...(a === undefined ? {} : { a }),
    ...(b === undefined ? {} : { b }),
    ...(detail === undefined ? {} : { detail }),
  }));

/** The inputs that differ, the likeliest first; where none does, what that leaves. */
function causesOf({ comparison: { differences }, changedDefaults, repeats }: JudgedRuns): Verdict["causes"] {
  const causes: Verdict["causes"] = [];
  const name = ({ name, a = "none", b = "none" }: { name: string; a?: string | undefined; b?: string | undefined }) =>
    `${name}: ${a} → ${b}`;
  for (const text of changedDefaults) causes.push({ kind: "parameter default", text });
  for (const one of differences.code) causes.push({ kind: "code", text: name(one) });
  for (const one of differences.data) causes.push({ kind: "data", text: name(one) });
  for (const one of differences.environment) causes.push({ kind: "environment", text: name(one) });
  // It was given the same parameters: others are those that the training logs itself, such as a seed that it has drawn.
  if (causes.length === 0) for (const one of differences.params) causes.push({ kind: "params", text: name(one) });
  if (repeats === false)
    return [
      {
        kind: "nondeterminism",
        text: "the training is nondeterministic: run twice here from the same code, data and environment it gave two results (a seed, threads or the time)",
      },
      ...causes,
    ];
  if (causes.length > 0) return causes;
  const text =
    repeats === true
      ? "the training gives the same result each time here, and another than then: something differs that the run has not recorded"
      : "nothing that the run has recorded differs: the training is nondeterministic (a seed, threads or the time), or depends on what is not recorded; --explain tells the two apart by another run";
  return [{ kind: "unexplained", text }];
}

/** SHA-256 of each group of facts: equal for two runs that are equal in it, but for what is not compared. */
export function evidenceOf(facts: RunFacts): Record<string, string> {
  const digest = (value: unknown) => createHash("sha256").update(JSON.stringify(value)).digest("hex");
  const { code } = facts;
  const list = <T>(map: ReadonlyMap<string, T>) => [...map].sort(([a], [b]) => (a < b ? -1 : 1));
  const files = (map: RunFacts["models"]) => list(map).filter(([name]) => !ownName(name).startsWith("reproduction/"));
  return {
    code: digest([code.entryPoint, code.commit, code.changesDigest ?? code.changes]),
    params: digest(list(facts.params)),
    data: digest(list(facts.data)),
    environment: digest(list(facts.environment)),
    // JSON has no NaN.
    metrics: digest(
      list(
        new Map([...facts.metrics].map(([name, points]) => [name, points.map((one) => `${one.step}:${one.value}`)])),
      ),
    ),
    models: digest(files(facts.models)),
    artifacts: digest(files(facts.artifacts)),
  };
}
