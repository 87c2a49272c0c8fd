/** What was seen of a shadow or a canary, judged. Pure. */

import type { FlowSpec } from "@esteira/core/flow/flow-spec";
import { ksDistance } from "../monitoring/distribution/samples.ts";
import { type Counted, differenceSequence, shareSequence } from "../monitoring/sequential-share.ts";

interface Quantiles {
  readonly p99: number | null;
}

/** How a deployment's models have done since they were last changed; what a deployment target observes. */
export interface Seen {
  /** Since that change. */
  readonly seconds?: number | undefined;
  readonly primary: { readonly requests: number; readonly failed: number; readonly seconds?: Quantiles | undefined };
  readonly canary: { readonly requests: number; readonly failed: number; readonly seconds?: Quantiles | undefined };
  readonly shadow: {
    readonly compared: number;
    readonly failed: number;
    readonly difference?: Quantiles | undefined;
    /** An answer and the other version's to the same row, of the newest rows. */
    readonly scores?: readonly (readonly [number, number])[] | undefined;
  };
  /** How often the serving process ended by itself meanwhile. */
  readonly restarts: number;
}

export type Judgement =
  | { readonly kind: "passed" | "refused"; readonly reason: string }
  /** Too little was seen to say either way. */
  | { readonly kind: "open"; readonly reason: string };

/** Deployments keep the newest scores alone. */
const ENOUGH_SCORES = 500;

type ShadowLimits = NonNullable<FlowSpec["shadow"]>;
type CanaryLimits = NonNullable<FlowSpec["canary"]>;

export function judgeShadow(limits: ShadowLimits, { shadow, restarts }: Seen): Judgement {
  if (restarts > 0) return crashed(restarts);
  const seen = shadow.compared + shadow.failed;
  const failures = judgeFailures(limits, { hits: shadow.failed, trials: seen }, NEVER, "the shadow");
  if (failures.refused !== undefined) return failures.refused;
  if (seen < limits.requests) return { kind: "open", reason: `${seen} of ${limits.requests} requests were compared` };
  return (
    tooDifferent(limits.max_difference, shadow.difference?.p99) ??
    judgeScores(limits, shadow.scores) ?? {
      kind: "passed",
      reason: `${seen} requests, ${shadow.failed} failed, differences ${figure(shadow.difference?.p99)} at the 99th percentile${failures.shown}`,
    }
  );
}

export function judgeCanary(limits: CanaryLimits, { seconds, primary, canary, shadow, restarts }: Seen): Judgement {
  if (restarts > 0) return crashed(restarts);
  const failures = judgeFailures(
    limits,
    { hits: canary.failed, trials: canary.requests },
    { hits: primary.failed, trials: primary.requests },
    "the canary",
  );
  if (failures.refused !== undefined) return failures.refused;
  if (canary.requests < limits.requests)
    return { kind: "open", reason: `the canary has answered ${canary.requests} of ${limits.requests} requests` };
  const [own, theirs] = [canary.seconds?.p99, primary.seconds?.p99];
  if (limits.max_slower !== undefined) {
    if (own == null || theirs == null) return { kind: "open", reason: "the present version has answered no request" };
    const slower = own / theirs;
    if (slower > limits.max_slower)
      return {
        kind: "refused",
        reason: `the canary is ${slower.toFixed(1)} times as slow as the present version (${ms(own)} against ${ms(theirs)} at the 99th percentile); at most ${limits.max_slower} is asked`,
      };
  }
  if (limits.max_difference !== undefined && shadow.difference === undefined)
    return { kind: "open", reason: "no answer of the present version was compared" };
  const different = tooDifferent(limits.max_difference, shadow.difference?.p99) ?? judgeScores(limits, shadow.scores);
  if (different !== undefined) return different;
  // What is wrong is said at once; what is right must last.
  if ((seconds ?? 0) < limits.dwell_seconds)
    return { kind: "open", reason: `all is well after ${Math.floor(seconds ?? 0)} of ${limits.dwell_seconds} seconds` };
  return {
    kind: "passed",
    reason: `${canary.requests} requests, ${canary.failed} failed, ${own == null ? "" : `${ms(own)} and `}differences ${figure(shadow.difference?.p99)} at the 99th percentile${failures.shown}`,
  };
}

/** The share that comes after this one; undefined where that was the last before all. */
export const nextShare = ({ share, steps }: Pick<CanaryLimits, "share" | "steps">, now: number): number | undefined =>
  [share, ...steps].find((step) => step > now);

const crashed = (restarts: number): Judgement => ({
  kind: "refused",
  reason: `the serving process has ended by itself ${restarts === 1 ? "once" : `${restarts} times`}`,
});

/** What a shadow's failures are compared with: a share that is known to be 0. */
const NEVER = "never";

interface Failures {
  readonly refused?: Judgement;
  /** What a verdict that passes adds, where a confidence was asked for. */
  readonly shown: string;
}

/**
 * Without a confidence: as soon as more have failed than may of all that will be looked at, however well the others go. With one: as
 * soon as it is beyond doubt that more fail than may, by an interval that may be looked at at any time.
 */
function judgeFailures(limits: ShadowLimits, own: Counted, usual: Counted | typeof NEVER, who: string): Failures {
  const { requests, max_failed_share, confidence } = limits;
  if (confidence === undefined) {
    const share = usual === NEVER || usual.trials === 0 ? 0 : usual.hits / usual.trials;
    const allowed = (share + max_failed_share) * Math.max(requests, own.trials);
    if (own.hits <= allowed) return { shown: "" };
    const of = Math.max(requests, own.trials);
    return refusedFor(
      `${who} has failed on ${own.hits} of ${own.trials} requests, where ${Math.floor(allowed)} of ${of} may`,
    );
  }
  const alpha = 1 - confidence;
  const more = usual === NEVER ? shareSequence(own, alpha) : differenceSequence(own, usual, alpha);
  const [least, most, sure] = [percent(more.low), percent(more.high), percent(confidence)];
  if (more.low > max_failed_share)
    return refusedFor(
      `${who} has failed on ${own.hits} of ${own.trials} requests: at least ${least} more than the present version, which is sure to ${sure}; ${percent(max_failed_share)} may`,
    );
  return {
    shown:
      more.high <= max_failed_share
        ? `; that at most ${percent(max_failed_share)} more fail is shown (to ${sure})`
        : `; nothing speaks against it, though up to ${most} more may fail (to ${sure})`,
  };
}

const refusedFor = (reason: string): Failures => ({ refused: { kind: "refused", reason }, shown: "" });

function tooDifferent(limit: number | undefined, p99: number | null | undefined): Judgement | undefined {
  if (limit === undefined || (p99 != null && p99 <= limit)) return undefined;
  return {
    kind: "refused",
    reason: `its answers differ by ${figure(p99)} at the 99th percentile; at most ${limit} is asked`,
  };
}

/** What the same rows would be to the two versions, where something is asked of that; undefined when all is well. */
function judgeScores(
  { requests, threshold, max_disagreement, max_alert_change, max_drift }: ShadowLimits,
  scores: Seen["shadow"]["scores"] = [],
): Judgement | undefined {
  if ((max_disagreement ?? max_alert_change ?? max_drift) === undefined) return undefined;
  const enough = Math.min(requests, ENOUGH_SCORES);
  if (scores.length < enough) return { kind: "open", reason: `${scores.length} of ${enough} scores were compared` };
  const share = (of: (pair: readonly [number, number]) => boolean): number => scores.filter(of).length / scores.length;
  const isAlert = (score: number): boolean => threshold !== undefined && score >= threshold;
  const beyond = (found: number, limit: number | undefined, what: string): Judgement | undefined =>
    limit === undefined || found <= limit
      ? undefined
      : {
          kind: "refused",
          reason: `${what} ${percent(found)} of ${scores.length} rows; at most ${percent(limit)} is asked`,
        };
  const [present, young] = [share(([one]) => isAlert(one)), share(([, other]) => isAlert(other))];
  return (
    beyond(
      share(([one, other]) => isAlert(one) !== isAlert(other)),
      max_disagreement,
      "the versions disagree on",
    ) ??
    beyond(
      Math.abs(young - present),
      max_alert_change,
      `alerts go from ${percent(present)} to ${percent(young)}, which is`,
    ) ??
    beyond(
      ksDistance(
        scores.map(([one]) => one),
        scores.map(([, other]) => other),
      ),
      max_drift,
      "the scores are distributed otherwise by",
    )
  );
}

const percent = (part: number): string => `${Number((part * 100).toPrecision(3))} %`;
const ms = (seconds: number): string => `${(seconds * 1000).toPrecision(3)} ms`;
/** Null is what JSON has for an infinite one. */
const figure = (value: number | null | undefined): string =>
  value === null ? "without end" : value === undefined ? "unknown" : String(Number(value.toPrecision(3)));
