/** One entry of an artifact listing. Paths use "/" and are relative to the root that was listed. */
export interface FileInfo {
  readonly path: string;
  readonly isDir: boolean;
  /** Bytes; absent for folders. */
  readonly fileSize?: number;
}
