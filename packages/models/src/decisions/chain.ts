/** Reads segments and erasures, and says what is wrong with them. */

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { type DecisionEntry, type Entry, lineHash, type ModelEntry, NO_HASH, parseEntry } from "./entry.ts";
import { readLines } from "./segments.ts";

export interface ChainFault {
  /** The segment, or the file of erasures. */
  readonly where: string;
  readonly sequence: number;
  readonly problem: string;
}

/** A decision as its segment holds it. */
export interface StoredDecision {
  readonly segment: string;
  readonly entry: DecisionEntry;
  /** The model entry in force. */
  readonly shown: ModelEntry;
  /** As written, without its end of line. */
  readonly line: string;
}

export interface SegmentChain {
  readonly segment: string;
  /** Hashes of the lines, the first one's first. */
  readonly hashes: readonly string[];
  readonly begin: Extract<Entry, { kind: "begin" }> | undefined;
  readonly decisions: readonly StoredDecision[];
  readonly missed: number;
  readonly isTorn: boolean;
  readonly faults: readonly ChainFault[];
}

const MOST_FAULTS = 100;

export async function readSegment(folder: string, segment: string): Promise<SegmentChain> {
  const { lines, isTorn } = await readLines(folder, segment);
  const hashes: string[] = [];
  const decisions: StoredDecision[] = [];
  const faults: ChainFault[] = [];
  let begin: SegmentChain["begin"];
  let shown: ModelEntry | undefined;
  let missed = 0;
  let previous = NO_HASH;
  lines.forEach((line, at) => {
    const sequence = at + 1;
    const fault = (problem: string) => {
      if (faults.length < MOST_FAULTS) faults.push({ where: segment, sequence, problem });
    };
    const entry = parseEntry(line);
    if (entry === undefined) fault("cannot be read");
    else if (entry.sequence !== sequence) fault(`is numbered ${entry.sequence}`);
    else if (entry.previous !== previous) fault("does not continue the one before it");
    else if ((entry.kind === "begin") !== (at === 0)) fault("does not stand where a segment begins");
    previous = lineHash(line);
    hashes.push(previous);
    if (entry?.kind === "begin") begin = entry;
    if (entry?.kind === "gap") missed += entry.missed;
    if (entry?.kind === "model") shown = entry;
    if (entry?.kind === "decision") {
      if (shown === undefined || shown.digest !== entry.model.digest) fault("names a model that was not shown before");
      else decisions.push({ segment, entry, shown, line });
    }
  });
  return { segment, hashes, begin, decisions, missed, isTorn, faults };
}

const range = z.tuple([z.int().nonnegative(), z.int().nonnegative()]);
const erasureWire = z.object({
  kind: z.literal("erasure"),
  format: z.literal(1),
  sequence: z.int().positive(),
  /** Milliseconds since the epoch. */
  at: z.int(),
  by: z.string(),
  reason: z.string(),
  /** Why these records: those of a subject, the one of an id, or those that are old. */
  of: z.enum(["subject", "id", "age"]),
  records: z.int().nonnegative(),
  /** First and last slot of each stretch, by segment. */
  slots: z.record(z.string(), z.array(range)),
  previous: z.string(),
});
export type Erasure = z.output<typeof erasureWire>;

export const ERASURES = "erasures.jsonl";

export interface ErasureChain {
  readonly erasures: readonly Erasure[];
  readonly head: string;
  readonly faults: readonly ChainFault[];
}

export async function readErasures(folder: string): Promise<ErasureChain> {
  const text = await readFile(join(folder, ERASURES), "utf8").catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return "";
    throw error;
  });
  const erasures: Erasure[] = [];
  const faults: ChainFault[] = [];
  let head = NO_HASH;
  const lines = text.split("\n");
  const torn = lines.pop();
  if (torn !== "")
    faults.push({ where: ERASURES, sequence: lines.length + 1, problem: "ends in the middle of an entry" });
  lines.forEach((line, at) => {
    const entry = erasureOf(line);
    const sequence = at + 1;
    if (entry === undefined) faults.push({ where: ERASURES, sequence, problem: "cannot be read" });
    else if (entry.sequence !== sequence || entry.previous !== head)
      faults.push({ where: ERASURES, sequence, problem: "does not continue the one before it" });
    if (entry !== undefined) erasures.push(entry);
    head = lineHash(line);
  });
  return { erasures, head, faults };
}

function erasureOf(line: string): Erasure | undefined {
  try {
    return erasureWire.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** The erasure that names a slot, if any. */
export const erasureNaming = (erasures: readonly Erasure[], segment: string, slot: number): Erasure | undefined =>
  erasures.find(
    ({ slots }) => Object.hasOwn(slots, segment) && slots[segment]?.some(([from, to]) => slot >= from && slot <= to),
  );
