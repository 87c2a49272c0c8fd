import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { extname } from "node:path";
import { pipeline } from "node:stream/promises";
import { invalid } from "@esteira/core/errors";
import { tableOf } from "@esteira/models/batch/batch";
import { type FileKind, openSource } from "@esteira/models/batch/open-source";
import { evaluateBinary } from "@esteira/models/evaluation/evaluate";
import type { ServableModel } from "@esteira/models/flavors/flavor";
import { decisionMetadata } from "@esteira/models/format/decision-metadata";
import { isTensorSchema } from "@esteira/models/format/signature";
import type { ImageEvidence } from "../gates/checks/image.ts";
import type { MemorySummary } from "../gates/checks/memory.ts";
import type { FeatureDrift, GateEvidence, RivalEvidence } from "../gates/evidence.ts";
import type { Gate } from "../gates/gate.ts";
import { driftTable } from "../monitoring/drift.ts";
import { STANDARD_SETTINGS } from "../monitoring/settings.ts";
import { instantOf, instantOrNone } from "./cells.ts";
import { featureResponses } from "./feature-responses.ts";
import { FeatureSampler } from "./feature-sampler.ts";
import { aloneAucs, missingShares } from "./input-facts.ts";
import type { KnownColumn } from "./known-late.ts";
import { measureLatency } from "./measure-latency.ts";
import { contributionShares } from "./model-shares.ts";
import { parityBeside } from "./parity-beside.ts";
import type { RowSample } from "./row-sample.ts";
import { sampleRequests } from "./sample-requests.ts";
import { type EvaluationColumns, type ScoredFile, scoreFile } from "./score-file.ts";
import { servedRows } from "./served-rows.ts";

/** A packaged model that takes part. */
export interface Contender {
  /** How people call it (`models:/pix-fraud/3`). */
  readonly name: string;
  readonly folder: string;
  /** SHA-256 of the folder (`modelDigest`). */
  readonly digest: string;
  readonly model: ServableModel;
}

export interface EvidenceRequest {
  readonly gate: Gate;
  /** Of the gate's text. */
  readonly gateDigest: string;
  readonly candidate: Contender;
  /** Null says that there is none yet; undefined that nobody looked. */
  readonly champion: Contender | null | undefined;
  /** Rows to judge on: .csv, .jsonl or .parquet. */
  readonly data: string;
  readonly columns: EvaluationColumns;
  /** Rows of the training, with the same names of columns: for drift and for the windows. */
  readonly training?: string | undefined;
  /** Models of the same training with other seeds, for the check of that name. */
  readonly seeds?: readonly Contender[];
  /** The folder of the request log of the candidate's service. */
  readonly requests?: string | undefined;
  /** Alerts are the rows at or above it; what the model's metadata say when absent. */
  readonly threshold?: number | undefined;
  /** Labels are those known then; milliseconds. */
  readonly asOf: number;
  /** Git commit, with a mark when files were changed. */
  readonly code: string;
  readonly clock: () => number;
  /** Serves the candidate and asks it these bodies, one after the other. */
  readonly measureMemory?: (bodies: readonly string[]) => Promise<MemorySummary | undefined>;
  /** Reads the image that the candidate is run from; null where it has none, undefined where nobody said which. */
  readonly examineImage?: () => Promise<ImageEvidence | null | undefined>;
}

/** Drift is looked for in the inputs that matter most. */
const DRIFT_FEATURES = 20;

/**
 * What a gate judges on, made from two model folders and a file of labelled rows: both models score the very same rows, once. Parts
 * that no check of the gate reads, and parts that nothing was given for, are left out; their checks then lack evidence.
 *
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a file or a model that cannot be judged.
 */
export async function gatherEvidence(request: EvidenceRequest): Promise<GateEvidence> {
  const { candidate, champion, columns, data, asOf } = request;
  const wanted = new Set<string>(request.gate.checks.map(({ check }) => check));
  const threshold = request.threshold ?? decisionMetadata(candidate.model.config).threshold;
  if (threshold === undefined)
    throw invalid(
      `${candidate.name} does not say at which score it alerts: give the threshold that was chosen on validation rows.`,
    );
  const rivals = champion ? [champion] : [];
  const seeds = wanted.has("stability") ? (request.seeds ?? []) : [];
  const scorers = [candidate, ...rivals, ...seeds].map((each) => ({
    name: each.name,
    model: each.model,
    weightFactor: decisionMetadata(each.model.config).weightFactor,
  }));
  const source = await openSource(data, kindOf(data), { wanted: () => true });
  const told = toldColumns(request.gate);
  const meaningful = new Set([
    ...Object.values({ ...columns, slices: undefined }),
    ...columns.slices,
    ...told.map(({ column }) => column),
  ]);
  const inputs = inputNames(candidate.model) ?? source.names.filter((name) => !meaningful.has(name));
  // What the model does not read tells it nothing.
  const known = told.filter(({ feature }) => inputs.includes(feature));
  const sampler = new FeatureSampler(inputs);
  const scored = await scoreFile(source, { file: data, columns, asOf, scorers, sampler, known });
  const { labels, amounts, tieKeys, clusters, days, scores } = scored;
  if ((scored.typology?.names.length ?? 0) > 256)
    throw invalid(`${data} has more than 255 kinds of fraud in '${columns.typology}': is it another column's name?`);
  const own = scores[0]!;

  const evaluate = (of: Float64Array) =>
    evaluateBinary({
      ...{ scores: of, labels, amounts, tieKeys, threshold, slices: scored.slices },
      ...(days === undefined ? {} : { days }),
      ...(scored.typology === undefined
        ? {}
        : { typology: Uint8Array.from(scored.typology.codes), typologyNames: scored.typology.names }),
    });
  const evaluation = evaluate(own);
  const ofSeed = (seed: Contender, at: number) => ({
    ...{ name: seed.name, digest: `sha256:${seed.digest}` },
    metrics: evaluate(scores[1 + rivals.length + at]!).metrics,
  });
  const against = (name: string, digest: string | null, theirs: Float64Array): RivalEvidence => ({
    name,
    digest,
    rows: { labels, amounts, tieKeys, clusters },
    ...(days === undefined ? {} : { days }),
    scores: { champion: theirs, challenger: own },
  });
  const rowScorer = sampler.hasCategories ? undefined : candidate.model.rowScorer;
  const shares = contributionShares(rowScorer, inputs, scored.sample);
  const training = request.training === undefined ? undefined : await readTraining(request.training, request, sampler);
  const latency =
    wanted.has("latency") && rowScorer !== undefined
      ? measureLatency(candidate.model, inputs, scored.sample)
      : undefined;
  const memory =
    wanted.has("memory") && !sampler.hasCategories
      ? await request.measureMemory?.(sampleRequests(inputs, scored.sample))
      : undefined;
  const image = wanted.has("image") ? await request.examineImage?.() : undefined;
  const alone = wanted.has("leakage") ? aloneAucs(inputs, scored.sample, scored.sampledLabels) : undefined;
  const responding = request.gate.checks.flatMap((check) => (check.check === "monotonic" ? [check.feature] : []));
  const responses =
    rowScorer === undefined || responding.length === 0
      ? undefined
      : featureResponses(rowScorer, inputs, scored.sample, responding);
  const served =
    wanted.has("served") && request.requests !== undefined
      ? await servedRows(request.requests, candidate.model, /^models:\/.+\/(\d+)$/.exec(candidate.name)?.[1])
      : undefined;
  return {
    digests: {
      model: `sha256:${candidate.digest}`,
      data: `sha256:${await fileDigest(data)}`,
      gate: request.gateDigest,
      code: request.code,
    },
    evaluatedAt: request.clock(),
    evaluation,
    ...(champion === undefined
      ? {}
      : {
          champion: champion && against(champion.name, `sha256:${champion.digest}`, scores[1]!),
          signatures: {
            candidate: candidate.model.signature,
            champion: champion === null ? null : champion.model.signature,
          },
        }),
    // The largest first: what a desk without a model would look at.
    ...(columns.amount === undefined ? {} : { baselines: [against("amount only", null, amounts)] }),
    ...(shares === undefined ? {} : { importance: [...shares].map(([feature, gain]) => ({ feature, gain })) }),
    ...(alone === undefined ? {} : { alone }),
    ...(scored.knownLate === undefined ? {} : { knownLate: scored.knownLate }),
    data: { rows: labels.length, columns: scored.columns.toSorted(), missing: missingShares(inputs, scored.sample) },
    ...(seeds.length === 0 ? {} : { seeds: seeds.map(ofSeed) }),
    ...(responses === undefined ? {} : { responses }),
    ...(served === undefined ? {} : { served }),
    ...windowsOf(scored, training, asOf),
    ...(training === undefined ? {} : { drift: driftOf(sampler, training.sample, scored.sample, shares) }),
    ...(latency === undefined ? {} : { latency }),
    ...(memory === undefined ? {} : { memory }),
    ...(image === undefined ? {} : { image }),
    parity: await parityBeside(candidate.folder),
  };
}

/** Inputs of which the gate says where the file tells when they became known. */
const toldColumns = ({ checks }: Gate): readonly KnownColumn[] =>
  checks.flatMap((check) =>
    check.check === "leakage"
      ? Object.entries(check.known ?? {}).map(([feature, column]) => ({ feature, column }))
      : [],
  );

function inputNames({ signature }: ServableModel): readonly string[] | undefined {
  const schema = signature?.inputs;
  if (schema === undefined || isTensorSchema(schema)) return undefined;
  const names = schema.flatMap((spec) => (spec.name === undefined ? [] : [spec.name]));
  return names.length === schema.length ? names : undefined;
}

const KINDS: Readonly<Record<string, FileKind>> = { ".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet" };

function kindOf(file: string): FileKind {
  const kind = KINDS[extname(file).toLowerCase()];
  if (kind === undefined) throw invalid(`${file} is no file of rows by its name: expected .csv, .jsonl or .parquet.`);
  return kind;
}

interface TrainingRows {
  readonly sample: RowSample;
  readonly from: number;
  readonly to: number;
  /** When the last label became known; NaN where the file does not say. */
  readonly latestLabel: number;
}

/** One pass over the training's rows: a sample of the inputs, and the span that they lie in. */
async function readTraining(
  file: string,
  { columns, candidate }: EvidenceRequest,
  sampler: FeatureSampler,
): Promise<TrainingRows> {
  const source = await openSource(file, kindOf(file), {
    wanted: (name) => sampler.names.includes(name) || name === columns.time || name === columns.knownAt,
  });
  const sample = sampler.newSample();
  let from = Number.POSITIVE_INFINITY;
  let to = Number.NEGATIVE_INFINITY;
  let latestLabel = Number.NaN;
  let before = 0;
  for await (const batch of source.batches(0)) {
    sampler.offer(sample, tableOf(batch, candidate.model.signature?.inputs));
    const time = batch.columns[batch.names.indexOf(columns.time ?? "")];
    const known = batch.columns[batch.names.indexOf(columns.knownAt ?? "")];
    for (let row = 0; row < batch.rowCount; row++) {
      const place = (column = "") => ({ file, column, row: before + row + 1 });
      if (time !== undefined) {
        const instant = instantOf(time[row], place(columns.time));
        from = Math.min(from, instant);
        to = Math.max(to, instant + 1);
      }
      if (known !== undefined) {
        const instant = instantOrNone(known[row], place(columns.knownAt));
        if (!(instant <= latestLabel)) latestLabel = Number.isNaN(instant) ? latestLabel : instant;
      }
    }
    before += batch.rowCount;
  }
  if (before === 0) throw invalid(`${file} has no rows: the training's rows are compared with the evaluated ones.`);
  return { sample, from, to, latestLabel };
}

function windowsOf(
  { window }: ScoredFile,
  training: TrainingRows | undefined,
  asOf: number,
): Pick<GateEvidence, "windows"> {
  if (window === undefined || training === undefined || !Number.isFinite(training.from)) return {};
  const { from, to, latestLabel } = training;
  return {
    windows: {
      train: { from, to },
      test: window,
      asOf,
      ...(Number.isNaN(latestLabel) ? {} : { latestTrainingLabel: latestLabel }),
    },
  };
}

function driftOf(
  sampler: FeatureSampler,
  training: RowSample,
  evaluated: RowSample,
  shares: ReadonlyMap<string, number> | undefined,
): FeatureDrift[] {
  const samples = sampler.compared(training, evaluated, (name) =>
    shares === undefined ? 1 / sampler.names.length : (shares.get(name) ?? 0),
  );
  const leading = samples.sort((a, b) => b.importance - a.importance).slice(0, DRIFT_FEATURES);
  return driftTable(leading, STANDARD_SETTINGS).filter(({ psi }) => Number.isFinite(psi));
}

async function fileDigest(path: string): Promise<string> {
  const hash = createHash("sha256");
  await pipeline(createReadStream(path), hash);
  return hash.digest("hex");
}
