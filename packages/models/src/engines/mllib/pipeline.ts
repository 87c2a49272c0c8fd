/** A PipelineModel as Spark saved it, read once and laid out for a table's columns: rows in, chosen columns out. */

import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import { CATALOGUE } from "./catalogue.ts";
import { asTexts } from "./fields.ts";
import { createPlan, type InputColumn, type Outputs, type Plan } from "./plan.ts";
import { readSavedStage, type SavedStage, simpleName } from "./saved-stage.ts";
import type { Stage } from "./stage.ts";

const PIPELINE = "org.apache.spark.ml.PipelineModel";

/** More stages than this are refused. */
const MAX_STAGES = 10_000;
/** Pipelines inside of pipelines inside of ... */
const MAX_DEPTH = 8;

export interface Pipeline {
  readonly sparkVersion: string;
  /** Spark's class names, in order; pipelines inside the pipeline are unfolded. */
  readonly classNames: readonly string[];
  readonly stages: readonly Stage[];
  /** Throws INVALID_PARAMETER_VALUE when the columns do not fit, or an output is not made. */
  plan(columns: readonly InputColumn[], outputs: Outputs): Plan;
}

/** Reads a folder that `PipelineModel.save` or the `save` of a single stage wrote. Refuses unknown stages by name. */
export async function readPipeline(folder: string): Promise<Pipeline> {
  const saved = await readSavedStage(folder);
  const read = await readStages(saved, 0);
  const stages = read.map(({ stage }) => stage);
  const classNames = read.map(({ className }) => className);
  return {
    sparkVersion: saved.sparkVersion,
    classNames,
    stages,
    plan: (columns, outputs) => createPlan(stages, columns, outputs),
  };
}

interface ReadStage {
  readonly className: string;
  readonly stage: Stage;
}

async function readStages(saved: SavedStage, depth: number): Promise<readonly ReadStage[]> {
  if (saved.className !== PIPELINE) {
    const entry = CATALOGUE.get(saved.className);
    if (entry === undefined)
      throw invalid(
        `The Spark stage ${simpleName(saved.className)} (${saved.className}) cannot be scored without Spark; docs/reference/spark-stages.md lists those that can`,
      );
    const readNested = async (folder: string) =>
      (await readStages(await readSavedStage(folder), depth + 1)).map(({ stage }) => stage);
    return [{ className: saved.className, stage: await entry.read(saved, readNested) }];
  }
  if (depth > MAX_DEPTH)
    throw invalid(`The Spark model holds pipelines inside of pipelines, more than ${MAX_DEPTH} deep`);
  const uids = asTexts(saved.param("stageUids"));
  if (uids.length > MAX_STAGES) throw invalid(`The Spark model has ${uids.length} stages, more than ${MAX_STAGES}`);
  const digits = String(uids.length).length;
  const all: ReadStage[] = [];
  for (const [i, uid] of uids.entries()) {
    if (!/^[\w.-]+$/.test(uid)) throw invalid(`The Spark model is not valid: '${uid}' is no name of a stage`);
    const folder = join(saved.folder, "stages", `${String(i).padStart(digits, "0")}_${uid}`);
    all.push(...(await readStages(await readSavedStage(folder), depth + 1)));
  }
  return all;
}
