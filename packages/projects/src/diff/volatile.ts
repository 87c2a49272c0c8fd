import { matchesGlob } from "./glob.ts";

/** What says when, where or how fast a run was, and so differs between two runs of the same work. */
export interface Volatile {
  readonly group: "metrics" | "artifacts" | "keys of MLmodel" | "keys of esteira_parity.json";
  /** A name; `*` stands for any characters. */
  readonly pattern: string;
  readonly why: string;
}

const timings = ["*_seconds", "*_ms", "*_time", "*duration*", "*elapsed*", "*latency*", "*_per_second"];
const ids = ["run_id", "model_id", "model_uuid", "artifact_path"];

/** Compared only when asked for; what a comparison has left out, it says by name. */
export const VOLATILE: readonly Volatile[] = [
  { group: "metrics", pattern: "system/*", why: "measures the machine" },
  ...timings.map((pattern) => ({ group: "metrics" as const, pattern, why: "measures time" })),
  { group: "artifacts", pattern: "uncommitted.diff", why: "compared as code" },
  { group: "artifacts", pattern: "packages.txt", why: "compared as environment" },
  { group: "artifacts", pattern: "environment.json", why: "compared as environment" },
  { group: "artifacts", pattern: "reproduction/*", why: "says what other runs gave" },
  ...ids.map((pattern) => ({ group: "keys of MLmodel" as const, pattern, why: "names the run or the model" })),
  { group: "keys of MLmodel", pattern: "utc_time_created", why: "says when it was made" },
  { group: "keys of esteira_parity.json", pattern: "comparedAt", why: "says when it was made" },
];

/** Why a metric or an artifact is not compared; undefined when it is. */
export const volatility = (
  group: "metrics" | "models" | "artifacts",
  name: string,
  list: readonly IgnoredName[],
): string | undefined => list.find((one) => one.group === group && matchesGlob(ownName(name), one.pattern))?.why;

/** The name that a nested run itself has for what its parent knows as `RUN › NAME`. */
export const ownName = (name: string): string => name.split(" › ").at(-1) ?? name;

/** As `Volatile`, of a user's own. */
export interface IgnoredName {
  readonly group: string;
  readonly pattern: string;
  readonly why: string;
}
