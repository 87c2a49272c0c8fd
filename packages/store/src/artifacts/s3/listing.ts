import { ListObjectsV2Command, type ListObjectsV2CommandOutput } from "@aws-sdk/client-s3";
import type { FileInfo } from "@esteira/core/entities/file-info";
import type { Page } from "@esteira/core/entities/page";
import { parseArtifactPath } from "../artifact-path.ts";
import type { ListOptions } from "../artifact-store.ts";
import { badToken, readToken, writeToken } from "../page-token.ts";
import type { Bucket } from "./bucket.ts";

/** What S3 gives at most at a time. */
const MAX_KEYS = 1000;

/** Everything in a folder, by name. */
export async function listAll(bucket: Bucket, segments: readonly string[]): Promise<readonly FileInfo[]> {
  const items: FileInfo[] = [];
  let pageToken: string | undefined;
  do {
    const page = await listSome(bucket, segments, {
      limit: MAX_KEYS,
      ...(pageToken === undefined ? {} : { pageToken }),
    });
    items.push(...page.items);
    pageToken = page.nextPageToken;
  } while (pageToken !== undefined);
  return items.sort((a, b) => (a.path < b.path ? -1 : 1));
}

export async function listSome(
  bucket: Bucket,
  segments: readonly string[],
  { limit, pageToken }: ListOptions,
): Promise<Page<FileInfo>> {
  const prefix = bucket.prefixOf(segments);
  const page = await bucket.client
    .send(
      new ListObjectsV2Command({
        ...bucket.target,
        Prefix: prefix,
        Delimiter: "/",
        MaxKeys: Math.min(limit, MAX_KEYS),
        ContinuationToken: pageToken === undefined ? undefined : readToken(pageToken),
      }),
    )
    .catch((error: unknown) => {
      if (pageToken !== undefined && error instanceof Error && error.name === "InvalidArgument") {
        throw badToken();
      }
      throw error;
    });
  const next = page.IsTruncated ? page.NextContinuationToken : undefined;
  return { items: entriesOf(page, prefix), ...(next === undefined ? {} : { nextPageToken: writeToken(next) }) };
}

function entriesOf(page: ListObjectsV2CommandOutput, prefix: string): FileInfo[] {
  const folders = (page.CommonPrefixes ?? []).map(({ Prefix = "" }) => Prefix.slice(prefix.length, -1));
  const files = (page.Contents ?? []).map(({ Key = "", Size = 0 }) => ({ name: Key.slice(prefix.length), size: Size }));
  return [
    ...folders.filter(isName).map((path): FileInfo => ({ path, isDir: true })),
    ...files
      .filter(({ name }) => isName(name))
      .map(({ name, size }): FileInfo => ({ path: name, isDir: false, fileSize: size })),
  ];
}

/** Other programs may put anything into a bucket: marks for folders, names that are no names. */
function isName(name: string): boolean {
  try {
    return parseArtifactPath(name).length === 1;
  } catch {
    return false;
  }
}

/** True if any file lies below a key as below a folder. */
export async function isFolder(bucket: Bucket, key: string): Promise<boolean> {
  const page = await bucket.client.send(new ListObjectsV2Command({ ...bucket.target, Prefix: `${key}/`, MaxKeys: 2 }));
  return (page.Contents ?? []).some((found) => found.Key !== `${key}/`);
}
