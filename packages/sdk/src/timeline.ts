import {
  checkpointWire,
  inclusionProofWire,
  outsideChangeWire,
  sealWire,
  standingWire,
  timelineEntryWire,
} from "@esteira/core/wire/timeline";
import { z } from "zod";
import type { Transport } from "./transport.ts";

const storedEntries = z
  .object({ entries: z.array(z.object({ entry: z.string(), hash: z.string() })) })
  .transform((wire) => wire.entries);

/** The chain of all changes of the registry. What only Esteira's server answers. */
export function timelineOf(transport: Transport) {
  const service = "esteira" as const;
  return {
    /** At most a thousand entries that follow one: their canonical JSON, and its hash. For admins. */
    entries: (after: number) => transport.call("GET", "timeline/entries", storedEntries, { query: { after }, service }),
    /** The entries of one model until an instant (ms), oldest first. */
    history: (name: string, until?: number) =>
      transport.call(
        "GET",
        "timeline/history",
        z.object({ entries: z.array(timelineEntryWire) }).transform((wire) => wire.entries),
        { query: { name, until }, service },
      ),
    /** Which versions an alias (`champion`) or a stage stood for at an instant (ms), and since which entry. */
    standing: (name: string, of: { alias?: string; stage?: string }, at?: number) =>
      transport.call("GET", "timeline/standing", standingWire, { query: { name, ...of, at }, service }),
    /** Signed checkpoints and the keys that signed them. For admins. */
    checkpoints: () =>
      transport.call(
        "GET",
        "timeline/checkpoints",
        z.object({ seals: z.array(sealWire) }).transform((wire) => wire.seals),
        { service },
      ),
    checkpoint: () =>
      transport.call(
        "POST",
        "timeline/checkpoints",
        z.object({ checkpoint: checkpointWire }).transform((wire) => wire.checkpoint),
        { body: {}, service },
      ),
    /** The Merkle path from an entry to the root of the first `size` entries. For admins. */
    proof: (sequence: number, size?: number) =>
      transport.call("GET", "timeline/proof", inclusionProofWire, { query: { sequence, size }, service }),
    /** Has the server compare the chain with the registry, and enter what was changed outside. For admins. */
    verify: () =>
      transport.call(
        "POST",
        "timeline/verify",
        z.object({ found: z.array(outsideChangeWire), fault_count: z.int() }).transform((wire) => ({
          found: wire.found,
          faultCount: wire.fault_count,
        })),
        { body: {}, service },
      ),
  };
}
