import { invalid } from "@esteira/core/errors";

const MAX_SEGMENT_BYTES = 255;
const MAX_PATH_BYTES = 4096;
/** `file:x`, `s3:/x`, `c:`: another root than ours. */
const ROOTED = /^(file:|[a-z]:|[a-z][a-z0-9+.-]*:\/)/i;

/** Folder of unfinished uploads, at the root; no path leads into it. */
export const UPLOADS = ".esteira-uploads";

/** How MLflow's client and server name uploads under way, beside the file that they become. */
const UNDER_WAY = ".artifact.uploading.";

/** A folder that MLflow writes to as well may hold its uploads under way; they are no artifacts yet. */
export const isUnderWay = (name: string): boolean => name.startsWith(UNDER_WAY);

/**
 * The segments of a path that a client sent, decoded once. This is the only place that decides which text may become
 * a path: it refuses what is not plain instead of cleaning it.
 */
export function parseArtifactPath(path: string): readonly string[] {
  if (!isPlain(path)) throw invalid("Invalid path");
  const segments = path.split("/");
  if (segments.some((segment) => !isName(segment)) || segments[0] === UPLOADS) throw invalid("Invalid path");
  return segments;
}

/** As `parseArtifactPath`, for a file that is to be written. */
export function parseNewPath(path: string): readonly string[] {
  const segments = parseArtifactPath(path);
  if (!isUnderWay(segments.at(-1) ?? "")) return segments;
  throw invalid(`Invalid artifact file name: '${path}'. Artifact names starting with '${UNDER_WAY}' are reserved.`);
}

/** As `parseArtifactPath`, where "" is the root itself and one slash may end the path. */
export const parseFolderPath = (path: string): readonly string[] =>
  path === "" ? [] : parseArtifactPath(path.endsWith("/") ? path.slice(0, -1) : path);

function isPlain(path: string): boolean {
  if (Buffer.byteLength(path) > MAX_PATH_BYTES || ROOTED.test(path)) return false;
  for (const char of path) {
    const code = char.codePointAt(0) ?? 0;
    if (code < 0x20 || code === 0x7f || char === "\\" || char === "?" || char === "#") return false;
    // Half of a surrogate pair has no name on the disk.
    if (code >= 0xd800 && code <= 0xdfff) return false;
  }
  return !isStillEncoded(path);
}

/** A text that a second decoding would change could mean two paths. */
function isStillEncoded(path: string): boolean {
  if (!path.includes("%")) return false;
  try {
    return decodeURIComponent(path) !== path;
  } catch {
    return /%[0-9a-f]{2}/i.test(path);
  }
}

const isName = (segment: string): boolean =>
  segment !== "" && segment !== "." && segment !== ".." && Buffer.byteLength(segment) <= MAX_SEGMENT_BYTES;
