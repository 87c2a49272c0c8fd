import type { ModelVersion, RegisteredModel } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { EsteiraError } from "@esteira/core/errors";
import { runId } from "@esteira/core/ids";
import type { Policy } from "@esteira/core/policy/policy";
import { type ModelConfig, parseMlmodel } from "@esteira/models/format/mlmodel";
import { PARITY_FILE, readParityReport } from "@esteira/models/verification/parity-report";
import { z } from "zod";
import type { ModelCard } from "./card.ts";
import type { CardSource } from "./card-source.ts";
import { isSameDigest } from "./digests.ts";
import { Missing } from "./missing.ts";
import { readEvaluation } from "./read-evaluation.ts";
import { dataOf, lineageOf } from "./read-run.ts";
import { type VersionLife, versionLife } from "./read-timeline.ts";
import { readVerdict } from "./read-verdict.ts";

const OWNER_TAG = "esteira.card.owner";
const LIMITS_TAG = "esteira.card.limits";
const EVALUATION = "evaluation.json";

/**
 * All that a server knows of one version. `now` is when the card is made, milliseconds since the epoch. What a server has no
 * facts for is said to be unknown; a version that does not exist, or a server that is gone, throws.
 */
export async function gatherCard(source: CardSource, name: string, version: string, now: number): Promise<ModelCard> {
  const missing = new Missing();
  const [model, of] = await Promise.all([source.registeredModels.get(name), source.modelVersions.get(name, version)]);
  const [config, run, life, policy] = await Promise.all([
    missing.read("model_file", async () => {
      const uri = await source.modelVersions.downloadUri(name, version);
      return { uri, ...parseMlmodel(await source.artifacts.readText(uri, "MLmodel")) };
    }),
    of.runId === undefined ? missing.note("run", "not_said") : readRun(source, of.runId, missing),
    missing.read("timeline", () => source.timeline.history(name)),
    missing.read("policy", () => policyOf(source, name)),
  ]);
  const digest = tagValue(of.tags, "esteira.model.sha256") ?? ours(config)?.model_sha256 ?? null;
  if (digest === null) missing.note("digest", "not_said");
  const [evaluation, gate, parity] = await Promise.all([
    evaluationOf(source, run, missing),
    verdictOf(source, of, digest, missing),
    config &&
      missing.read("parity", async () => parityOf(await source.artifacts.readText(config.uri, PARITY_FILE), digest)),
  ]);
  if (evaluation !== null && !evaluation.metrics.some(({ interval }) => interval !== null))
    missing.note("intervals", "not_kept");
  if (evaluation !== null && evaluation.slices.length + evaluation.typologies.length === 0)
    missing.note("slices", "not_kept");
  if (config === undefined) missing.note("parity", "not_kept");
  // No server keeps yet what serves a version.
  missing.note("endpoints", "not_kept");
  const { approvals, promotions, evidence }: VersionLife =
    life === undefined ? { approvals: [], promotions: [], evidence: [] } : versionLife(life, Number(version));
  return {
    format: "esteira-model-card/1",
    made_at: instant(now),
    model: identityOf(model, of, config, digest, missing),
    decision: decisionOf(config),
    data: dataOf(run, missing),
    evaluation,
    gate: gate ?? null,
    parity: parity ?? null,
    policy:
      policy === undefined || policy === "none"
        ? null
        : {
            aliases: policy.aliases,
            stages: policy.stages,
            approvals: policy.approvals ?? null,
            demands_evidence: policy.evidence !== undefined,
          },
    approvals,
    promotions,
    lineage: {
      run: lineageOf(run),
      logged_model: of.modelId ?? config?.modelId ?? null,
      source: of.source,
      evidence,
      entry: promotions.at(-1) ?? null,
    },
    unknown: missing.list,
  };
}

/** That a model has no policy is known, where the server has policies at all. */
async function policyOf(source: CardSource, name: string): Promise<Policy | "none"> {
  try {
    return await source.policies.get(name);
  } catch (error) {
    if (error instanceof EsteiraError && error.code === "RESOURCE_DOES_NOT_EXIST") return "none";
    throw error;
  }
}

function readRun(source: CardSource, id: string, missing: Missing): Promise<Run | undefined> {
  return missing.read("run", () => source.runs.get(runId(id)));
}

function identityOf(
  model: RegisteredModel,
  of: ModelVersion,
  config: ModelConfig | undefined,
  digest: string | null,
  missing: Missing,
): ModelCard["model"] {
  const said = (fact: "purpose" | "owner" | "use_limits", text: string | undefined): string | null =>
    text === undefined || text.trim() === "" ? (missing.note(fact, "not_said") ?? null) : text;
  return {
    name: of.name,
    version: of.version,
    purpose: said("purpose", model.description),
    description: of.description === undefined || of.description === "" ? null : of.description,
    owner: said("owner", tagValue(model.tags, OWNER_TAG)),
    use_limits: said("use_limits", tagValue(model.tags, LIMITS_TAG)),
    stage: of.currentStage,
    aliases: [...of.aliases].sort(),
    registered_at: instant(of.creationTimestamp),
    digest,
    flavors: Object.keys(config?.flavors ?? {}).sort(),
    trainer: tagValue(of.tags, "esteira.trainer") ?? null,
    inputs: config?.signature?.inputs?.length ?? null,
    bytes: config?.modelSizeBytes ?? null,
    mlflow_version: config?.mlflowVersion ?? null,
  };
}

const oursWire = z.object({
  model_sha256: z.string().optional(),
  threshold: z.number().optional(),
  alert_budget: z.number().nullable().default(null),
  ledger_prevalence: z.number().nullable().default(null),
  true_to_ledger_prevalence: z.number().nullable().default(null),
});

/** What the training wrote under `esteira` in the MLmodel's metadata. */
const ours = (config: ModelConfig | undefined) => oursWire.safeParse(config?.metadata?.esteira).data;

function decisionOf(config: ModelConfig | undefined): ModelCard["decision"] {
  const { threshold, alert_budget, ledger_prevalence, true_to_ledger_prevalence } = ours(config) ?? {};
  if (threshold === undefined) return null;
  return {
    threshold,
    alert_budget: alert_budget ?? null,
    ledger_prevalence: ledger_prevalence ?? null,
    true_to_ledger_prevalence: true_to_ledger_prevalence ?? null,
  };
}

/** The run's evaluation; where it has none, its own metrics, which have no intervals. */
async function evaluationOf(
  source: CardSource,
  run: Run | undefined,
  missing: Missing,
): Promise<ModelCard["evaluation"]> {
  if (run === undefined) return missing.note("evaluation", "not_kept") ?? null;
  const path = `runs:/${run.info.runId}/${EVALUATION}`;
  const read = await missing.read("slices", async () =>
    readEvaluation(await source.artifacts.readText(run.info.artifactUri, EVALUATION), path),
  );
  if (read !== undefined) return read;
  const metrics = run.data.metrics
    .filter(({ value }) => Number.isFinite(value))
    .map(({ key, value }) => ({ name: key, value, interval: null }));
  if (metrics.length === 0) return missing.note("evaluation", "not_said") ?? null;
  const nothing = { rows: null, frauds: null, prevalence: null, threshold: null, typologies: [], slices: [] };
  return { source: `runs:/${run.info.runId}`, ...nothing, metrics };
}

async function verdictOf(source: CardSource, of: ModelVersion, digest: string | null, missing: Missing) {
  const place = tagValue(of.tags, "esteira.gate.evidence");
  const [, id, path] = /^runs:\/+([0-9a-f]{32})\/(.+)$/.exec(place ?? "") ?? [];
  if (place === undefined || id === undefined || path === undefined)
    return missing.note("gate", place === undefined ? "not_said" : "not_readable");
  return missing.read("gate", async () => {
    const { info } = await source.runs.get(runId(id));
    return readVerdict(await source.artifacts.readText(info.artifactUri, path), place, digest);
  });
}

function parityOf(text: string, digest: string | null): ModelCard["parity"] {
  const { against, comparedAt, rows, differing, maxUlp, passed, digest: of } = readParityReport(text);
  return {
    against,
    compared_at: comparedAt,
    rows,
    differing,
    max_ulp: Number.isFinite(maxUlp) ? maxUlp : null,
    passed,
    // Another digest may be of the folder where the version names the file: that says nothing.
    is_of_this_model: isSameDigest(digest, of) || null,
  };
}

const instant = (time: number): string => new Date(time).toISOString();
