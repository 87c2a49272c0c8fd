import { ingestFile } from "../ledger/ingest/ingest.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { defaultParameters } from "../world/parameters.ts";
import { simulateWorld } from "../world/simulate.ts";
import type { JobOptions } from "./options.ts";

/** The ledger that the options ask for: a simulated world, or a real file. */
export async function loadLedger(options: JobOptions): Promise<Ledger> {
  if (options.ledger === undefined) {
    const { transfers, days, seed, late } = options;
    return simulateWorld({
      ...{ transfers, days, seed },
      ...(late === undefined ? {} : { parameters: { ...defaultParameters, lateTypology: late } }),
    });
  }
  return ingestFile(options.ledger, options.mapping === undefined ? {} : { mapping: options.mapping });
}
