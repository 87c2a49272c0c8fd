import { z } from "zod";
import { ACTIONS, ORIGINS } from "../timeline/entry.ts";

/** Parts of a model's state; see `TimelineEntry`. */
const patch = z.record(z.string(), z.json()).nullable();

/** An entry of the timeline, as its canonical JSON holds it. */
export const timelineEntryWire = z.object({
  format: z.literal(1),
  sequence: z.int().positive(),
  at: z.int(),
  behind: z.int().positive().exactOptional(),
  actor: z.object({
    name: z.string(),
    origin: z.enum(ORIGINS),
    token: z.string().exactOptional(),
    issuer: z.string().exactOptional(),
  }),
  action: z.enum(ACTIONS),
  subject: z.object({
    model: z.string(),
    version: z.int().exactOptional(),
    alias: z.string().exactOptional(),
    tag: z.string().exactOptional(),
  }),
  before: patch,
  after: patch,
  evidence: z.string().exactOptional(),
  reason: z.string().exactOptional(),
  previous: z.string().regex(/^[0-9a-f]{64}$/),
});

const hash = z.string().regex(/^[0-9a-f]{64}$/);
const base64 = z.base64().min(1);

/** What a key has signed: the first `size` entries have this Merkle root, and `head` is the hash of the last of them. */
export const checkpointWire = z.object({
  kind: z.literal("checkpoint"),
  format: z.literal(1),
  at: z.int(),
  size: z.int().nonnegative(),
  head: hash,
  root: hash,
  /** The roots of the full subtrees, from which the tree goes on growing. */
  peaks: z.array(hash),
  /** The fingerprint of the key that signed it. */
  key: hash,
  signature: base64,
});

/** A key that signs from here on, vouched for by the one before it; the first one by itself. */
const keyWire = z.object({
  kind: z.literal("key"),
  format: z.literal(1),
  at: z.int(),
  /** DER of a SubjectPublicKeyInfo, in base64. */
  public: base64,
  key: hash,
  signature: base64,
});

export const sealWire = z.discriminatedUnion("kind", [checkpointWire, keyWire]);
export type Checkpoint = z.output<typeof checkpointWire>;
export type KeyRecord = z.output<typeof keyWire>;
/** A line of the file of checkpoints. */
export type Seal = z.output<typeof sealWire>;

/** What the registry, or the chain, holds otherwise than the other; see `OutsideChange`. */
export const outsideChangeWire = z.object({ after: z.int(), model: z.string(), chain: patch, found: patch });

/** Which versions an alias or a stage stood for, and the entry that made it so. */
export const standingWire = z.object({
  versions: z.array(z.int()),
  since: timelineEntryWire.exactOptional(),
  is_uncertain: z.boolean(),
});

export const inclusionProofWire = z.object({
  sequence: z.int(),
  size: z.int(),
  entry: z.string(),
  hash: z.string(),
  path: z.array(z.string()),
  root: z.string(),
});
