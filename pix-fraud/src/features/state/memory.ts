/** What the C library's allocator puts in front of a large buffer, and the length of a cache line. */
const HEADER_BYTES = 16;
const LINE_BYTES = 64;

/** Whole numbers in a cache line. */
export const LINE = LINE_BYTES / Int32Array.BYTES_PER_ELEMENT;

/** One block of memory, zeroed, as numbers of 8 bytes and as whole numbers of 4: `whole[2 * f]` begins `numbers[f]`. */
export interface Block {
  readonly numbers: Float64Array;
  readonly whole: Int32Array;
}

/**
 * A block of `count` numbers that begins a cache line, where the allocator is glibc's: large buffers begin HEADER_BYTES
 * after a page there. With another one a record may take a line more, and nothing else changes.
 */
export function createBlock(count: number): Block {
  const padding = LINE_BYTES - HEADER_BYTES;
  const buffer = new ArrayBuffer(padding + count * Float64Array.BYTES_PER_ELEMENT);
  return { numbers: new Float64Array(buffer, padding, count), whole: new Int32Array(buffer, padding, 2 * count) };
}
