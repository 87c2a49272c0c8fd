import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Where the suite's S3 server keeps its buckets, a folder each; undefined when there is no server. */
export const s3Home = process.env.ESTEIRA_TEST_S3;

export interface TestBucket {
  readonly name: string;
  /** Its objects as files. */
  readonly folder: string;
  remove(): Promise<void>;
}

export async function newBucket(): Promise<TestBucket> {
  const name = `esteira-${randomUUID().slice(0, 18)}`;
  const folder = join(s3Home ?? "", name);
  await mkdir(folder);
  return { name, folder, remove: () => rm(folder, { recursive: true, force: true }) };
}
