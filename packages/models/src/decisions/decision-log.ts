/**
 * Writes decisions where nobody changes them unseen. `write` returns at once; the decision is sealed, chained and on the disk
 * (`fdatasync`) with the group that was waiting, normally milliseconds later. What takes longer than a second is counted as
 * late, what is lost is counted, and said in the chain itself.
 */

import { mkdir } from "node:fs/promises";
import type { Decision } from "./decision.ts";
import { beginSegment, openEnds, type Segment, type SegmentEnd } from "./segment-writer.ts";
import { folderKey } from "./segments.ts";

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
  /** What the next segment names: at first what is there, then the own one before. */
  let ends: readonly SegmentEnd[] | undefined;
  let waiting: { readonly decision: Decision; readonly since: number }[] = [];
  let missed = 0;
  /** Of those, what the chain does not say yet. */
  let unsaid = 0;
  let late = 0;
  let isClosing = false;
  let flushing: Promise<void> | undefined;

  const writeGroup = async (): Promise<void> => {
    if (segment === undefined) {
      ends ??= await openEnds(folder);
      segment = await beginSegment(folder, `${writer}-${begun++}`, key, now(), ends);
      ends = [segment.end];
    }
    const group = waiting.slice(0, GROUP);
    await segment.append(
      group.map(({ decision }) => decision),
      unsaid,
      now(),
    );
    ends = [segment.end];
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
