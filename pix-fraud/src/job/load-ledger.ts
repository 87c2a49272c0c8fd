import { ingestFile } from "../ledger/ingest/ingest.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { simulateWorld } from "../world/simulate.ts";
import type { JobOptions } from "./options.ts";

/** The ledger that the options ask for: a simulated world, or a real file. */
export async function loadLedger(options: JobOptions): Promise<Ledger> {
  if (options.ledger === undefined) {
    return simulateWorld({ transfers: options.transfers, days: options.days, seed: options.seed });
  }
  return ingestFile(options.ledger, options.mapping === undefined ? {} : { mapping: options.mapping });
}
