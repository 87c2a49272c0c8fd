import type { Readable } from "node:stream";
import type { FileInfo } from "@esteira/core/entities/file-info";
import type { Page } from "@esteira/core/entities/page";
import type { DirectTransfers } from "./direct-transfers.ts";

/** Bytes from `start` to `end`, both included; without `end`, to the end of the file. */
export interface ByteRange {
  readonly start: number;
  readonly end?: number;
}

/** A file as it is now. `etag` (with its quotes) changes whenever the content does. */
export interface ArtifactVersion {
  readonly size: number;
  readonly etag: string;
  readonly modified: Date;
}

export interface OpenArtifact extends ArtifactVersion {
  /** The bytes asked for. Whoever does not read it to its end destroys it. */
  readonly stream: Readable;
}

/** The bytes of an upload as they arrive. */
export type ArtifactSource = AsyncIterable<Uint8Array | string>;

export interface ListOptions {
  /** At most so many entries. */
  readonly limit: number;
  /** What the page before gave. */
  readonly pageToken?: string;
}

/**
 * Files under one root. Paths use "/", are relative to the root and already decoded; a path that could mean anything
 * outside of the root, or that is not written plainly, is INVALID_PARAMETER_VALUE ("Invalid path").
 */
export interface ArtifactStore {
  /** What lies directly in a folder ("" is the root), by name; names are relative to it. Nothing there: an empty list. */
  list(path: string): Promise<readonly FileInfo[]>;
  /** The same in pages, for folders of any size. The order is that of the store. */
  listPage(path: string, options: ListOptions): Promise<Page<FileInfo>>;
  /** A missing file is RESOURCE_DOES_NOT_EXIST; a folder is INVALID_PARAMETER_VALUE. */
  stat(path: string): Promise<ArtifactVersion>;
  /**
   * As `stat`, with the content. `size` is that of the whole file, also with a range; a range that starts behind the end
   * is INVALID_PARAMETER_VALUE.
   */
  open(path: string, range?: ByteRange): Promise<OpenArtifact>;
  /**
   * Replaces the file at once or not at all, and returns when it is kept for good: when the source fails, nothing
   * remains. `size`, where it is known, helps to choose how to send it on.
   */
  write(path: string, source: ArtifactSource, size?: number): Promise<void>;
  /** A file, or a folder with all it holds. What is not there counts as removed. */
  remove(path: string): Promise<void>;
  /** Removes what uploads have left that nobody will finish. */
  sweep(): Promise<void>;
  /** Absent where clients cannot reach what keeps the artifacts. */
  readonly direct?: DirectTransfers;
}

/** A store that clients can reach themselves. */
export interface DirectArtifactStore extends ArtifactStore {
  readonly direct: DirectTransfers;
}
