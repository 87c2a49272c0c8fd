/**
 * Records decisions, collects them into a ledger and labels them, over and over until it is killed: `ledger-writer.ts FOLDER ROUND`. Prints a line for what
 * is on the disk: `decisions ID ...` and `labels ID ...`.
 */
import { join } from "node:path";
import { openDecisionLog } from "@esteira/models/decisions/decision-log";
import { addLabels } from "@esteira/monitor/labels/add-labels";
import { collectDecisions } from "@esteira/monitor/ledger/collect";

const [, , folder = "", round = ""] = process.argv;
const START = Date.UTC(2026, 0, 1);
const DAY = 86_400_000;
const MODEL = { name: "pix", version: "1", digest: "d".repeat(64), of: "folder" } as const;
const COLUMNS = [{ name: "amount", type: "f64" }] as const;
const places = { decisions: join(folder, "records"), ledger: join(folder, "ledger") };

const log = await openDecisionLog({ folder: places.decisions, writer: `w${round}` });
for (let turn = 0; ; turn++) {
  const ids = Array.from({ length: 8 }, (_, i) => `${round}-${turn}-${i}`);
  ids.forEach((id, i) => {
    log.write({
      ...{ id, at: START + (i % 2) * DAY + turn, eventAt: null, subjects: [`s${i}`], model: MODEL, columns: COLUMNS },
      ...{ values: [turn], params: undefined, scorer: "table", prediction: 0.1, oddsFactor: null, score: 0.1 },
      ...{ threshold: 0.5, action: "allow", reasons: [], latencyMs: 1 },
    });
  });
  await log.settled();
  console.log(`decisions ${ids.join(" ")}`);
  // Small batches, and days that have ended: each turn writes files, moves on and merges.
  await collectDecisions({ ...places, now: START + 10 * DAY, batchRows: 3 });
  const labelled = ids.slice(0, 5);
  const told = {
    label: "fraud",
    source: "med",
    eventTime: null,
    reportTime: null,
    typology: null,
    amount: null,
  } as const;
  await addLabels(
    places.ledger,
    labelled.map((decisionId) => ({ ...told, decisionId, knownAt: START })),
    START,
  );
  console.log(`labels ${labelled.join(" ")}`);
}
