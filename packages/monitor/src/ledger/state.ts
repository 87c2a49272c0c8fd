/** How far a ledger has been filled. The files themselves say it too: this saves reading the sources again from their beginning. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { SegmentPosition } from "@esteira/models/decisions/follow-segment";
import { z } from "zod";
import { writeWhole } from "../whole-file.ts";

const FILE = "collected.json";

const shownWire = z.custom<SegmentPosition["shown"]>((value) => value === null || typeof value === "object");
const stateWire = z.object({
  format: z.literal(1),
  /** By segment, where its reading ended. */
  segments: z.record(
    z.string(),
    z.object({ bytes: z.int(), sequence: z.int(), previous: z.string(), shown: shownWire }),
  ),
  /** By imported file's digest, the rows that were read. */
  imports: z.record(z.string(), z.int()),
  /** By folder of sealed records, the erasures that were done here too. */
  erasures: z.record(z.string(), z.int()),
  /** By day, decisions that the service could not keep, as its records say. */
  missed: z.record(z.string(), z.int()),
});

export interface LedgerState {
  readonly segments: Record<string, SegmentPosition>;
  readonly imports: Record<string, number>;
  readonly erasures: Record<string, number>;
  readonly missed: Record<string, number>;
}

/** A ledger that nothing was written to yet has an empty state. Throws INVALID_STATE when the file is not what was written. */
export async function readState(ledger: string): Promise<LedgerState> {
  const path = join(ledger, FILE);
  const text = await readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return undefined;
    throw error;
  });
  if (text === undefined) return { segments: {}, imports: {}, erasures: {}, missed: {} };
  try {
    return stateWire.parse(JSON.parse(text));
  } catch {
    throw new EsteiraError(
      "INVALID_STATE",
      `'${path}' is not what 'esteira monitor collect' writes: restore it, or remove it, and all sources are read again; nothing is entered twice.`,
    );
  }
}

export const writeState = (ledger: string, state: LedgerState): Promise<void> =>
  writeWhole(join(ledger, FILE), `${JSON.stringify({ format: 1, ...state })}\n`);
