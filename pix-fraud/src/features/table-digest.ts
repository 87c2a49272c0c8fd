import { createHash } from "node:crypto";
import { catalogueDigest } from "./describe.ts";
import type { FeatureTable } from "./offline.ts";

/** A hash takes at most 2 GiB at once. */
const CHUNK_BYTES = 1 << 28;

/** SHA-256, hexadecimal, of a feature table: the meaning of its columns, its range of rows, and every value to the bit. */
export function tableDigest({ features, firstRow, rows, values }: FeatureTable): string {
  const hash = createHash("sha256").update(JSON.stringify([catalogueDigest(features), firstRow, rows]));
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  for (let at = 0; at < bytes.length; at += CHUNK_BYTES) hash.update(bytes.subarray(at, at + CHUNK_BYTES));
  return hash.digest("hex");
}
