/** The deployed model as a caller meets it, and what a version says of its own decisions. */

import { join } from "node:path";
import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import type { Client } from "@esteira/sdk/client";
import { fetchModel } from "@esteira/sdk/node/model-uri";
import type { FeatureTable } from "../features/offline.ts";
import { type FraudModel, openFraudModel } from "../service/fraud-model.ts";
import type { RowRange } from "../training/rows.ts";

export const MODEL = "pix-story";

export interface ServedRow {
  readonly version: string;
  readonly arm: string;
  readonly score: number;
}

/** Opens versions of the model once each. */
export function versionsOf(client: Client, scratch: string): (version: string) => Promise<FraudModel> {
  const opened = new Map<string, Promise<FraudModel>>();
  return (version) => {
    const known = opened.get(version);
    if (known !== undefined) return known;
    const opening = fetchModel(`models:/${MODEL}/${version}`, join(scratch, `version-${version}`), () => client).then(
      (folder) => openFraudModel(folder),
    );
    opened.set(version, opening);
    return opening;
  };
}

/** The corrected probability of each row, in this process. */
export function scoreRows(model: FraudModel, table: FeatureTable, rows: RowRange): Float64Array {
  const places = placesOf(model, table);
  const row = new Float32Array(places.length);
  return Float64Array.from({ length: rows.to - rows.from }, (_, at) => {
    const start = (rows.from + at - table.firstRow) * table.names.length;
    for (let i = 0; i < places.length; i++) row[i] = table.values[start + places[i]!]!;
    return correctOdds(model.probability(row), model.weightFactor);
  });
}

/** Where the table has what the model reads. */
export const placesOf = ({ names }: FraudModel, table: FeatureTable): readonly number[] =>
  names.map((name) => table.names.indexOf(name));

/** So many transfers go in a request: a day is some dozens of requests, which a canary's share can split. */
const ROWS_A_REQUEST = 20;

/** Asks the deployment about rows, in requests whose key is the first payer's. Throws where it does not answer. */
export async function askDeployment(
  url: string,
  world: { readonly table: FeatureTable; readonly payers: ArrayLike<number> },
  rows: RowRange,
  versions: (version: string) => Promise<FraudModel>,
): Promise<readonly ServedRow[]> {
  const { table, payers } = world;
  const width = table.names.length;
  const served: ServedRow[] = [];
  for (let from = rows.from; from < rows.to; from += ROWS_A_REQUEST) {
    const to = Math.min(rows.to, from + ROWS_A_REQUEST);
    const data = Array.from({ length: to - from }, (_, at) => {
      const start = (from + at - table.firstRow) * width;
      return Array.from(table.values.subarray(start, start + width), (value) => (Number.isNaN(value) ? null : value));
    });
    const response = await fetch(`${url}/invocations`, {
      method: "POST",
      headers: { "content-type": "application/json", "x-esteira-key": `payer ${payers[from]}` },
      body: JSON.stringify({ dataframe_split: { columns: table.names, data } }),
    });
    if (!response.ok) throw new Error(`The deployment answered ${response.status}: ${await response.text()}`);
    const version = response.headers.get("x-esteira-model")?.split("/")[1] ?? "";
    const arm = response.headers.get("x-esteira-variant") ?? "primary";
    const { weightFactor } = await versions(version);
    const { predictions } = (await response.json()) as { predictions: number[] };
    for (const prediction of predictions) served.push({ version, arm, score: correctOdds(prediction, weightFactor) });
  }
  return served;
}
