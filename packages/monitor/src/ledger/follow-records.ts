/** What happens to records after they were collected: some are erased, and the end of a segment may be taken back by its writer. */

import { stat } from "node:fs/promises";
import type { Erasure } from "@esteira/models/decisions/chain";
import { followSegment, SEGMENT_START, type SegmentPosition } from "@esteira/models/decisions/follow-segment";
import { linesFile } from "@esteira/models/decisions/segments";
import { listDays } from "./parts.ts";
import { rewriteRows } from "./rewrite.ts";
import { type LedgerState, writeState } from "./state.ts";

/** Takes what is personal out of the rows that erasures name; says of how many. May be done again. */
export async function eraseRows(ledger: string, erasures: readonly Erasure[]): Promise<number> {
  const slots = new Map<string, (readonly [number, number])[]>();
  for (const erasure of erasures)
    for (const [segment, stretches] of Object.entries(erasure.slots))
      slots.set(segment, [...(slots.get(segment) ?? []), ...stretches]);
  if (slots.size === 0 || (await listDays(ledger)).length === 0) return 0;
  return rewriteRows(ledger, new Set(slots.keys()), (source, _, slot) =>
    slot !== undefined && slots.get(source)?.some(([from, to]) => slot >= from && slot <= to) === true
      ? "erase"
      : "keep",
  );
}

/**
 * A writer whose disk fails cuts its segment back to the last whole group, and writes the group again in another segment. Rows of what was cut off are
 * removed; the segment goes no further.
 */
export async function takeBack(ledger: string, decisions: string, state: LedgerState): Promise<void> {
  for (const [segment, { bytes }] of Object.entries(state.segments)) {
    const size = await stat(linesFile(decisions, segment)).then(
      (found) => found.size,
      () => undefined,
    );
    if (size === undefined || size >= bytes) continue;
    let position: SegmentPosition = SEGMENT_START;
    for await (const told of followSegment(decisions, segment, SEGMENT_START))
      if ("position" in told) position = told.position;
    const last = position.sequence;
    if ((await listDays(ledger)).length > 0)
      await rewriteRows(ledger, new Set([segment]), (source, sequence) =>
        source === segment && sequence > last ? "drop" : "keep",
      );
    state.segments[segment] = position;
    await writeState(ledger, state);
  }
}
