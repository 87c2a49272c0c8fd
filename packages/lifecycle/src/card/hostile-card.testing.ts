import { type ModelCard, modelCardSchema } from "./card.ts";

const HOSTILE = `</title><script>alert(1)</script>" onload='x' | **bold** [a](javascript:b) \`c\` http://evil.example @here\n# h ${"w/o".repeat(60)}`;
const at = "2026-11-26T12:00:00.000Z";
const entry = (what: string): ModelCard["promotions"][number] => ({
  ...{ sequence: 7, at, action: "alias.set", actor: HOSTILE, origin: "oidc", what },
  ...{ evidence: null, reason: HOSTILE, hash: "a".repeat(64) },
});

/** A card in which every text is one that means harm. */
export function hostileCard(): ModelCard {
  const group = {
    ...{ name: HOSTILE, rows: 10, frauds: 4, caught: 3, recall: 0.75 },
    ...{ interval: { low: 0.3, high: 0.95 }, false_positive_rate: 0.01 },
  };
  return modelCardSchema.parse({
    format: "esteira-model-card/1",
    made_at: at,
    model: {
      ...{ name: HOSTILE, version: "3", purpose: HOSTILE, description: HOSTILE, owner: HOSTILE, use_limits: HOSTILE },
      ...{ stage: "Production", aliases: [HOSTILE], registered_at: at, digest: "b".repeat(64), flavors: [HOSTILE] },
      ...{ trainer: HOSTILE, inputs: 3, bytes: 2048, mlflow_version: HOSTILE },
    },
    decision: { threshold: 0.0461, alert_budget: 0.005, ledger_prevalence: 0.002, true_to_ledger_prevalence: 0.03 },
    data: {
      ...{
        description: HOSTILE,
        digest: HOSTILE,
        labels_as_of: at,
        maturity_days: 30,
        features: 75,
        features_digest: HOSTILE,
      },
      datasets: [
        {
          name: HOSTILE,
          use: HOSTILE,
          digest: HOSTILE,
          source_type: "x",
          source: HOSTILE,
          rows: 5,
          frauds: 1,
          from: at,
          to: at,
        },
      ],
    },
    evaluation: {
      ...{ source: HOSTILE, rows: 10, frauds: 4, prevalence: 0.0019, threshold: 0.0461 },
      metrics: [
        { name: "auc_pr", value: 0.309, interval: { low: 0.205, high: 0.45 } },
        { name: "value_recall_at_0.5pct", value: 0.762, interval: { low: 0.565, high: 0.878 } },
        { name: HOSTILE, value: 1, interval: { low: 0, high: 1 } },
      ],
      typologies: [group],
      slices: [{ name: HOSTILE, groups: [group] }],
    },
    gate: {
      ...{ name: HOSTILE, outcome: "refused", evaluated_at: at, source: HOSTILE, is_of_this_model: false },
      digests: { model: HOSTILE, data: HOSTILE, gate: HOSTILE, code: HOSTILE },
      checks: [{ title: HOSTILE, status: "refused", found: HOSTILE, reason: HOSTILE }],
    },
    parity: {
      against: HOSTILE,
      compared_at: at,
      rows: 9,
      differing: 0,
      max_ulp: null,
      passed: true,
      is_of_this_model: null,
    },
    policy: { aliases: [HOSTILE], stages: [], approvals: { count: 2, role: HOSTILE }, demands_evidence: true },
    approvals: [entry("stage Production")],
    promotions: [entry(HOSTILE)],
    lineage: {
      run: {
        ...{ id: "c".repeat(32), name: HOSTILE, experiment: "1", user: HOSTILE, status: "FINISHED", started_at: at },
        ...{
          ended_at: null,
          source: HOSTILE,
          repository: HOSTILE,
          branch: HOSTILE,
          commit: HOSTILE,
          has_changes: true,
        },
        lockfile_digest: HOSTILE,
      },
      ...{ logged_model: HOSTILE, source: HOSTILE, evidence: [HOSTILE], entry: entry(HOSTILE) },
    },
    unknown: [{ fact: "endpoints", why: "not_kept" }],
  });
}
