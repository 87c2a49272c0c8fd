/** Before a model is asked for the first time: it is asked often enough that its code has been compiled by then. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { setImmediate } from "node:timers/promises";
import type { ServableModel } from "../flavors/flavor.ts";
import { answerBody } from "./invocation.ts";

/** How often, unless the time is over before. */
const TIMES = 100;
/** Milliseconds. */
const AT_MOST = 60;
/** Answers between two looks at what else is to be done. */
const AT_ONCE = 20;

/**
 * Asks the model about its own example, as a request would, or about a row of missing values where its folder holds none. What the model
 * says does not matter, nor that it cannot answer: its callers are told that.
 */
export async function warmUp(model: ServableModel, folder: string): Promise<void> {
  const example = await readFile(join(folder, "serving_input_example.json"), "utf8").catch(() => undefined);
  const until = performance.now() + AT_MOST;
  const scorer = model.rowScorer;
  const row = scorer && new Float64Array(scorer.featureNames.length).fill(Number.NaN);
  try {
    for (let i = 0; i < TIMES && performance.now() < until; i++) {
      if (example !== undefined) await answerBody(model, "json", example);
      else if (row !== undefined) scorer?.score(row);
      else return;
      if (i % AT_ONCE === 0) await setImmediate();
    }
  } catch {
    // An example of another time, say: it is no reason to serve nobody.
  }
}
