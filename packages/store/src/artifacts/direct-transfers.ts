/** A request that a client sends by itself to what keeps the artifacts: the address is signed and expires. */
export interface SignedRequest {
  readonly url: string;
  /** The client must send these; others are free. */
  readonly headers: Readonly<Record<string, string>>;
}

export interface UploadedPart {
  readonly partNumber: number;
  readonly etag: string;
}

/** Transfers between a client and the store itself, which the server only signs. Paths as in `ArtifactStore`. */
export interface DirectTransfers {
  signDownload(path: string, expiresInSeconds: number): Promise<SignedRequest & { readonly size: number }>;
  signUpload(path: string, contentType: string, expiresInSeconds: number): Promise<SignedRequest>;
  /** Begins an upload in parts; part number n goes to the n-th request, counted from 1. */
  createUpload(
    path: string,
    parts: number,
  ): Promise<{ readonly uploadId: string; readonly parts: readonly SignedRequest[] }>;
  /** The file appears as a whole. An unknown upload is RESOURCE_DOES_NOT_EXIST. */
  completeUpload(path: string, uploadId: string, parts: readonly UploadedPart[]): Promise<void>;
  abortUpload(path: string, uploadId: string): Promise<void>;
}
