/**
 * Frames between two processes over a pipe: the lengths of head and body (four bytes each, the highest first), then the head as
 * JSON, then the body's bytes.
 */

export interface Frame {
  readonly head: unknown;
  readonly body: Buffer;
}

const LENGTHS = 8;
/** Heads are a few words: a longer one is no head. */
const LONGEST_HEAD = 1 << 20;

export function encodeFrame(head: unknown, body: Uint8Array = Buffer.alloc(0)): Buffer {
  const text = Buffer.from(JSON.stringify(head));
  const lengths = Buffer.alloc(LENGTHS);
  lengths.writeUInt32BE(text.length, 0);
  lengths.writeUInt32BE(body.length, 4);
  return Buffer.concat([lengths, text, body]);
}

/** Takes chunks as they come and hands over whole frames. The function that it gives throws when the bytes are no frames. */
export function createFrameReader(onFrame: (frame: Frame) => void): (chunk: Buffer) => void {
  // Chunks wait in a list: joining each to those before it would copy a large body again and again.
  let waiting: Buffer[] = [];
  let bytes = 0;
  let wanted = LENGTHS;
  const join = (): Buffer => {
    const all = waiting.length === 1 ? waiting[0]! : Buffer.concat(waiting);
    waiting = [all];
    return all;
  };
  return (chunk) => {
    waiting.push(chunk);
    bytes += chunk.length;
    while (bytes >= wanted) {
      const all = join();
      const headLength = all.readUInt32BE(0);
      if (headLength > LONGEST_HEAD) throw new Error("The bytes are no frames");
      const end = LENGTHS + headLength + all.readUInt32BE(4);
      if (bytes < end) {
        wanted = end;
        return;
      }
      const head: unknown = JSON.parse(all.toString("utf8", LENGTHS, LENGTHS + headLength));
      const body = all.subarray(LENGTHS + headLength, end);
      waiting = end === bytes ? [] : [all.subarray(end)];
      bytes -= end;
      wanted = LENGTHS;
      onFrame({ head, body });
    }
  };
}
