/** Finds decisions by their id, and opens them. */

import { invalid, notFound } from "@esteira/core/errors";
import { z } from "zod";
import type { Prediction } from "../flavors/flavor.ts";
import { fromJson, rowFromJson } from "./cells.ts";
import { type ChainFault, erasureNaming, readErasures, readSegment, type StoredDecision } from "./chain.ts";
import type { Decision, DecisionReason } from "./decision.ts";
import { openPart } from "./entry.ts";
import { commitmentOf, isErased, keyOf, SLOT_BYTES, unseal } from "./sealing.ts";
import { existingSegments, holdsText, readKeys } from "./segments.ts";

/** A decision as it was written, and where it stands. */
export interface OpenedDecision {
  readonly decision: Decision;
  readonly segment: string;
  readonly sequence: number;
}

const reasonWire = z.object({
  feature: z.string(),
  value: z.number().nullable(),
  contribution: z.unknown().transform((value): number => {
    const number = fromJson(value);
    return typeof number === "number" ? number : Number.NaN;
  }),
  text: z.object({ en: z.string(), "pt-BR": z.string() }),
});

const sealedWire = z.object({
  subjects: z.array(z.string()),
  values: z.unknown().transform(rowFromJson),
  params: z.record(z.string(), z.unknown()).optional(),
  prediction: z.unknown(),
  odds_factor: z.number().nullable(),
  reasons: z.array(reasonWire),
});

/**
 * The decisions of an id, the oldest first: a caller may have asked twice. Throws RESOURCE_DOES_NOT_EXIST when there is none,
 * INVALID_STATE when a record was erased or is not as it was written; nothing is told of such a one.
 */
export async function readDecisions(folder: string, id: string): Promise<readonly OpenedDecision[]> {
  const found: OpenedDecision[] = [];
  for (const segment of await existingSegments(folder)) {
    if (!(await holdsText(folder, segment, `"id":${JSON.stringify(id)}`))) continue;
    const chain = await readSegment(folder, segment);
    const named = chain.decisions.filter(({ entry }) => entry.id === id);
    if (named.length === 0) continue;
    const [fault] = chain.faults;
    if (fault !== undefined) throw tampered(id, fault);
    for (const stored of named) found.push(await openDecision(folder, stored));
  }
  if (found.length > 0) return found;
  throw notFound(
    `No decision '${id}' is recorded in '${folder}': give the id that the service answered, to the letter.`,
  );
}

const tampered = (id: string, { where, sequence, problem }: ChainFault) =>
  invalid(`The record of decision '${id}' is not trusted: entry ${sequence} of its segment ${where} ${problem}.`);

async function openDecision(folder: string, stored: StoredDecision): Promise<OpenedDecision> {
  const { segment, entry } = stored;
  const { slot, id, sequence } = entry;
  const opened = openStored(stored, await readKeys(folder, segment));
  if (opened === "erased") {
    const erasure = erasureNaming((await readErasures(folder)).erasures, segment, slot);
    if (erasure === undefined)
      throw invalid(
        `The record of decision '${id}' has lost its key, and no erasure names it: it cannot be read any more.`,
      );
    throw invalid(
      `The personal data of decision '${id}' were erased at ${new Date(erasure.at).toISOString()} by ${erasure.by} (${erasure.reason}).`,
    );
  }
  if (opened === "changed") throw tampered(id, { where: segment, sequence, problem: "is not what was sealed" });
  return { segment, sequence, decision: opened };
}

/** Opens a record with the keys of its segment: `erased` when its key is gone, `changed` when it is not what was sealed. */
export function openStored(stored: StoredDecision, keys: Buffer): Decision | "erased" | "changed" {
  const { entry, shown, line } = stored;
  const kept = keys.subarray(entry.slot * SLOT_BYTES, (entry.slot + 1) * SLOT_BYTES);
  if (kept.length < SLOT_BYTES || isErased(kept)) return "erased";
  const key = keyOf(kept);
  const text =
    commitmentOf(key) === entry.commitment
      ? unseal(key, openPart(line), Buffer.from(entry.sealed, "base64"))
      : undefined;
  const sealed = text === undefined ? undefined : sealedWire.safeParse(JSON.parse(text)).data;
  if (sealed?.values === undefined || sealed.values.length !== shown.columns.length) return "changed";
  return toDecision(stored, sealed, sealed.values);
}

function toDecision(
  { entry, shown }: StoredDecision,
  sealed: z.output<typeof sealedWire>,
  values: ArrayLike<unknown>,
): Decision {
  const reasons: readonly DecisionReason[] = sealed.reasons;
  const { name, version, digest, of, columns, scorer } = shown;
  return {
    ...{ id: entry.id, at: entry.at, eventAt: entry.event_at, subjects: sealed.subjects },
    model: { name, version, digest, of },
    ...(entry.arm === undefined ? {} : { arm: entry.arm }),
    columns,
    values,
    params: sealed.params,
    scorer,
    prediction: fromJson(sealed.prediction) as Prediction,
    oddsFactor: sealed.odds_factor,
    ...{ score: entry.score, threshold: entry.threshold, action: entry.action },
    reasons,
    latencyMs: entry.latency_ms,
  };
}
