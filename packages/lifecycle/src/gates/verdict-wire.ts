import type { GateVerdict } from "./verdict.ts";

/** The verdict as JSON carries it, snake_case. Figures that JSON has no word for (NaN, infinity) are null. */
export interface GateVerdictWire {
  readonly gate: string;
  readonly outcome: GateVerdict["outcome"];
  readonly evaluated_at: number;
  readonly digests: GateVerdict["digests"];
  readonly checks: readonly {
    readonly check: string;
    readonly title: string;
    readonly proves: string;
    readonly status: GateVerdict["checks"][number]["status"];
    readonly blocking: boolean;
    readonly found: string;
    readonly reason: string;
    readonly evidence: GateVerdict["checks"][number]["evidence"];
  }[];
}

export function gateVerdictToWire(verdict: GateVerdict): GateVerdictWire {
  return {
    gate: verdict.gate,
    outcome: verdict.outcome,
    evaluated_at: verdict.evaluatedAt,
    digests: verdict.digests,
    checks: verdict.checks.map((check) => ({
      check: check.check,
      title: check.title,
      proves: check.proves,
      status: check.status,
      blocking: check.blocking,
      found: check.found,
      reason: check.reason,
      evidence: Object.fromEntries(
        Object.entries(check.evidence).map(([key, value]) => [
          key,
          typeof value === "number" && !Number.isFinite(value) ? null : value,
        ]),
      ),
    })),
  };
}

export const renderGateJson = (verdict: GateVerdict): string =>
  `${JSON.stringify(gateVerdictToWire(verdict), null, 2)}\n`;
