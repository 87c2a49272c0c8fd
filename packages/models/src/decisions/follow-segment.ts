/** Reads a segment from where an earlier reading ended, in memory that does not grow with it. */

import { open } from "node:fs/promises";
import { CHAIN_START, type ChainFault, type ChainPosition, followLine, type StoredDecision } from "./chain.ts";
import { linesFile } from "./segments.ts";

/** Where a reading ended. Survives JSON. */
export interface SegmentPosition extends ChainPosition {
  /** Bytes of the whole lines so far. */
  readonly bytes: number;
}

export const SEGMENT_START: SegmentPosition = { ...CHAIN_START, bytes: 0 };

export interface Followed {
  /** Undefined for an entry that is no decision. */
  readonly decision: StoredDecision | undefined;
  /** Decisions that the service could not keep, as this entry says. */
  readonly missed: number;
  /** When the entry was written, milliseconds. */
  readonly at: number;
  readonly position: SegmentPosition;
}

const CHUNK = 1024 * 1024;
const LINE_END = 10;

/**
 * The entries after `from`, up to the last whole line: what is being written is read the next time. Ends with a fault, as its last value, at a
 * line that does not continue the chain: nothing after it is told.
 */
export async function* followSegment(
  folder: string,
  segment: string,
  from: SegmentPosition,
): AsyncGenerator<Followed | ChainFault> {
  const handle = await open(linesFile(folder, segment), "r");
  try {
    let position = from;
    let rest = Buffer.alloc(0);
    for (let at = from.bytes; ; ) {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(CHUNK), 0, CHUNK, at);
      if (bytesRead === 0) return;
      at += bytesRead;
      rest = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
      let start = 0;
      for (let end = rest.indexOf(LINE_END); end >= 0; end = rest.indexOf(LINE_END, start)) {
        const line = rest.toString("utf8", start, end);
        const { position: next, entry, problem } = followLine(position, line);
        if (problem !== undefined || entry === undefined) {
          yield { where: segment, sequence: next.sequence, problem: problem ?? "cannot be read" };
          return;
        }
        position = { ...next, bytes: position.bytes + end - start + 1 };
        start = end + 1;
        yield {
          decision:
            entry.kind === "decision" && position.shown !== null
              ? { segment, entry, shown: position.shown, line }
              : undefined,
          missed: entry.kind === "gap" ? entry.missed : 0,
          at: entry.at,
          position,
        };
      }
      rest = rest.subarray(start);
    }
  } finally {
    await handle.close();
  }
}
