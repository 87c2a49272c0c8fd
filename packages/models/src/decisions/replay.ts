/** A decision made again: the model that made it, asked the values that it saw. */

import { createHash } from "node:crypto";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { RowScorer, ServableModel } from "../flavors/flavor.ts";
import { modelDigest } from "../format/digest.ts";
import type { Column } from "../format/table.ts";
import { isSame } from "./cells.ts";
import type { Decision, DecisionColumn } from "./decision.ts";
import { scoreOf } from "./score.ts";

export interface Replayed {
  readonly prediction: unknown;
  readonly score: number | null;
  /** What is not the same to the bit, one line each; none when the decision is the same. */
  readonly differences: readonly string[];
}

/** The digest of a folder as a record names it. */
export const digestOf = async (folder: string, of: Decision["model"]["of"]): Promise<string> =>
  of === "folder"
    ? modelDigest(folder)
    : createHash("sha256")
        .update(await readFile(join(folder, of)))
        .digest("hex");

/** Refuses a folder that does not hold the model of the decision. */
export async function checkModel(folder: string, { id, model }: Decision): Promise<void> {
  const digest = await digestOf(folder, model.of).catch(() => undefined);
  if (digest === model.digest) return;
  throw invalid(
    `The model at hand has digest ${digest?.slice(0, 12) ?? "unknown"}, decision '${id}' was made by ${model.digest.slice(0, 12)} (${model.name} version ${model.version}): another model says nothing of it.`,
  );
}

/** Asks the model what the decision asked it. Throws as the model does. */
export async function replayDecision(decision: Decision, model: ServableModel): Promise<Replayed> {
  const prediction = await predict(decision, model);
  const score = scoreOf(prediction, decision.oddsFactor);
  const differences: string[] = [];
  const compare = (what: string, before: unknown, now: unknown) => {
    if (!isSame(before, now)) differences.push(`${what} was ${JSON.stringify(before)}, is ${JSON.stringify(now)}`);
  };
  compare("prediction", decision.prediction, prediction);
  compare("score", decision.score, score);
  const { rowScorer } = model;
  if (decision.reasons.length > 0 && rowScorer !== undefined) {
    const { row, names } = rowOf(decision, rowScorer);
    const contributions = rowScorer.explain(row);
    for (const { feature, contribution } of decision.reasons)
      compare(`contribution of ${feature}`, contribution, contributions[names.indexOf(feature)]);
  }
  return { prediction, score, differences };
}

async function predict(decision: Decision, model: ServableModel): Promise<unknown> {
  const { scorer, columns, values, params } = decision;
  if (scorer === "row") {
    if (model.rowScorer === undefined)
      throw invalid(`The model of decision '${decision.id}' does not answer one number a row.`);
    return model.rowScorer.score(rowOf(decision, model.rowScorer).row);
  }
  const table = {
    names: columns.map(({ name }) => name),
    columns: columns.map((column, at) => columnOf(column, values[at])),
    rowCount: 1,
  };
  return (await model.predict(table, params))[0];
}

/** The values as a row of the model, and what each place of it is called: a row that was asked as one is one already. */
function rowOf({ scorer, columns, values }: Decision, { featureNames }: RowScorer) {
  const at = new Map(columns.map(({ name }, i) => [name, i]));
  const places = scorer === "row" ? columns.map((_, i) => i) : featureNames.map((name) => at.get(name) ?? -1);
  return {
    names: scorer === "row" ? columns.map(({ name }) => name) : featureNames,
    row: Float64Array.from(places, (place) => {
      const value = values[place];
      return typeof value === "number" ? value : Number.NaN;
    }),
  };
}

function columnOf({ type }: DecisionColumn, value: unknown): Column {
  if (type === "any") return [value];
  const number = typeof value === "number" ? value : Number.NaN;
  return type === "f32" ? Float32Array.of(number) : Float64Array.of(number);
}
