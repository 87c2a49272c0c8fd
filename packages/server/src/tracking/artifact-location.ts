import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "@esteira/core/errors";
import { hasParentStep } from "../http/unsafe-path.ts";

const REMOTE_SCHEMES = new Set([
  "s3",
  "gs",
  "wasb",
  "wasbs",
  "abfs",
  "abfss",
  "dbfs",
  "hdfs",
  "viewfs",
  "oci",
  "r2",
  "b2",
]);
const MAX_LENGTH = 2048;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/**
 * Refuses a location of an experiment's artifacts that could lead the server, or a client on the server's machine, to
 * files that were never meant: steps to a parent folder, queries and fragments, unknown schemes, and local folders
 * outside the roots that the operator has named.
 */
export function checkArtifactLocation(location: string, localRoots: readonly string[]): void {
  if (location.length > MAX_LENGTH) {
    throw invalid(
      `Invalid artifact path length. The length of the artifact path cannot be greater than ${MAX_LENGTH}.`,
    );
  }
  if (/[#;]/.test(location)) throw invalid("'artifact_location' URL can't include fragments or params.");
  if (location.includes("?")) throw invalid("'artifact_location' URL can't include a query.");
  if (hasParentStep(location)) {
    throw invalid(`Invalid 'artifact_location' '${location}': it must not step to a parent folder ('..').`);
  }
  const scheme = SCHEME.exec(location)?.[1]?.toLowerCase();
  if (scheme === "mlflow-artifacts" || (scheme !== undefined && REMOTE_SCHEMES.has(scheme))) return;
  if (scheme === undefined || scheme === "file") {
    if (isInside(localPath(location), localRoots)) return;
    throw invalid(
      `Invalid 'artifact_location' '${location}': this server does not allow local folders here. Leave it out, or use a URI such as mlflow-artifacts:/path or s3://bucket/path.`,
    );
  }
  throw invalid(
    `Invalid 'artifact_location' '${location}': the scheme '${scheme}' is not supported. Use mlflow-artifacts:/path or the URI of an object store.`,
  );
}

function localPath(location: string): string | undefined {
  if (!/^file:/i.test(location)) return resolve(location);
  try {
    return fileURLToPath(location);
  } catch {
    return undefined;
  }
}

function isInside(path: string | undefined, roots: readonly string[]): boolean {
  if (path === undefined) return false;
  return roots.some((root) => {
    const way = relative(resolve(root), path);
    return !isAbsolute(way) && way.split(/[\\/]/)[0] !== "..";
  });
}
