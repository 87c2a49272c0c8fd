import { createReadStream } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { invalid } from "@esteira/core/errors";
import { tableOf } from "@esteira/models/batch/batch";
import type { Prediction, ServableModel } from "@esteira/models/flavors/flavor";
import { parseJson } from "@esteira/models/format/json";
import { z } from "zod";
import type { ServedRows } from "../gates/evidence.ts";
import { Growing } from "./growing.ts";

/** Rows at most: the newest files are read first. */
const ROWS = 20_000;

/** What of a line that `esteira models serve --request-log` writes is read here. */
const requestLine = z.object({
  version: z.string().nullish(),
  columns: z.array(z.string()),
  /** A text where a column was redacted. */
  data: z.array(z.union([z.array(z.unknown()), z.string()])),
  predictions: z.array(z.unknown()),
});

/**
 * Asks a model again what its service was asked.
 *
 * @param folder of a request log.
 * @param version lines of another one are left out; all count when it is undefined.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a folder without a log, and for a line that is none.
 */
export async function servedRows(
  folder: string,
  model: ServableModel,
  version: string | undefined,
): Promise<ServedRows> {
  const names = (await readdir(folder).catch(() => [])).filter((name) => /^requests-.*\.jsonl$/.test(name)).sort();
  if (names.length === 0)
    throw invalid(
      `${folder} holds no log of requests: give the folder that esteira models serve --request-log writes.`,
    );
  const differences = new Growing();
  let unusable = 0;
  for (const name of names.reverse()) {
    const file = join(folder, name);
    let number = 0;
    for await (const line of createInterface({
      input: createReadStream(file, "utf8"),
      crlfDelay: Number.POSITIVE_INFINITY,
    })) {
      number++;
      if (differences.length >= ROWS) break;
      const { data: logged } = requestLine.safeParse(parseJson(line, `${file}:${number}`));
      if (logged === undefined) throw invalid(`${file}:${number} is no logged request.`);
      const rowCount = logged.predictions.length;
      const columns = logged.data.filter((column) => typeof column !== "string");
      if (columns.length < logged.data.length || (version !== undefined && logged.version !== version)) {
        unusable += rowCount;
        continue;
      }
      const table = tableOf({ source: "table", names: logged.columns, columns, rowCount }, model.signature?.inputs);
      const answers = await model.predict(table);
      for (let row = 0; row < rowCount; row++) differences.push(distance(answers[row], logged.predictions[row]));
    }
  }
  return { differences: differences.values, unusable };
}

/** Of two numbers, or of lists of as many; infinite for anything else that is not equal. */
function distance(answer: Prediction | undefined, logged: unknown): number {
  if (typeof answer === "number" && typeof logged === "number")
    return Object.is(answer, logged) ? 0 : Math.abs(answer - logged);
  if (Array.isArray(answer) && Array.isArray(logged) && answer.length === logged.length)
    return answer.reduce((most: number, one, at) => Math.max(most, distance(one, logged[at])), 0);
  return answer === logged ? 0 : Number.POSITIVE_INFINITY;
}
