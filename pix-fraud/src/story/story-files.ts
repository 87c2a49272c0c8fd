/** What a story's server, flow and monitor are told, in the files that people write. */

import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { MODEL } from "./served-model.ts";
import type { StoryOptions } from "./story-options.ts";
import { worldParameters } from "./story-world.ts";

/** The project that trains. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** Rules of the monitor: the first tells people, the second begins the retraining once there are cases to learn from. */
export const ALARM = "late-typology";
export const RETRAIN = "late-cases";
/** How long the new kind must have been known until a model is trained that knows it. */
const CASES_AFTER = "10d";

export const FILES = {
  monitor: "monitor.yaml",
  flow: "flow.yaml",
  gate: "gate.yaml",
  heldOut: "held-out.csv",
  reference: "reference.csv",
  ledger: "ledger",
} as const;

export async function writeStoryFiles(folder: string, options: StoryOptions, port: number): Promise<void> {
  const parameters = Object.entries({ ...worldParameters(options), trials: 1 }).map(
    ([name, value]) => `    ${name}: ${value}`,
  );
  const files = {
    [FILES.gate]: [
      "version: 1",
      `name: ${MODEL}`,
      "checks:",
      "  - { check: metric, metric: auc_pr_lift, min: 5, support: 5 }",
      "  - { check: champion, metric: recall, budget: 0.01, proof: not_worse, margin: 0.5, support: 5 }",
    ],
    [FILES.flow]: [
      `gate: { file: ${FILES.gate}, data: ${FILES.heldOut}, label: label, id: id, amount: amount, customer: customer, time: time }`,
      "shadow: { requests: 20 }",
      "approval: true",
      "canary: { share: 0.3, requests: 10 }",
      `production: { port: ${port} }`,
    ],
    [FILES.monitor]: [
      "version: 1",
      `model: ${MODEL}`,
      `ledger: ${FILES.ledger}`,
      `reference: { file: ${FILES.reference} }`,
      "budget: { share: 0.005 }",
      "every: 1d",
      "report: { every: 2d, window: 21d, maturityDays: 14 }",
      "retrain:",
      `  project: ${JSON.stringify(PROJECT)}`,
      "  entryPoint: retrain",
      "  model: train.model",
      `  on: [${RETRAIN}]`,
      "  cooldown: 30d",
      "  parameters:",
      ...parameters,
      '    as_of: "{as_of}"',
      "rules:",
      `  - { name: ${ALARM}, signal: typology_new, above: 0, severity: page, owner: fraud }`,
      `  - { name: ${RETRAIN}, signal: typology_new, above: 0, for: ${CASES_AFTER}, severity: act, owner: models }`,
      "  - { name: untrained, signal: retraining_failed, above: 0, severity: page, owner: models }",
      'receivers: { desk: { kind: webhook, url: "http://127.0.0.1/alerts" } }',
      "routes: [{ to: [desk], repeat: 52w }]",
    ],
  };
  for (const [name, lines] of Object.entries(files)) await writeFile(join(folder, name), `${lines.join("\n")}\n`);
}
