/**
 * Keeps a record of each scored row. The request log is for statistics: it is sampled, redacted and dropped by size, and who
 * holds it can change it. A decision record is for a person who asks: every row, every value, the digest of the model, in
 * order, and erasable by subject. So the one does not stand in for the other.
 */

import type { Decision, DecisionColumn, DecisionReason } from "../decisions/decision.ts";
import type { DecisionLog } from "../decisions/decision-log.ts";
import { scoreOf } from "../decisions/score.ts";
import { type Column, isNumeric } from "../format/table.ts";
import type { ScoredRequest } from "./answer.ts";
import type { Scored } from "./dispatcher.ts";

/** What the prediction of a model means. */
export interface DecisionRule {
  /** From here on a score is recorded as an alert, with its reasons; without it the caller decides by itself. */
  readonly threshold: number | undefined;
  /** The score is the prediction with its odds times this factor; null where it is the prediction itself. */
  readonly oddsFactor: number | null;
}

export interface DecisionKeeperOptions {
  readonly log: DecisionLog;
  /** SHA-256 of the folder of the model that answered. */
  readonly digestOf: (identity: Scored["identity"]) => string;
  readonly ruleOf: (identity: Scored["identity"]) => DecisionRule;
  readonly now?: () => number;
}

export interface DecisionKeeper {
  /** Returns at once: records are made after the answer has gone out. */
  keep(request: ScoredRequest): void;
  /** Writes what waits. */
  close(): Promise<void>;
}

const REASONS = 3;

export function createDecisionKeeper(options: DecisionKeeperOptions): DecisionKeeper {
  const now = options.now ?? Date.now;
  return {
    keep(request) {
      const { scored } = request;
      if (scored === undefined) return;
      const at = now();
      setImmediate(() => {
        for (const decision of decisionsOf(request, scored, at, options)) options.log.write(decision);
      });
    },
    async close() {
      await new Promise((resolve) => setImmediate(resolve));
      await options.log.close();
    },
  };
}

function decisionsOf(
  { requestId, subjects, seconds }: ScoredRequest,
  scored: Scored,
  at: number,
  { digestOf, ruleOf }: DecisionKeeperOptions,
): Decision[] {
  const { table, params, predictions, identity, variant } = scored;
  const columns = table.columns.map((column, i) => ({ name: table.names[i] ?? "", type: typeOf(column) }));
  const model = { name: identity.name, version: identity.version, digest: digestOf(identity), of: "folder" as const };
  const { threshold, oddsFactor } = ruleOf(identity);
  return predictions.map((prediction, row) => {
    const score = scoreOf(prediction, oddsFactor);
    const isAlert = score !== null && threshold !== undefined && score >= threshold;
    const values = table.columns.map((column) => column[row]);
    return {
      id: predictions.length === 1 ? requestId : `${requestId}#${row}`,
      ...{
        at,
        eventAt: null,
        subjects: subjects ?? [],
        model,
        arm: variant,
        columns,
        values,
        params,
        scorer: "table",
        prediction,
      },
      ...{ oddsFactor, score, threshold: threshold ?? null, latencyMs: seconds * 1000 },
      action: score === null || threshold === undefined ? null : isAlert ? "alert" : "allow",
      reasons: isAlert ? reasonsOf(scored, columns, values) : [],
    };
  });
}

const typeOf = (column: Column): DecisionColumn["type"] =>
  !isNumeric(column) ? "any" : column instanceof Float32Array ? "f32" : "f64";

/** What raised the score most, by SHAP values, where the model can tell. */
function reasonsOf(
  { rowScorer }: Scored,
  columns: readonly DecisionColumn[],
  values: readonly unknown[],
): readonly DecisionReason[] {
  if (rowScorer === undefined) return [];
  const at = new Map(columns.map(({ name }, i) => [name, i]));
  const row = Float64Array.from(rowScorer.featureNames, (name) => {
    const value = values[at.get(name) ?? -1];
    return typeof value === "number" ? value : Number.NaN;
  });
  const contributions = rowScorer.explain(row);
  return rowScorer.featureNames
    .map((feature, i) => ({ feature, value: row[i] ?? Number.NaN, contribution: contributions[i] ?? 0 }))
    .filter(({ contribution }) => contribution > 0)
    .sort((a, b) => b.contribution - a.contribution)
    .slice(0, REASONS)
    .map(({ feature, value, contribution }) => ({
      ...{ feature, value: Number.isFinite(value) ? value : null, contribution },
      text: {
        en: `${feature} is ${spoken(value, "en", "not known")}`,
        "pt-BR": `${feature} é ${spoken(value, "pt-BR", "não conhecido")}`,
      },
    }));
}

const FORMATS = {
  en: new Intl.NumberFormat("en", { maximumSignificantDigits: 6 }),
  "pt-BR": new Intl.NumberFormat("pt-BR", { maximumSignificantDigits: 6 }),
};

const spoken = (value: number, language: keyof typeof FORMATS, unknown: string): string =>
  Number.isFinite(value) ? FORMATS[language].format(value) : unknown;
