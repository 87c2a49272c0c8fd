import type { Metric } from "@esteira/core/entities/metric";
import type { Field, Signature } from "./signature.ts";
import type { GateVerdict } from "./verdict.ts";

/** One name and what two versions have under it; undefined where one has nothing. */
export interface PairLine {
  readonly key: string;
  readonly a: string | undefined;
  readonly b: string | undefined;
  readonly differs: boolean;
}

/** All keys of either, by name. */
export function pairLines(a: ReadonlyMap<string, string>, b: ReadonlyMap<string, string>): readonly PairLine[] {
  return [...new Set([...a.keys(), ...b.keys()])].sort().map((key) => {
    const [left, right] = [a.get(key), b.get(key)];
    return { key, a: left, b: right, differs: left !== right };
  });
}

export interface MetricLine {
  readonly key: string;
  readonly values: readonly [number | undefined, number | undefined];
  /** The second less the first; undefined where it is no number. */
  readonly difference: number | undefined;
  readonly differs: boolean;
}

/** All metrics of either, by name. NaN equals NaN: two that both failed to measure do not differ. */
export function metricLines(a: readonly Metric[], b: readonly Metric[]): readonly MetricLine[] {
  const [left, right] = [a, b].map((metrics) => new Map(metrics.map(({ key, value }) => [key, value])));
  return [...new Set([...a, ...b].map(({ key }) => key))].sort().map((key) => {
    const values = [left?.get(key), right?.get(key)] as const;
    const difference = (values[1] ?? Number.NaN) - (values[0] ?? Number.NaN);
    return {
      key,
      values,
      difference: Number.isFinite(difference) ? difference : undefined,
      differs: !Object.is(...values),
    };
  });
}

/** A signature as lines: `input amount` is `double`, an optional one says so. */
export function signatureMap(signature: Signature | undefined): ReadonlyMap<string, string> {
  const part = (kind: string, fields: readonly Field[]) =>
    fields.map((field, at) => [`${kind} · ${field.name ?? at}`, typeOf(field)] as const);
  return signature === undefined
    ? new Map()
    : new Map([
        ...part("inputs", signature.inputs),
        ...part("outputs", signature.outputs),
        ...part("params", signature.params),
      ]);
}

const typeOf = ({ type, required, default: standard }: Field): string =>
  [type, required === false ? "?" : "", standard === undefined ? "" : ` = ${JSON.stringify(standard)}`].join("");

/** Checks by their titles: status and what was found. */
export const verdictMap = (
  verdict: GateVerdict | null | undefined,
): ReadonlyMap<string, { readonly status: GateVerdict["checks"][number]["status"]; readonly found: string }> =>
  new Map((verdict?.checks ?? []).map(({ title, status, found }) => [title, { status, found }]));

/** Two versions that may be compared: different ones, the older first. */
export const pairOf = (picked: readonly string[]): readonly [string, string] | undefined => {
  const [a, b] = [...picked].sort((one, other) => Number(one) - Number(other));
  return picked.length === 2 && a !== undefined && b !== undefined && a !== b ? [a, b] : undefined;
};

/** The picked versions after one more was picked or let go; a third takes the place of the first. */
export const pickedAfter = (picked: readonly string[], version: string): readonly string[] =>
  picked.includes(version) ? picked.filter((one) => one !== version) : [...picked, version].slice(-2);
