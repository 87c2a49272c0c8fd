import type { FileHandle } from "node:fs/promises";
import type { ArtifactSource } from "./artifact-store.ts";

/** Chunks come in the size of network packets; the disk takes them together. */
const BLOCK_BYTES = 1 << 20;

/** Writes a source to a file from its start. The next block is gathered while one is written, and never a third. */
export async function receive(source: ArtifactSource, file: FileHandle): Promise<void> {
  let block: Uint8Array[] = [];
  let bytes = 0;
  let position = 0;
  let writing = Promise.resolve();
  const flush = async () => {
    await writing;
    writing = writeBlock(file, block, bytes, position);
    // Its failure is told where it is awaited, which may be some chunks later.
    writing.catch(() => undefined);
    position += bytes;
    block = [];
    bytes = 0;
  };
  for await (const chunk of source) {
    const data = typeof chunk === "string" ? Buffer.from(chunk) : chunk;
    block.push(data);
    bytes += data.byteLength;
    if (bytes >= BLOCK_BYTES) await flush();
  }
  if (bytes > 0) await flush();
  await writing;
}

/** A disk that is nearly full takes less than it was given and fails at the next call. */
async function writeBlock(file: FileHandle, block: readonly Uint8Array[], bytes: number, at: number): Promise<void> {
  let { bytesWritten } = await file.writev([...block], at);
  if (bytesWritten === bytes) return;
  const whole = Buffer.concat(block);
  while (bytesWritten < bytes) {
    bytesWritten += (await file.write(whole, bytesWritten, bytes - bytesWritten, at + bytesWritten)).bytesWritten;
  }
}
