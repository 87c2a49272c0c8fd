/**
 * What a local deployment keeps on the disk:
 *
 *     NAME/deployment.json      what is wanted; written by the target
 *     NAME/ATTEMPT/orders.json  what the process of this attempt is to serve; written by the target
 *     NAME/ATTEMPT/report.json  what it serves; written by the process
 *     NAME/ATTEMPT/log.txt      what it says
 *
 * An attempt's folder is named on the command line of its process, and nowhere else: so the process is found again, whoever
 * started it. Files are replaced by a rename, and so are whole or absent.
 */

import { randomUUID } from "node:crypto";
import { open, readFile, rename } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { wantedWire } from "../wanted.ts";

export const stateWire = z.object({
  format: z.literal(1),
  wanted: wantedWire,
  former: wantedWire.optional(),
  generation: z.int(),
  /** See `ApplyOptions`. */
  order: z.int(),
  /** The port that it keeps; absent until it has one. */
  port: z.int().optional(),
  attempt: z.string(),
  startedAt: z.int(),
  restarts: z.int(),
});
export type LocalState = z.output<typeof stateWire>;

export const ordersWire = z.object({ generation: z.int(), wanted: wantedWire });
export type Orders = z.output<typeof ordersWire>;

export const reportWire = z.object({
  pid: z.int(),
  url: z.string(),
  /** The orders that it follows. */
  generation: z.int(),
  /** Orders that it could not follow, and why. */
  refused: z.object({ generation: z.int(), problem: z.string() }).optional(),
});
export type Report = z.output<typeof reportWire>;

export const STATE = "deployment.json";
export const ORDERS = "orders.json";
export const REPORT = "report.json";
export const LOG = "log.txt";

/** Undefined when the file is absent, or not of this schema. */
export async function readJson<T>(schema: z.ZodType<T>, ...path: readonly string[]): Promise<T | undefined> {
  try {
    return schema.safeParse(JSON.parse(await readFile(join(...path), "utf8"))).data;
  } catch {
    return undefined;
  }
}

/** On the disk when it resolves, and never in half. */
export async function writeJson(value: object, ...path: readonly string[]): Promise<void> {
  const file = join(...path);
  const fresh = `${file}.${randomUUID()}`;
  const handle = await open(fresh, "wx", 0o600);
  try {
    await handle.writeFile(JSON.stringify(value));
    await handle.sync();
  } finally {
    await handle.close();
  }
  await rename(fresh, file);
}
