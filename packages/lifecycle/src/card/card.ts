import { z } from "zod";

/** Why a card does not have a fact. */
export const MISSING_REASONS = ["not_said", "not_kept", "not_offered", "not_allowed", "not_readable"] as const;
export type MissingReason = (typeof MISSING_REASONS)[number];

/** The facts that a card may lack, as the list of what is unknown names them. */
export const FACTS = [
  "purpose",
  "owner",
  "use_limits",
  "model_file",
  "digest",
  "run",
  "datasets",
  "evaluation",
  "intervals",
  "slices",
  "gate",
  "parity",
  "timeline",
  "policy",
  "endpoints",
] as const;
export type Fact = (typeof FACTS)[number];

const instant = z.iso.datetime().describe("ISO 8601, UTC.");
const known = z.string().nullable();
const count = z.int().nonnegative();
const interval = z.object({ low: z.number(), high: z.number() }).describe("95 %.");

const dataset = z.object({
  name: z.string(),
  use: known.describe("For what the run read it: training, validation, test."),
  digest: z.string().describe("As the run's input has it."),
  source_type: z.string(),
  source: z.string(),
  rows: count.nullable(),
  frauds: count.nullable(),
  from: instant.nullable(),
  to: instant.nullable().describe("Exclusive."),
});

const metric = z.object({ name: z.string(), value: z.number(), interval: interval.nullable() });

const group = z.object({
  name: z.string(),
  rows: count,
  frauds: count,
  caught: count,
  recall: z.number().nullable().describe("Null without frauds."),
  interval: interval.nullable(),
  false_positive_rate: z.number().nullable(),
});

const evaluation = z.object({
  source: z.string().describe("Where the figures were read."),
  rows: count.nullable(),
  frauds: count.nullable(),
  prevalence: z.number().nullable(),
  threshold: z.number().nullable(),
  metrics: z.array(metric),
  typologies: z.array(group),
  slices: z.array(z.object({ name: z.string(), groups: z.array(group) })),
});

const check = z.object({
  title: z.string(),
  status: z.enum(["passed", "refused", "not_enough_evidence", "not_applicable"]),
  found: z.string(),
  reason: z.string(),
});

const gate = z.object({
  name: z.string(),
  outcome: z.enum(["passed", "refused", "not_enough_evidence"]),
  evaluated_at: instant,
  source: z.string(),
  digests: z.object({ model: z.string(), data: z.string(), gate: z.string(), code: z.string() }),
  is_of_this_model: z.boolean().nullable().describe("Whether it names the version's digest; null where none is known."),
  checks: z.array(check),
});

const entry = z.object({
  sequence: z.int().positive(),
  at: instant,
  action: z.string(),
  actor: z.string(),
  origin: z.string().describe("How the actor was known."),
  what: z.string().describe("The change in a few words: stage Production, alias champion."),
  evidence: known,
  reason: known,
  hash: z.string().describe("SHA-256 of the entry, by which the chain goes on."),
});

/** All that is known of one model version. What is not known is null, and `unknown` says why. */
export const modelCardSchema = z.object({
  format: z.literal("esteira-model-card/1"),
  made_at: instant,
  model: z.object({
    name: z.string(),
    version: z.string(),
    purpose: known.describe("The registered model's description."),
    description: known.describe("The version's own."),
    owner: known.describe("The model's tag esteira.card.owner."),
    use_limits: known.describe("What it must not be used for: the model's tag esteira.card.limits."),
    stage: z.string(),
    aliases: z.array(z.string()),
    registered_at: instant,
    digest: known.describe("SHA-256 of the model, as the version's tag esteira.model.sha256 or its MLmodel says."),
    flavors: z.array(z.string()),
    trainer: known,
    inputs: count.nullable(),
    bytes: count.nullable(),
    mlflow_version: known,
  }),
  decision: z
    .object({
      threshold: z.number(),
      alert_budget: z.number().nullable(),
      ledger_prevalence: z.number().nullable(),
      true_to_ledger_prevalence: z.number().nullable(),
    })
    .nullable()
    .describe("How a score becomes a decision, where the model says so."),
  data: z.object({
    description: known,
    digest: known.describe("Of the raw data, where the run says so."),
    labels_as_of: instant.nullable(),
    maturity_days: z.number().nullable(),
    features: count.nullable(),
    features_digest: known,
    datasets: z.array(dataset),
  }),
  evaluation: evaluation.nullable(),
  gate: gate.nullable(),
  parity: z
    .object({
      against: z.string(),
      compared_at: instant,
      rows: count,
      differing: count,
      max_ulp: z.number().nullable(),
      passed: z.boolean(),
      is_of_this_model: z.boolean().nullable(),
    })
    .nullable(),
  policy: z
    .object({
      aliases: z.array(z.string()),
      stages: z.array(z.string()),
      approvals: z.object({ count: z.int(), role: z.string() }).nullable(),
      demands_evidence: z.boolean(),
    })
    .nullable(),
  approvals: z.array(entry),
  promotions: z.array(entry),
  lineage: z.object({
    run: z
      .object({
        id: z.string(),
        name: z.string(),
        experiment: z.string(),
        user: z.string(),
        status: z.string(),
        started_at: instant,
        ended_at: instant.nullable(),
        source: known,
        repository: known,
        branch: known,
        commit: known,
        has_changes: z.boolean().nullable().describe("Whether files differed from the commit."),
        lockfile_digest: known,
      })
      .nullable(),
    logged_model: known,
    source: z.string(),
    evidence: z.array(z.string()).describe("Digests of what promotions were decided on."),
    entry: entry.nullable().describe("The newest of those that led here: how the version came where it stands."),
  }),
  unknown: z.array(z.object({ fact: z.enum(FACTS), why: z.enum(MISSING_REASONS) })),
});

export type ModelCard = z.output<typeof modelCardSchema>;
export type CardEntry = z.output<typeof entry>;
export type CardGroup = z.output<typeof group>;
export type CardMetric = z.output<typeof metric>;

/** The JSON Schema of a card. */
export function modelCardJsonSchema(): Record<string, unknown> {
  return {
    ...z.toJSONSchema(modelCardSchema, { target: "draft-2020-12" }),
    title: "Esteira model card",
    description: "What is known of one version of a registered model.",
  };
}

export const renderCardJson = (card: ModelCard): string => `${JSON.stringify(card, null, 2)}\n`;
