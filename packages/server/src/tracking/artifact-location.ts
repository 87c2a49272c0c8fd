import { isAbsolute, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { invalid } from "@esteira/core/errors";
import { checkNamesNoHost } from "../http/host-addressed.ts";
import { hasParentStep } from "../http/unsafe-path.ts";

const REMOTE_SCHEMES = new Set(["s3", "gs", "wasb", "wasbs", "abfs", "dbfs", "oci"]);
const MAX_LENGTH = 2048;
const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

export interface LocationRules {
  /** Folders of this machine that a location may name. */
  readonly localArtifactRoots: readonly string[];
  /** Schemes that may name a host. */
  readonly allowedHostSchemes: readonly string[];
}

/**
 * Refuses a location of an experiment's artifacts that could lead the server, or a client on the server's machine, to
 * files that were never meant: steps to a parent folder, queries and fragments, unknown schemes, and local folders
 * outside the roots that the operator has named.
 */
export function checkArtifactLocation(
  location: string,
  { localArtifactRoots, allowedHostSchemes }: LocationRules,
): void {
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
  checkNamesNoHost(location, "artifact_location", allowedHostSchemes);
  const scheme = SCHEME.exec(location)?.[1]?.toLowerCase();
  if (scheme !== undefined && allowedHostSchemes.includes(scheme)) return;
  if (scheme === "mlflow-artifacts" || (scheme !== undefined && REMOTE_SCHEMES.has(scheme))) return;
  if (scheme === undefined || scheme === "file") {
    if (isInside(localPath(location), localArtifactRoots)) return;
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
