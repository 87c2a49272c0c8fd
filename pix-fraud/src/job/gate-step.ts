import { mkdir, readFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { invalid } from "@esteira/core/errors";
import { parityBeside } from "@esteira/lifecycle/evidence/parity-beside";
import { evaluateGate } from "@esteira/lifecycle/gates/evaluate-gate";
import type { FeatureDrift, RivalEvidence } from "@esteira/lifecycle/gates/evidence";
import type { Gate } from "@esteira/lifecycle/gates/gate";
import { gateDigest, parseGate } from "@esteira/lifecycle/gates/parse-gate";
import { renderGateMarkdown } from "@esteira/lifecycle/gates/render-markdown";
import type { GateVerdict } from "@esteira/lifecycle/gates/verdict";
import { renderGateJson } from "@esteira/lifecycle/gates/verdict-wire";
import { driftTable } from "@esteira/lifecycle/monitoring/drift";
import { type LatencySummary, summariseLatency } from "@esteira/lifecycle/monitoring/latency";
import { STANDARD_SETTINGS } from "@esteira/lifecycle/monitoring/settings";
import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import type { FeatureImportance } from "@esteira/models/training/trainer";
import { downloadFolder } from "@esteira/sdk/node/folder";
import { reachOf } from "../features/reach.ts";
import { type FraudModel, openFraudModel } from "../service/fraud-model.ts";
import type { Baseline } from "../training/baselines.ts";
import type { Candidate } from "../training/candidate.ts";
import { featureSamples, gainShares } from "../training/feature-samples.ts";
import { valuesOf } from "../training/rows.ts";
import type { Study } from "../training/study.ts";
import type { JobContext } from "./context.ts";
import type { Protocol } from "./protocol.ts";
import { DAY } from "./timeline.ts";

export interface Champion {
  readonly version: ModelVersion;
  readonly model: FraudModel;
}

/** The folder of the gate files. */
const PACKAGE = fileURLToPath(new URL("../../", import.meta.url));
const LATENCY_ROWS = 3000;
/** No gate looks at more. */
const DRIFT_FEATURES = 20;

/** The rules that a candidate is judged by, as they were when the job began. */
export interface GateRules {
  /** The file's name without its folder. */
  readonly file: string;
  readonly text: string;
  readonly gate: Gate;
}

/** Reads the protocol's gate, or the file that the options name. */
export async function readGate({ gateFile }: Protocol, given?: string): Promise<GateRules> {
  const path = given ?? join(PACKAGE, gateFile);
  const text = await readFile(path, "utf8").catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    throw invalid(`The gate ${path} cannot be read (${reason}): give the path of a YAML file with --gate.`);
  });
  const file = basename(path);
  return { file, text, gate: parseGate(text, file) };
}

/** Downloads and opens the version that the alias `champion` names; undefined when there is none yet. */
export async function openChampion(context: JobContext): Promise<Champion | undefined> {
  const version = await context.client.registeredModels.findByAlias(context.protocol.modelName, "champion");
  if (version === undefined) return undefined;
  return { version, model: await openVersion(context, version) };
}

async function openVersion(context: JobContext, version: ModelVersion): Promise<FraudModel> {
  const folder = join(context.scratch, `${version.name}-${version.version}`);
  await mkdir(folder, { recursive: true });
  await downloadFolder(
    context.client,
    await context.client.modelVersions.downloadUri(version.name, version.version),
    folder,
  );
  return openFraudModel(folder, context.protocol.catalogue);
}

/** What a gate judges: a packaged model with its scores on the test rows, and the run that gets the verdict. */
export interface GateSubject extends Pick<Candidate, "runId" | "runArtifactUri" | "digest" | "test" | "testScores"> {
  readonly importance: readonly FeatureImportance[];
  /** Of the package. */
  readonly folder: string;
}

/** A candidate that was trained just now. */
export const subjectOf = ({ scratch }: JobContext, candidate: Candidate): GateSubject => ({
  ...candidate,
  importance: candidate.model.importance,
  folder: join(scratch, candidate.logged.modelId),
});

/** Judges a model, and leaves the verdict with its run: tags, `gate/verdict.json` and `gate/verdict.md`. */
export async function gateCandidate(
  context: JobContext,
  study: Study,
  candidate: GateSubject,
  champion: Champion | undefined,
  baselines: readonly Baseline[],
): Promise<GateVerdict> {
  const { text, gate, file } = context.gate;
  const { folder } = candidate;
  const packaged = await openFraudModel(folder, context.protocol.catalogue);
  const { git } = context.environment;
  const verdict = evaluateGate(gate, {
    digests: {
      model: `sha256:${candidate.digest}`,
      data: `sha256:${study.ledger.origin.digest}`,
      gate: gateDigest(text),
      code: git ? `${git.commit}${git.dirty ? "+changes" : ""}` : "no commit",
    },
    evaluatedAt: context.clock(),
    evaluation: candidate.test,
    champion: champion ? championEvidence(study, candidate, champion) : null,
    baselines: baselines.map(({ name, scores }) => against(study, candidate, { name, digest: null, scores })),
    importance: candidate.importance.map(({ feature, gain, weight }) => ({ feature, gain: gain * weight })),
    windows: {
      train: study.timeline.train,
      validation: study.timeline.validation,
      test: study.timeline.test,
      asOf: study.timeline.asOf,
    },
    drift: evaluationDrift(study, candidate),
    latency: measureLatency(study, packaged),
    parity: await parityBeside(folder),
  });
  const { client } = context;
  await client.artifacts.write(candidate.runArtifactUri, "gate/verdict.json", renderGateJson(verdict));
  await client.artifacts.write(candidate.runArtifactUri, "gate/verdict.md", renderGateMarkdown(verdict));
  await client.artifacts.write(candidate.runArtifactUri, `gate/${file}`, text);
  for (const [key, value] of Object.entries(verdictTags(candidate, verdict))) {
    await client.runs.setTag(candidate.runId, { key, value });
  }
  return verdict;
}

export const verdictTags = ({ runId }: Pick<Candidate, "runId">, verdict: GateVerdict): Record<string, string> => ({
  "esteira.gate.verdict": verdict.outcome,
  "esteira.gate.evidence": `runs:/${runId}/gate/verdict.json`,
  "esteira.gate.digest": verdict.digests.gate,
});

/** Both models on the test rows. The champion is scored anew, from its registered bytes, on the features of this table. */
function championEvidence(study: Study, candidate: GateSubject, { version, model }: Champion): RivalEvidence {
  return against(study, candidate, {
    name: `models:/${version.name}/${version.version}`,
    digest: `sha256:${model.digest}`,
    scores: championScores(study, model),
  });
}

/** A candidate and its rival on the test rows. */
function against(
  study: Study,
  candidate: GateSubject,
  { name, digest, scores }: { readonly name: string; readonly digest: string | null; readonly scores: Float64Array },
): RivalEvidence {
  const { labels, amounts, tieKeys, clusters, days } = study.testRows;
  return {
    name,
    digest,
    rows: { labels, amounts, tieKeys, clusters },
    days,
    scores: { challenger: candidate.testScores, champion: scores },
  };
}

/** The corrected probabilities of a packaged model on the test rows. */
export function championScores(study: Study, model: FraudModel): Float64Array {
  const width = study.table.names.length;
  const columns = model.names.map((name) => {
    const at = study.table.names.indexOf(name);
    if (at < 0) {
      throw invalid(
        `The champion needs the feature '${name}', which this ledger cannot give: the two cannot be compared.`,
      );
    }
    return at;
  });
  const values = valuesOf(study.table, study.rows.test);
  const row = new Float32Array(columns.length);
  return Float64Array.from({ length: study.test.rows }, (_, at) => {
    for (let column = 0; column < columns.length; column++) row[column] = values[at * width + columns[column]!]!;
    return correctOdds(model.probability(row), model.weightFactor);
  });
}

/** PSI of the test rows against the training rows, for the features that matter and have values on both sides. */
function evaluationDrift(study: Study, candidate: GateSubject): FeatureDrift[] {
  const samples = featureSamples(study, gainShares(candidate.importance), {
    reference: study.train,
    current: study.test,
  });
  const leading = samples.sort((a, b) => b.importance - a.importance).slice(0, DRIFT_FEATURES);
  const { begin, train, test } = study.timeline;
  const days = Math.min(train.to - train.from, test.to - test.from) / DAY;
  const inherent = new Set(
    study.table.features
      .filter((feature) => reachOf(feature) > train.from - begin || (feature.cycleDays ?? 0) > days)
      .map(({ name }) => name),
  );
  return driftTable(leading, STANDARD_SETTINGS)
    .filter((row) => Number.isFinite(row.psi))
    .map((row) => ({ ...row, inherent: inherent.has(row.feature) }));
}

/** One transfer at a time, score and reasons, as the service does it; the first rows warm the code and do not count. */
function measureLatency(study: Study, model: FraudModel): LatencySummary {
  const width = study.table.names.length;
  const rows = Math.min(LATENCY_ROWS, study.test.rows);
  const samples = new Float64Array(rows);
  for (let pass = 0; pass < 2; pass++) {
    for (let at = 0; at < rows; at++) {
      const row = study.test.values.slice(at * width, (at + 1) * width);
      const started = performance.now();
      const score = correctOdds(model.probability(row), model.weightFactor);
      if (score >= model.threshold) model.contributions(row);
      samples[at] = performance.now() - started;
    }
  }
  return summariseLatency(samples);
}
