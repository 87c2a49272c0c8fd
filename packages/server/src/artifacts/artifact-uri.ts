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

/** Segment by segment, so that `…/artifacts-evil` is not inside `…/artifacts`. A root is never a whole store. */
export const isInsideRoot = (uri: string, root: string): boolean =>
  parts(root).segments.length > 0 && pathInside(uri, root) !== undefined;

/** The part of a URI below a root of the same scheme and host; undefined outside of it. */
export function pathInside(uri: string, root: string): string | undefined {
  const inner = parts(uri);
  const outer = parts(root);
  const isBelow =
    inner.scheme === outer.scheme &&
    inner.authority === outer.authority &&
    outer.segments.every((segment, index) => inner.segments[index] === segment);
  return isBelow ? inner.segments.slice(outer.segments.length).join("/") : undefined;
}

/**
 * The path below the server's artifact root that a proxied URI means: `mlflow-artifacts:/1/<run>/artifacts` gives
 * `1/<run>/artifacts`. The host in it is this server, by whatever name its clients know it.
 */
export function proxiedPath(uri: string): string {
  const { scheme, segments } = parts(uri);
  return segments.slice(scheme === "mlflow-artifacts" ? 0 : proxyRouteEnd(segments)).join("/");
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
