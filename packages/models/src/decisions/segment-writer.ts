/** Writes one segment: groups of decisions, sealed, chained and synced. */

import { randomBytes } from "node:crypto";
import { type FileHandle, open, rm } from "node:fs/promises";
import { rowToJson, toJson } from "./cells.ts";
import { type Decision, type DecisionReason, MOST_SUBJECTS } from "./decision.ts";
import { lineHash, NO_HASH, parseEntry, withSealed } from "./entry.ts";
import { commitmentOf, pseudonym, SLOT_BYTES, seal, writeSlot } from "./sealing.ts";
import { keysFile, linesFile, listSegments, outerLines } from "./segments.ts";

/** Sealed at a stretch: a millisecond in which nothing is answered. */
const STRETCH = 32;

export interface Segment {
  readonly bytes: number;
  readonly end: SegmentEnd;
  /** Resolves when all of it is on the disk; nothing of it counts when it throws. */
  append(decisions: readonly Decision[], missed: number, at: number): Promise<void>;
  /** Takes away what a failed group has left, and closes. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

/** The end of a segment, as the next one names it. */
export interface SegmentEnd {
  readonly segment: string;
  readonly sequence: number;
  readonly hash: string;
}

/** The ends of the segments that no other segment names yet. */
export async function openEnds(folder: string): Promise<readonly SegmentEnd[]> {
  const ends: SegmentEnd[] = [];
  const named = new Set<string>();
  for (const segment of await listSegments(folder)) {
    const lines = await outerLines(folder, segment);
    const last = lines && parseEntry(lines.last);
    const first = lines && parseEntry(lines.first);
    if (first?.kind === "begin") for (const before of first.after) named.add(before.segment);
    if (lines !== undefined && last !== undefined)
      ends.push({ segment, sequence: last.sequence, hash: lineHash(lines.last) });
  }
  return ends.filter(({ segment }) => !named.has(segment));
}

/** Begins a segment that names the ends of those before. Throws as the disk does, and leaves nothing then. */
export async function beginSegment(
  folder: string,
  name: string,
  key: Buffer,
  at: number,
  after: readonly SegmentEnd[],
): Promise<Segment> {
  const segment = `decisions-${new Date(at).toISOString().replace(/[:.]/g, "-")}-${name}`;
  const lines = await open(linesFile(folder, segment), "ax", 0o600);
  const keys = await open(keysFile(folder, segment), "wx", 0o600).catch(async (error: unknown) => {
    await lines.close();
    throw error;
  });
  let chain: Chain = { sequence: 0, previous: NO_HASH, slots: 0, shown: undefined };
  let bytes = 0;
  const writeAll = async (text: string, slots: Buffer, slotsAt: number): Promise<void> => {
    // Keys first: a record whose key was not written yet when the process died would look like one that was robbed of it.
    await writeWhole(keys, slots, slotsAt);
    await keys.datasync();
    await writeWhole(lines, Buffer.from(text), null);
    await lines.datasync();
    bytes += Buffer.byteLength(text);
  };
  const begin = nextLine(chain, at, { kind: "begin", format: 1, writer: name, after });
  const close = async (): Promise<void> => {
    await Promise.all([lines.close(), keys.close()]);
  };
  try {
    await writeAll(begin.line, Buffer.alloc(0), 0);
  } catch (error) {
    await close();
    // A full disk is tried again and again: it must not be filled with empty files.
    await Promise.all([
      rm(linesFile(folder, segment), { force: true }),
      rm(keysFile(folder, segment), { force: true }),
    ]);
    throw error;
  }
  chain = begin.chain;
  // The names of new files are on the disk before anything in them counts.
  await syncFolder(folder);
  return {
    get bytes() {
      return bytes;
    },
    get end() {
      return { segment, sequence: chain.sequence, hash: chain.previous };
    },
    async append(decisions, missed, at) {
      const lines: string[] = [];
      const slots: Buffer[] = [];
      let end = chain;
      for (let from = 0; from < decisions.length; from += STRETCH) {
        // The answers of this turn go out first.
        await new Promise((resolve) => setImmediate(resolve));
        const sealed = sealGroup(end, decisions.slice(from, from + STRETCH), from === 0 ? missed : 0, key, at);
        lines.push(sealed.text);
        slots.push(sealed.slots);
        end = sealed.chain;
      }
      await writeAll(lines.join(""), Buffer.concat(slots), chain.slots * SLOT_BYTES);
      chain = end;
    },
    async abandon() {
      await lines.truncate(bytes).catch(() => {});
      await close();
    },
    close,
  };
}

interface Chain {
  readonly sequence: number;
  readonly previous: string;
  readonly slots: number;
  /** What the model entry in force says. */
  readonly shown: Shown | undefined;
}

type Shown = Pick<Decision, "model" | "columns" | "scorer">;

function isShownAlready(shown: Shown | undefined, { model, columns, scorer }: Decision): boolean {
  if (shown === undefined || shown.scorer !== scorer) return false;
  if (shown.model === model && shown.columns === columns) return true;
  return JSON.stringify([shown.model, shown.columns]) === JSON.stringify([model, columns]);
}

/** Lines and slots of a group, and where the chain is after it. */
function sealGroup(start: Chain, decisions: readonly Decision[], missed: number, folderKey: Buffer, at: number) {
  let chain = start;
  let text = "";
  const slots: Buffer[] = [];
  const add = (next: { line: string; chain: Chain }): void => {
    text += next.line;
    chain = next.chain;
  };
  if (missed > 0) add(nextLine(chain, at, { kind: "gap", missed }));
  const random = randomBytes(32 * decisions.length);
  decisions.forEach((decision, i) => {
    const { model, columns, scorer } = decision;
    if (!isShownAlready(chain.shown, decision)) {
      add(nextLine(chain, at, { kind: "model", ...model, scorer, columns }));
    }
    chain = { ...chain, shown: { model, columns, scorer } };
    const key = random.subarray(32 * i, 32 * (i + 1));
    const open = {
      kind: "decision",
      id: decision.id,
      event_at: decision.eventAt,
      model: { name: model.name, version: model.version, digest: model.digest },
      arm: decision.arm,
      score: decision.score,
      threshold: decision.threshold,
      action: decision.action,
      latency_ms: decision.latencyMs,
      slot: chain.slots,
      commitment: commitmentOf(key),
    };
    add(nextLine(chain, decision.at, open, (line) => withSealed(line, seal(key, line, sealedText(decision)))));
    chain = { ...chain, slots: chain.slots + 1 };
    slots.push(
      writeSlot(
        key,
        decision.subjects.slice(0, MOST_SUBJECTS).map((subject) => pseudonym(folderKey, subject)),
      ),
    );
  });
  return { text, slots: Buffer.concat(slots), chain };
}

/** What is personal of a decision. */
function sealedText({ subjects, values, params, prediction, oddsFactor, reasons }: Decision): string {
  return JSON.stringify({
    subjects,
    values: rowToJson(values),
    ...(params === undefined ? {} : { params: toJson(params) }),
    prediction: toJson(prediction),
    odds_factor: oddsFactor,
    reasons: reasons.map(({ feature, value, contribution, text }: DecisionReason) => ({
      feature,
      value,
      contribution: toJson(contribution),
      text,
    })),
  });
}

function nextLine(
  chain: Chain,
  at: number,
  entry: object,
  finish: (open: string) => string = (open) => open,
): { line: string; chain: Chain } {
  const sequence = chain.sequence + 1;
  const line = finish(JSON.stringify({ sequence, at, ...entry, previous: chain.previous }));
  return { line: `${line}\n`, chain: { ...chain, sequence, previous: lineHash(line) } };
}

async function writeWhole(file: FileHandle, bytes: Buffer, position: number | null): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    const { bytesWritten } = await file.write(
      bytes,
      done,
      bytes.length - done,
      position === null ? null : position + done,
    );
    done += bytesWritten;
  }
}

async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, "r");
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
