import { HeadObjectCommand } from "@aws-sdk/client-s3";
import { invalid } from "@esteira/core/errors";
import { parseNewPath } from "../artifact-path.ts";
import type { Bucket } from "./bucket.ts";
import { isMissing } from "./errors.ts";
import { isFolder } from "./listing.ts";

const MAX_KNOWN = 10_000;

/**
 * S3 takes a file `a` beside a file `a/b`, and whoever downloads both cannot keep them. A name is free when no file lies
 * below it and none of its folders is a file. What was no file before is not asked again: the many files of a model go
 * into few folders.
 */
export function freeNames(bucket: Bucket): (path: string) => Promise<void> {
  const known = new Set<string>();
  const isFile = async (path: string) => {
    if (known.has(path)) return false;
    try {
      await bucket.client.send(new HeadObjectCommand({ ...bucket.target, Key: bucket.keyOf(path) }));
      return true;
    } catch (error) {
      if (!isMissing(error)) throw error;
      if (known.size >= MAX_KNOWN) known.clear();
      known.add(path);
      return false;
    }
  };
  return async (path) => {
    const segments = parseNewPath(path);
    const folders = segments.slice(1).map((_, index) => segments.slice(0, index + 1).join("/"));
    const taken = await Promise.all([isFolder(bucket, bucket.keyOf(path)), ...folders.map(isFile)]);
    if (!taken.includes(true)) return;
    throw invalid(`Artifact path '${path}' cannot be written: a file or a folder is in its way.`);
  };
}
