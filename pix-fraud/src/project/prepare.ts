import { join } from "node:path";
import type { ActiveRun } from "@esteira/sdk/active-run";
import type { Client } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { readTable, writeTable } from "../features/table-folder.ts";
import { loadLedger } from "../job/load-ledger.ts";
import type { JobOptions } from "../job/options.ts";
import { protocolOf } from "../job/protocol.ts";
import { splitTimeline } from "../job/timeline.ts";
import { readLedger, writeLedger } from "../ledger/ledger-folder.ts";
import { prepareStudy, type Study } from "../training/study.ts";

/** The artifact of the run, and the folders in it. */
const DATA = "data";
const LEDGER = "ledger";
const FEATURES = "features";

/** The ledger and its features as the artifact `data` of the run, with their digests as tags. */
export async function prepare(
  { client, run, scratch }: { client: Client; run: ActiveRun; scratch: string },
  options: JobOptions,
): Promise<string> {
  const ledger = await loadLedger(options);
  const protocol = protocolOf(options);
  protocol.check(ledger);
  const { table, tableDigest } = protocol.prepare(ledger);
  const folder = join(scratch, DATA);
  await writeLedger(ledger, join(folder, LEDGER));
  await writeTable(table, join(folder, FEATURES));
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
  const { time } = ledger.transfers;
  return prepareStudy(ledger, table, splitTimeline(time[0] ?? 0, time[ledger.rows - 1] ?? 0));
}
