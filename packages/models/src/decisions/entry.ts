/** The lines of a segment: what is in the open, and chained. */

import { hash as hashOf } from "node:crypto";
import { z } from "zod";
import { DECISION_ARMS } from "./decision.ts";

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const placed = { sequence: z.int().positive(), at: z.int(), previous: hash };

/** What the first line of a segment names as the one before it. */
export const NO_HASH = "0".repeat(64);

/** The first line: the ends of the segments that no other names, so that none but the last of a writer can go unseen. */
const beginEntry = z.object({
  kind: z.literal("begin"),
  format: z.literal(1),
  writer: z.string(),
  after: z.array(z.object({ segment: z.string(), sequence: z.int(), hash })),
  ...placed,
});

/** A model from here on, and what it is shown. */
const modelEntry = z.object({
  kind: z.literal("model"),
  name: z.string(),
  version: z.string(),
  digest: z.string(),
  of: z.enum(["model.ubj", "folder"]),
  scorer: z.enum(["row", "table"]),
  columns: z.array(z.object({ name: z.string(), type: z.enum(["f32", "f64", "any"]) })),
  ...placed,
});

/** One decision. What is personal is in `sealed`, under a key of its own in slot `slot` of the segment's file of keys. */
const decisionEntry = z.object({
  kind: z.literal("decision"),
  id: z.string(),
  event_at: z.number().nullable(),
  model: z.object({ name: z.string(), version: z.string(), digest: z.string() }),
  /** Absent where requests are not split. */
  arm: z.enum(DECISION_ARMS).optional(),
  score: z.number().nullable(),
  threshold: z.number().nullable(),
  action: z.string().nullable(),
  latency_ms: z.number().nullable(),
  slot: z.int().nonnegative(),
  /** SHA-256 of the key: no other key opens this record. */
  commitment: hash,
  ...placed,
  sealed: z.base64(),
});

/** So many decisions were lost because the disk was full, failed or too slow. */
const gapEntry = z.object({ kind: z.literal("gap"), missed: z.int().positive(), ...placed });

const entryWire = z.discriminatedUnion("kind", [beginEntry, modelEntry, decisionEntry, gapEntry]);
export type Entry = z.output<typeof entryWire>;
export type BeginEntry = z.output<typeof beginEntry>;
export type ModelEntry = z.output<typeof modelEntry>;
export type DecisionEntry = z.output<typeof decisionEntry>;

/** The entry that a line holds; undefined when it is none. */
export function parseEntry(line: string): Entry | undefined {
  try {
    return entryWire.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** By which the next line names this one. */
export const lineHash = (line: string | Uint8Array): string => hashOf("sha256", line);

const SEALED = ',"sealed":"';

/** A line of what is in the open and what is sealed. */
export const withSealed = (open: string, sealed: Buffer): string =>
  `${open.slice(0, -1)}${SEALED}${sealed.toString("base64")}"}`;

/** The open part of a decision's line, to which its seal is bound. */
export function openPart(line: string): string {
  const at = line.lastIndexOf(SEALED);
  return at < 0 ? line : `${line.slice(0, at)}}`;
}
