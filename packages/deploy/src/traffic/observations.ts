import type { Observation } from "../observation.ts";

type Quantiles = NonNullable<Observation["primary"]["seconds"]>;

/**
 * What several routers have seen, as one: they count different requests. Of quantiles the worst is kept, which is never better than what
 * all callers saw. Undefined where one follows another change than the others, or there is none.
 */
export function together(seen: readonly Observation[]): Observation | undefined {
  const [first, ...others] = seen;
  if (first === undefined || others.some(({ generation }) => generation !== first.generation)) return undefined;
  return others.reduce<Observation>(
    (all, one) => ({
      generation: all.generation,
      ...named("seconds", shorter(all.seconds, one.seconds)),
      primary: variants(all.primary, one.primary),
      canary: variants(all.canary, one.canary),
      shadow: {
        compared: all.shadow.compared + one.shadow.compared,
        failed: all.shadow.failed + one.shadow.failed,
        missed: all.shadow.missed + one.shadow.missed,
        ...named("difference", worse(all.shadow.difference, one.shadow.difference)),
        ...named("scores", both(all.shadow.scores, one.shadow.scores)),
      },
    }),
    first,
  );
}

const variants = (a: Observation["primary"], b: Observation["primary"]): Observation["primary"] => ({
  requests: a.requests + b.requests,
  failed: a.failed + b.failed,
  ...named("seconds", worse(a.seconds, b.seconds)),
});

function worse(a: Quantiles | undefined, b: Quantiles | undefined): Quantiles | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  return { p50: larger(a.p50, b.p50), p99: larger(a.p99, b.p99), max: larger(a.max, b.max) };
}

/** Null is infinite. */
const larger = (a: number | null, b: number | null): number | null =>
  a === null || b === null ? null : Math.max(a, b);

const both = <T>(a: T[] | undefined, b: T[] | undefined): T[] | undefined =>
  a === undefined || b === undefined ? (a ?? b) : [...a, ...b];

const shorter = (a: number | undefined, b: number | undefined): number | undefined =>
  a === undefined || b === undefined ? undefined : Math.min(a, b);

const named = <K extends string, T>(key: K, value: T | undefined): { readonly [key in K]?: T } => {
  const entry: { [key in K]?: T } = {};
  if (value !== undefined) entry[key] = value;
  return entry;
};
