/** How far the transfer of one file is. */
export interface TransferProgress {
  /** The artifact's path, relative to what was asked for. */
  readonly path: string;
  /** Bytes that have gone. Less than before when a part or a download had to begin again. */
  readonly bytes: number;
  /** Bytes of the whole file; undefined while the server has not said. */
  readonly size: number | undefined;
}

export interface TransferOptions {
  readonly onProgress?: (progress: TransferProgress) => void;
  readonly signal?: AbortSignal;
  /** Files, and parts of one file, that go at the same time. Default 4. */
  readonly concurrency?: number;
  /** From this size on a file goes in parts, where the server offers that. Default 500 MB, as MLflow's client. */
  readonly partsFrom?: number;
  /** Bytes of one part. Default 10 MiB; more for files that would have over 10,000 parts. */
  readonly partBytes?: number;
  /** How long no byte may come or go before a transfer counts as broken, in milliseconds. Default 60 s. */
  readonly stallMs?: number;
  /** Attempts of a download in a row that bring no byte. Default 5. */
  readonly attempts?: number;
}

export const CONCURRENCY = 4;
export const PARTS_FROM = 500 * 1000 * 1000;
export const PART_BYTES = 10 * 1024 * 1024;
export const STALL_MS = 60_000;
export const ATTEMPTS = 5;
