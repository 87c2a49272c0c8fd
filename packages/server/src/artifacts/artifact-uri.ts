import { invalid } from "@esteira/core/errors";
import { hasParentStep } from "../http/unsafe-path.ts";

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;
/** What common file systems allow for one name. */
const MAX_SEGMENT_BYTES = 255;
const PROXY_ROUTE = ["api", "2.0", "mlflow-artifacts", "artifacts"];

/** The scheme of a URI in lower case; undefined for a plain path. */
export const schemeOf = (uri: string): string | undefined => SCHEME.exec(uri)?.[1]?.toLowerCase();

interface Parts {
  readonly scheme: string;
  readonly authority: string;
  readonly segments: readonly string[];
}

function parts(uri: string): Parts {
  const match = /^([a-z][a-z0-9+.-]*):(?:\/\/([^/]*))?(.*)$/i.exec(uri);
  const segments = (match?.[3] ?? uri).split("/").filter((segment) => segment !== "");
  return { scheme: (match?.[1] ?? "").toLowerCase(), authority: (match?.[2] ?? "").toLowerCase(), segments };
}

/** Says whether a server like this one would serve the URI through its own artifact routes. */
export function isProxiedUri(uri: string): boolean {
  const { scheme, segments } = parts(uri);
  if (scheme === "mlflow-artifacts") return true;
  return (scheme === "http" || scheme === "https") && proxyRouteEnd(segments) !== undefined;
}

function proxyRouteEnd(segments: readonly string[]): number | undefined {
  for (let start = 0; start + PROXY_ROUTE.length <= segments.length; start += 1) {
    if (PROXY_ROUTE.every((part, index) => segments[start + index] === part)) return start + PROXY_ROUTE.length;
  }
  return undefined;
}

/** Segment by segment, so that `…/artifacts-evil` is not inside `…/artifacts`. */
export function isInsideRoot(uri: string, root: string): boolean {
  const inner = parts(uri);
  const outer = parts(root);
  return (
    inner.scheme === outer.scheme &&
    inner.authority === outer.authority &&
    outer.segments.length > 0 &&
    outer.segments.every((segment, index) => inner.segments[index] === segment)
  );
}

/**
 * The path below the server's artifact root that an artifact URI means: `mlflow-artifacts:/1/<run>/artifacts` gives
 * `1/<run>/artifacts`. Other locations are not this server's to read.
 */
export function proxiedPath(uri: string): string {
  const { scheme, segments } = parts(uri);
  if (scheme === "mlflow-artifacts") return segments.join("/");
  const end = scheme === "http" || scheme === "https" ? proxyRouteEnd(segments) : undefined;
  if (end !== undefined) return segments.slice(end).join("/");
  throw invalid(
    `The artifacts are at '${uri}', which this server does not serve: it reads and writes mlflow-artifacts locations only. Use a client with access to that location.`,
  );
}

/** Joins a folder and a path inside it; either may be empty. What is safe to join is `checkInnerPath`'s to say. */
export const joinPath = (folder: string, path: string): string =>
  [folder, path].filter((part) => part !== "").join("/");

/**
 * Refuses a path that must stay inside some folder and might not: absolute, with "..", backslashes, control characters,
 * a fragment, a scheme, or percent signs that decode to any of these. The artifact store checks again, on real paths.
 */
export function checkInnerPath(path: string): string {
  const isAbsolute = path.startsWith("/") || /^(file:|[a-z][a-z0-9+.-]*:\/)/i.test(path);
  const hasOddSegment = path
    .split("/")
    .some((segment) => segment === "." || Buffer.byteLength(segment) > MAX_SEGMENT_BYTES);
  if (isAbsolute || hasOddSegment || /[\\#]|%(2e|2f|5c|25|00|23)/i.test(path) || hasParentStep(path)) {
    throw invalid("Invalid path");
  }
  return path;
}
