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

/** Where a chain is after a line: what the next one must continue. Survives JSON. */
export interface ChainPosition {
  readonly sequence: number;
  /** Hash of the line. */
  readonly previous: string;
  /** The model entry in force. */
  readonly shown: ModelEntry | null;
}

export const CHAIN_START: ChainPosition = { sequence: 0, previous: NO_HASH, shown: null };

export interface ChainStep {
  readonly position: ChainPosition;
  /** Undefined when the line holds none. */
  readonly entry: Entry | undefined;
  /** What is wrong with the line, if anything. */
  readonly problem: string | undefined;
}

/** One line further. */
export function followLine({ sequence: before, previous, shown }: ChainPosition, line: string): ChainStep {
  const sequence = before + 1;
  const entry = parseEntry(line);
  const position = { sequence, previous: lineHash(line), shown: entry?.kind === "model" ? entry : shown };
  return { position, entry, problem: problemOf(entry, { sequence: before, previous, shown }) };
}

function problemOf(entry: Entry | undefined, { sequence, previous, shown }: ChainPosition): string | undefined {
  if (entry === undefined) return "cannot be read";
  if (entry.sequence !== sequence + 1) return `is numbered ${entry.sequence}`;
  if (entry.previous !== previous) return "does not continue the one before it";
  if ((entry.kind === "begin") !== (sequence === 0)) return "does not stand where a segment begins";
  if (entry.kind === "decision" && shown?.digest !== entry.model.digest)
    return "names a model that was not shown before";
  return undefined;
}

export async function readSegment(folder: string, segment: string): Promise<SegmentChain> {
  const { lines, isTorn } = await readLines(folder, segment);
  const hashes: string[] = [];
  const decisions: StoredDecision[] = [];
  const faults: ChainFault[] = [];
  let begin: SegmentChain["begin"];
  let position = CHAIN_START;
  let missed = 0;
  for (const line of lines) {
    const { position: next, entry, problem } = followLine(position, line);
    if (problem !== undefined && faults.length < MOST_FAULTS)
      faults.push({ where: segment, sequence: next.sequence, problem });
    position = next;
    hashes.push(position.previous);
    if (entry?.kind === "begin") begin = entry;
    if (entry?.kind === "gap") missed += entry.missed;
    if (entry?.kind === "decision" && position.shown?.digest === entry.model.digest)
      decisions.push({ segment, entry, shown: position.shown, line });
  }
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
