import { readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { ActiveRun } from "@esteira/sdk/active-run";
import type { Client } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { computeFeatures } from "../features/offline.ts";
import { readTable, writeTable } from "../features/table-folder.ts";
import { loadLedger } from "../job/load-ledger.ts";
import type { JobOptions } from "../job/options.ts";
import { splitTimeline, type Timeline, timelineUpTo } from "../job/timeline.ts";
import { readLedger, writeLedger } from "../ledger/ledger-folder.ts";
import { ledgerAsOf } from "../ledger/subset.ts";
import { prepareStudy, type Study } from "../training/study.ts";

/** The artifact of the run, and the folders in it. */
const DATA = "data";
const LEDGER = "ledger";
const FEATURES = "features";
/** Its spans. */
const TIMELINE = "timeline.json";

/** The ledger, or what of it was known at `asOf` (milliseconds), and its features as the artifact `data` of the run, with their digests as tags. */
export async function prepare(
  { client, run, scratch }: { client: Client; run: ActiveRun; scratch: string },
  options: JobOptions,
  asOf: number | undefined,
): Promise<string> {
  const whole = await loadLedger(options);
  const ledger = asOf === undefined ? whole : ledgerAsOf(whole, asOf);
  const { time } = ledger.transfers;
  const timeline =
    asOf === undefined ? splitTimeline(time[0] ?? 0, time[ledger.rows - 1] ?? 0) : timelineUpTo(time[0] ?? 0, asOf);
  const { table, tableDigest } = prepareStudy(ledger, computeFeatures(ledger), timeline);
  const folder = join(scratch, DATA);
  await writeLedger(ledger, join(folder, LEDGER));
  await writeTable(table, join(folder, FEATURES));
  await writeFile(join(folder, TIMELINE), `${JSON.stringify(timeline)}\n`);
  await uploadFolder(client, folder, run.artifactUri, DATA);
  const frauds = ledger.labels.fraud.reduce((sum, label) => sum + label, 0);
  run.logMetrics({ rows: ledger.rows, frauds, features: table.names.length });
  await run.setTags({ "esteira.ledger.sha256": ledger.origin.digest, "esteira.features.sha256": tableDigest });
  return `${ledger.rows} transfers with ${table.names.length} features, ledger ${ledger.origin.digest.slice(0, 12)}, features ${tableDigest.slice(0, 12)}`;
}

/** The study that the job would make of the same ledger, from the files that `prepare` has written. */
export async function readStudy(folder: string): Promise<Study> {
  const ledger = await readLedger(join(folder, LEDGER));
  const table = await readTable(join(folder, FEATURES));
  return prepareStudy(ledger, table, JSON.parse(await readFile(join(folder, TIMELINE), "utf8")) as Timeline);
}
