import type { Readable } from "node:stream";
import type { FileInfo } from "@esteira/core/entities/file-info";

/** Bytes from `start` to `end`, both included; without `end`, to the end of the file. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/**
 * Files under one root. Paths use "/", are relative to the root and already decoded; a path that could mean anything
 * outside of the root, or that is not written plainly, is INVALID_PARAMETER_VALUE ("Invalid path").
 */
export interface ArtifactStore {
  /** What lies directly in a folder ("" is the root), by name; names are relative to it. Nothing there: an empty list. */
  list(path: string): Promise<readonly FileInfo[]>;
  /**
   * `size` is that of the whole file, also with a range. A missing file is RESOURCE_DOES_NOT_EXIST; a folder, and a
   * range that starts behind the end, are INVALID_PARAMETER_VALUE.
   */
  open(path: string, range?: ByteRange): Promise<{ stream: Readable; size: number }>;
  /** Replaces the file at once or not at all: when the source fails, nothing remains of it. */
  write(path: string, source: Readable): Promise<void>;
  /** A file, or a folder with all it holds. What is not there counts as removed. */
  remove(path: string): Promise<void>;
}
