/** Whether the records of a folder are what was written: nothing changed, left out, or erased without an order. */

import { type ChainFault, type Erasure, erasureNaming, readErasures, readSegment, type SegmentChain } from "./chain.ts";
import { commitmentOf, isErased, keyOf, SLOT_BYTES } from "./sealing.ts";
import { existingSegments, readKeys } from "./segments.ts";

export interface DecisionsReport {
  readonly segments: number;
  readonly decisions: number;
  readonly erased: number;
  readonly erasures: number;
  /** Decisions that the service could not keep, as it says itself. */
  readonly missed: number;
  /** Segments that end in the middle of a line, as a killed process leaves them. */
  readonly torn: number;
  /** The end of each segment: kept elsewhere, it shows when an end is cut off. */
  readonly heads: readonly { readonly segment: string; readonly entries: number; readonly hash: string }[];
  readonly faults: readonly ChainFault[];
}

/** Throws RESOURCE_DOES_NOT_EXIST where there are no records. Holds one segment in memory at a time. */
export async function verifyDecisions(folder: string): Promise<DecisionsReport> {
  const segments = await existingSegments(folder);
  const { erasures, faults: erasureFaults } = await readErasures(folder);
  const faults: ChainFault[] = [...erasureFaults];
  const known = new Map<string, readonly string[]>();
  let [decisions, erased, missed, torn] = [0, 0, 0, 0];
  for (const segment of segments) {
    const chain = await readSegment(folder, segment);
    faults.push(...chain.faults);
    known.set(segment, chain.hashes);
    const found = keyFaults(chain, await readKeys(folder, segment), erasures);
    faults.push(...found.faults);
    erased += found.erased;
    decisions += chain.decisions.length;
    missed += chain.missed;
    if (chain.isTorn) torn++;
    for (const before of chain.begin?.after ?? []) {
      const hashes = known.get(before.segment);
      const problem =
        hashes === undefined
          ? `names the segment ${before.segment}, which is not here`
          : hashes[before.sequence - 1] === before.hash
            ? undefined
            : `names entry ${before.sequence} of ${before.segment}, which is not there as it was`;
      if (problem !== undefined) faults.push({ where: segment, sequence: 1, problem });
    }
  }
  return {
    ...{ segments: segments.length, decisions, erased, erasures: erasures.length, missed, torn },
    heads: [...known].map(([segment, hashes]) => ({ segment, entries: hashes.length, hash: hashes.at(-1) ?? "" })),
    faults,
  };
}

function keyFaults({ segment, decisions }: SegmentChain, keys: Buffer, erasures: readonly Erasure[]) {
  const faults: ChainFault[] = [];
  let erased = 0;
  for (const { entry } of decisions) {
    const slot = keys.subarray(entry.slot * SLOT_BYTES, (entry.slot + 1) * SLOT_BYTES);
    const isNamed = erasureNaming(erasures, segment, entry.slot) !== undefined;
    const fault = (problem: string) => faults.push({ where: segment, sequence: entry.sequence, problem });
    if (slot.length < SLOT_BYTES || isErased(slot)) {
      if (isNamed) erased++;
      else fault("has lost its key, and no erasure names it");
    } else if (isNamed) fault("is named by an erasure that was interrupted: erase again");
    else if (commitmentOf(keyOf(slot)) !== entry.commitment) fault("has another key than it was sealed with");
  }
  return { faults, erased };
}
