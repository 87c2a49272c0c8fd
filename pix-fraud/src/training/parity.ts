import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PARITY_FILE } from "@esteira/models/verification/parity-report";
import { compareWithXgboost, type XgboostQuestion } from "@esteira/models/verification/xgboost-parity";
import type { Judged } from "./candidate.ts";
import type { Study } from "./study.ts";

/** Test rows that golden rows are made of: known frauds first, then honest rows. */
const GIVEN_ROWS = 400;
/** Relative, or absolute below 1: float32 has 1.2e-7. The gate counts units in the last place. */
const TOLERANCE = 2.4e-7;

/**
 * Asks the packaged model and libxgboost, which made it, the same rows, with values missing and extreme among them, and
 * leaves the report beside the model, where the gate and whoever downloads the model find it.
 */
export async function proveParity(
  folder: string,
  study: Study,
  judged: Judged,
  about: Pick<XgboostQuestion, "native" | "digest" | "at">,
): Promise<void> {
  const { modelBytes } = judged.model;
  const report = await compareWithXgboost({
    ...about,
    ...{ folder, modelBytes, given: hardRows(study), tolerance: TOLERANCE },
  });
  await writeFile(join(folder, PARITY_FILE), `${JSON.stringify(report, undefined, 2)}\n`);
}

function hardRows({ table, test }: Study): number[][] {
  const width = table.names.length;
  const stride = Math.max(1, Math.floor((2 * test.rows) / GIVEN_ROWS));
  const frauds: number[] = [];
  const honest: number[] = [];
  for (let at = 0; at < test.rows; at++) {
    if (test.labels[at] === 1) {
      if (frauds.length < GIVEN_ROWS / 2) frauds.push(at);
    } else if (at % stride === 0) honest.push(at);
  }
  return [...frauds, ...honest]
    .slice(0, GIVEN_ROWS)
    .map((at) => [...test.values.subarray(at * width, (at + 1) * width)]);
}
