/** Destroys the keys of records: what they hold of persons is gone, wherever copies of it lie, and the chain verifies as before. */

import { open } from "node:fs/promises";
import { join } from "node:path";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { ERASURES, type Erasure, readErasures, readSegment } from "./chain.ts";
import { lockFolder } from "./process-lock.ts";
import { isAbout, isErased, pseudonym, SLOT_BYTES } from "./sealing.ts";
import { existingFolderKey, existingSegments, keysFile, readKeys } from "./segments.ts";

/** Whose records: of a subject, of an id, or all that were decided before an instant (milliseconds since the epoch). */
export type ErasureOrder =
  | { readonly of: "subject"; readonly subject: string }
  | { readonly of: "id"; readonly id: string }
  | { readonly of: "age"; readonly before: number };

export interface ErasureContext {
  readonly folder: string;
  readonly by: string;
  readonly reason: string;
  readonly now: number;
}

const LOCK = "erasures.lock";

/**
 * Enters the erasure first, then overwrites the keys: one that was interrupted is ended by asking again. Answers how many
 * records had a key until now. Throws RESOURCE_DOES_NOT_EXIST when an id or a subject has no record that still has one.
 */
export async function eraseDecisions(order: ErasureOrder, context: ErasureContext): Promise<number> {
  const { folder } = context;
  if (context.reason.trim() === "") throw invalid("An erasure needs its reason: who asked for it, or which rule.");
  const segments = await existingSegments(folder);
  const release = await lockFolder(folder, LOCK, "erasing");
  try {
    const slots: Record<string, number[]> = {};
    for (const segment of segments) {
      const found = await slotsOf(order, folder, segment);
      if (found.length > 0) slots[segment] = found;
    }
    const records = Object.values(slots).reduce((sum, found) => sum + found.length, 0);
    if (records === 0) {
      if (order.of === "age") return 0;
      const whose = order.of === "id" ? `decision '${order.id}'` : "this subject";
      throw notFound(`There is nothing to erase of ${whose} in '${folder}': no record of it still has its key.`);
    }
    await enter(order, records, slots, context);
    for (const [segment, found] of Object.entries(slots)) await overwrite(keysFile(folder, segment), found);
    return records;
  } finally {
    await release();
  }
}

/** Slots that still have their key. */
async function slotsOf(order: ErasureOrder, folder: string, segment: string): Promise<number[]> {
  const keys = await readKeys(folder, segment);
  const slotAt = (slot: number) => keys.subarray(slot * SLOT_BYTES, (slot + 1) * SLOT_BYTES);
  const isKept = (slot: number) => slotAt(slot).length === SLOT_BYTES && !isErased(slotAt(slot));
  if (order.of === "subject") {
    const tag = pseudonym(await existingFolderKey(folder), order.subject);
    return Array.from({ length: Math.floor(keys.length / SLOT_BYTES) }, (_, slot) => slot).filter(
      (slot) => isKept(slot) && isAbout(slotAt(slot), tag),
    );
  }
  const { decisions } = await readSegment(folder, segment);
  return decisions
    .filter(({ entry }) => (order.of === "id" ? entry.id === order.id : entry.at < order.before))
    .map(({ entry }) => entry.slot)
    .filter(isKept);
}

async function enter(
  order: ErasureOrder,
  records: number,
  slots: Readonly<Record<string, readonly number[]>>,
  { folder, by, reason, now }: ErasureContext,
): Promise<void> {
  const { erasures, head, faults } = await readErasures(folder);
  const [fault] = faults;
  if (fault !== undefined)
    throw new EsteiraError(
      "INVALID_STATE",
      `Nothing was erased: entry ${fault.sequence} of ${ERASURES} ${fault.problem}; restore it from a backup first.`,
    );
  const entry: Erasure = {
    ...{ kind: "erasure", format: 1, sequence: erasures.length + 1, at: now, by, reason, of: order.of, records },
    slots: Object.fromEntries(Object.entries(slots).map(([segment, found]) => [segment, stretches(found)])),
    previous: head,
  };
  const handle = await open(join(folder, ERASURES), "a", 0o600);
  try {
    await handle.appendFile(`${JSON.stringify(entry)}\n`);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Ascending numbers as first and last of each stretch. */
function stretches(slots: readonly number[]): [number, number][] {
  const found: [number, number][] = [];
  for (const slot of slots) {
    const last = found.at(-1);
    if (last !== undefined && slot === last[1] + 1) last[1] = slot;
    else found.push([slot, slot]);
  }
  return found;
}

async function overwrite(path: string, slots: readonly number[]): Promise<void> {
  const handle = await open(path, "r+");
  try {
    for (const [from, to] of stretches(slots)) {
      const zeros = Buffer.alloc((to - from + 1) * SLOT_BYTES);
      await handle.write(zeros, 0, zeros.length, from * SLOT_BYTES);
    }
    await handle.sync();
  } finally {
    await handle.close();
  }
}
