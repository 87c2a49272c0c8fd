import type { IncomingHttpHeaders } from "node:http";
import type { ArtifactVersion } from "@esteira/store/artifacts/artifact-store";

/** What a conditional request (RFC 9110) gets of a file: all of it, a part, or nothing. */
export type Verdict =
  | { readonly status: 200 | 304 | 412 | 416 }
  | { readonly status: 206; readonly start: number; readonly end: number };

const CONDITIONAL = ["range", "if-match", "if-none-match", "if-modified-since", "if-unmodified-since"] as const;

/** True when the file has to be looked at before it is known what to send. */
export const isConditional = (headers: IncomingHttpHeaders): boolean =>
  CONDITIONAL.some((name) => headers[name] !== undefined);

export function decide(headers: IncomingHttpHeaders, file: ArtifactVersion): Verdict {
  const ifMatch = headers["if-match"];
  const ifNoneMatch = headers["if-none-match"];
  if (ifMatch !== undefined ? !matches(ifMatch, file, false) : isAfter(file, headers["if-unmodified-since"])) {
    return { status: 412 };
  }
  const isKnown =
    ifNoneMatch !== undefined ? matches(ifNoneMatch, file, true) : isNotAfter(file, headers["if-modified-since"]);
  if (isKnown) return { status: 304 };
  const range = isStillValid(headers["if-range"], file) ? parseRange(headers.range, file.size) : undefined;
  if (range === undefined) return { status: 200 };
  return range === "unsatisfiable" ? { status: 416 } : { status: 206, ...range };
}

function matches(list: string, { etag }: ArtifactVersion, weakly: boolean): boolean {
  if (list.trim() === "*") return true;
  const tags = list.split(",").map((tag) => tag.trim());
  return tags.some((tag) => tag === etag || (weakly && tag === `W/${etag}`));
}

/** HTTP dates have no fractions of a second. */
const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);

function isAfter(file: ArtifactVersion, date: string | undefined): boolean {
  const limit = Date.parse(date ?? "");
  return !Number.isNaN(limit) && seconds(file.modified) > seconds(new Date(limit));
}

const isNotAfter = (file: ArtifactVersion, date: string | undefined): boolean =>
  !Number.isNaN(Date.parse(date ?? "")) && !isAfter(file, date);

/** A download that goes on where it broke off must not mix two versions of a file. A date is too coarse to tell. */
const isStillValid = (ifRange: string | string[] | undefined, file: ArtifactVersion): boolean =>
  ifRange === undefined || ifRange === file.etag;

interface Part {
  readonly start: number;
  readonly end: number;
}

/**
 * Reads `bytes=a-b`, `bytes=a-` and `bytes=-n` for a file of `size` bytes. Several ranges at once and other units are
 * answered with the whole file, as HTTP allows (undefined).
 */
export function parseRange(header: string | undefined, size: number): Part | "unsatisfiable" | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec((header ?? "").replaceAll(" ", ""));
  if (match === null || (match[1] === "" && match[2] === "")) return undefined;
  const [first, last] = [match[1] ?? "", match[2] ?? ""];
  if (first === "") {
    const count = Math.min(Number(last), size);
    return count === 0 ? "unsatisfiable" : { start: size - count, end: size - 1 };
  }
  const start = Number(first);
  const end = last === "" ? size - 1 : Math.min(Number(last), size - 1);
  if (last !== "" && Number(last) < start) return undefined;
  return start >= size ? "unsatisfiable" : { start, end };
}
