/**
 * Writes decisions where nobody changes them unseen. `write` returns at once; the decision is sealed, chained and on the disk
 * (`fdatasync`) with the group that was waiting, normally milliseconds later. What takes longer than a second is counted as
 * late, what is lost is counted, and said in the chain itself.
 */

import { randomBytes } from "node:crypto";
import { type FileHandle, mkdir, open } from "node:fs/promises";
import { rowToJson, toJson } from "./cells.ts";
import { type Decision, type DecisionReason, MOST_SUBJECTS } from "./decision.ts";
import { lineHash, NO_HASH, parseEntry, withSealed } from "./entry.ts";
import { commitmentOf, pseudonym, SLOT_BYTES, seal, writeSlot } from "./sealing.ts";
import { folderKey, keysFile, lastLine, linesFile, listSegments } from "./segments.ts";

export interface DecisionLogOptions {
  /** Made when it is absent. One folder may have several writers, each with segments of its own. */
  readonly folder: string;
  /** Bytes after which a segment is closed and the next begun. */
  readonly segmentBytes?: number;
  /** Tells the segments of several processes apart; this process's id unless given. */
  readonly writer?: string;
  readonly now?: () => number;
}

export interface DecisionLog {
  /** Returns at once, and never throws. */
  write(decision: Decision): void;
  /** Decisions that could not be kept. */
  readonly missed: number;
  /** Decisions that were on the disk only after more than a second. */
  readonly late: number;
  /** Resolves when all that was written before is on the disk, or counted as missed. */
  settled(): Promise<void>;
  /** Writes what waits. */
  close(): Promise<void>;
}

const SEGMENT_BYTES = 64 * 1024 * 1024;
/** Decisions that may wait for the disk. */
const MOST_WAITING = 20_000;
/** Written and synced at once. */
const GROUP = 1024;
/** Sealed at a stretch: a millisecond in which nothing is answered. */
const STRETCH = 32;
const LATE_MS = 1000;
/** Between attempts while the disk is full, or fails. */
const RETRY_MS = 250;

export async function openDecisionLog(options: DecisionLogOptions): Promise<DecisionLog> {
  const { folder } = options;
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const key = await folderKey(folder);
  const now = options.now ?? Date.now;
  const writer = options.writer ?? String(process.pid);
  const segmentBytes = options.segmentBytes ?? SEGMENT_BYTES;
  let begun = 0;
  let segment: Segment | undefined;
  let waiting: { readonly decision: Decision; readonly since: number }[] = [];
  let missed = 0;
  /** Of those, what the chain does not say yet. */
  let unsaid = 0;
  let late = 0;
  let isClosing = false;
  let flushing: Promise<void> | undefined;

  const writeGroup = async (): Promise<void> => {
    segment ??= await beginSegment(folder, `${writer}-${begun++}`, key, now());
    const group = waiting.slice(0, GROUP);
    await segment.append(
      group.map(({ decision }) => decision),
      unsaid,
      now(),
    );
    waiting = waiting.slice(group.length);
    unsaid = 0;
    const written = performance.now();
    for (const { since } of group) if (written - since > LATE_MS) late++;
    if (segment.bytes >= segmentBytes) {
      await segment.close();
      segment = undefined;
    }
  };

  const flush = async (): Promise<void> => {
    while (waiting.length > 0) {
      try {
        await writeGroup();
      } catch {
        // A full disk must not stop the service. The segment goes back to its last whole group, and another is begun.
        await segment?.abandon().catch(() => {});
        segment = undefined;
        if (isClosing) {
          missed += waiting.length;
          waiting = [];
        } else await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
      }
    }
    flushing = undefined;
  };

  return {
    get missed() {
      return missed;
    },
    get late() {
      return late;
    },
    write(decision) {
      if (isClosing || waiting.length >= MOST_WAITING) {
        missed++;
        unsaid++;
        return;
      }
      waiting.push({ decision, since: performance.now() });
      flushing ??= flush();
    },
    async settled() {
      await flushing;
    },
    async close() {
      isClosing = true;
      await flushing;
      const last = segment;
      segment = undefined;
      await last?.close();
    },
  };
}

interface Segment {
  readonly bytes: number;
  /** Resolves when all of it is on the disk; nothing of it counts when it throws. */
  append(decisions: readonly Decision[], missed: number, at: number): Promise<void>;
  /** Takes away what a failed group has left, and closes. */
  abandon(): Promise<void>;
  close(): Promise<void>;
}

async function beginSegment(folder: string, name: string, key: Buffer, at: number): Promise<Segment> {
  const after: { segment: string; sequence: number; hash: string }[] = [];
  for (const before of await listSegments(folder)) {
    const line = await lastLine(folder, before);
    const entry = line === undefined ? undefined : parseEntry(line);
    if (line !== undefined && entry !== undefined)
      after.push({ segment: before, sequence: entry.sequence, hash: lineHash(line) });
  }
  const segment = `decisions-${new Date(at).toISOString().replace(/[:.]/g, "-")}-${name}`;
  const lines = await open(linesFile(folder, segment), "ax", 0o600);
  const keys = await open(keysFile(folder, segment), "wx", 0o600).catch(async (error: unknown) => {
    await lines.close();
    throw error;
  });
  let chain: Chain = { sequence: 0, previous: NO_HASH, slots: 0, shown: undefined };
  let bytes = 0;
  const writeAll = async (text: string, slots: Buffer, slotsAt: number): Promise<void> => {
    await Promise.all([writeWhole(lines, Buffer.from(text), null), writeWhole(keys, slots, slotsAt)]);
    await Promise.all([lines.datasync(), keys.datasync()]);
    bytes += Buffer.byteLength(text);
  };
  const begin = nextLine(chain, at, { kind: "begin", format: 1, writer: name, after });
  const close = async (): Promise<void> => {
    await Promise.all([lines.close(), keys.close()]);
  };
  try {
    await writeAll(begin.line, Buffer.alloc(0), 0);
  } catch (error) {
    await lines.truncate(0).catch(() => {});
    await close();
    throw error;
  }
  chain = begin.chain;
  // The names of new files are on the disk before anything in them counts.
  await syncFolder(folder);
  return {
    get bytes() {
      return bytes;
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
