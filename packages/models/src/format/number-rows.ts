/**
 * Rows of numbers in JSON, `[[1, null], [2.5, 3e-7]]`, as JavaScript's and Python's writers lay them out, from bytes straight into
 * columns. They are most of a request's body, and the engine's own parser makes a list a row and an object a number of them. What
 * this reader does not know (text, truth, nesting, rows of several lengths, NaN, other spaces) it leaves to that parser.
 *
 * The reading is WebAssembly (number-kernel), whose memory the text is copied into piece by piece.
 */

import {
  DONE,
  HIGH_HALVES,
  INVERSES,
  NUMBER_KERNEL,
  ODD,
  PADDING,
  POWER_COUNT,
  POWERS,
  STATE,
  TEXT,
  WHOLE_POWERS,
} from "./number-kernel.ts";

/** At least one row, and one column. A class, because no JSON text can make one. */
export class NumberRows {
  /** Each of `rowCount` cells, NaN where null stood. */
  readonly columns: readonly Float64Array[];
  readonly rowCount: number;

  constructor(columns: readonly Float64Array[], rowCount: number) {
    this.columns = columns;
    this.rowCount = rowCount;
  }
}

const COMMA = 0x2c;
const CLOSE = 0x5d;

/** Bytes of text that are read at once. */
const PIECE = 2 ** 18;
/** The cells come behind the text; one takes two bytes of it at least. */
const CELLS = TEXT + PIECE + 1024;
const PAGE = 2 ** 16;

interface Reader {
  read(isRead: 0 | 1): number;
  readonly state: Int32Array;
  readonly text: Uint8Array;
  readonly cells: Float64Array;
}

function createReader(): Reader {
  const memory = new WebAssembly.Memory({ initial: Math.ceil((CELLS + 4 * PIECE) / PAGE) });
  const { buffer } = memory;
  const powers = Float64Array.from({ length: POWER_COUNT }, (_, i) => 10 ** i);
  /** Splits a double into halves whose products are exact (Dekker). */
  const splitter = 2 ** 27 + 1;
  const table = (at: number): Float64Array => new Float64Array(buffer, at, POWER_COUNT);
  table(POWERS).set(powers);
  table(INVERSES).set(powers.map((power) => 1 / power));
  table(HIGH_HALVES).set(powers.map((power) => splitter * power - (splitter * power - power)));
  new BigInt64Array(buffer, WHOLE_POWERS, 9).set(BigInt64Array.from({ length: 9 }, (_, i) => 10n ** BigInt(i)));
  const kernel = new WebAssembly.Module(Buffer.from(NUMBER_KERNEL, "base64"));
  const { read } = new WebAssembly.Instance(kernel, { rows: { memory } }).exports as unknown as Pick<Reader, "read">;
  return {
    read,
    state: new Int32Array(buffer, 0, 16),
    text: new Uint8Array(buffer, TEXT, PIECE + PADDING),
    cells: new Float64Array(buffer, CELLS, PIECE / 2),
  };
}

/** Made when it is first needed: many servers never get as many rows at once. */
let reader: Reader | undefined;

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The cell at `from`, as far as a comma or a bracket before `size`; undefined when it is no number or is cut off. */
function numberAt(
  text: Uint8Array,
  from: number,
  size: number,
): { readonly value: number; readonly end: number } | undefined {
  let end = from;
  while (end < size && text[end] !== COMMA && text[end] !== CLOSE) end++;
  const cell = Buffer.from(text.buffer, text.byteOffset + from, end - from).toString("latin1");
  return end < size && NUMBER.test(cell) ? { value: Number(cell), end } : undefined;
}

/** Reads on until the rows end or what stands there is cut off or no number. */
function readPiece({ read, state, text, cells }: Reader, size: number): number {
  let code = read(0);
  while (code === ODD) {
    const number = numberAt(text, state[STATE.at / 4]! - TEXT, size);
    if (number === undefined) return code;
    cells[(state[STATE.out / 4]! - CELLS) / 8] = number.value;
    state[STATE.at / 4] = TEXT + number.end;
    code = read(1);
  }
  return code;
}

/**
 * Rows at `start`, where `[[` stands, and where the text goes on behind them; undefined for what the engine's own parser must
 * judge.
 */
export function readNumberRows(
  bytes: Buffer,
  start: number,
): { readonly rows: NumberRows; readonly end: number } | undefined {
  reader ??= createReader();
  const { state, text, cells } = reader;
  const former: Float64Array[] = [];
  let width = 0;
  let from = start + 2;
  for (;;) {
    const piece = bytes.subarray(from, from + PIECE);
    text.set(piece);
    text.fill(0, piece.length, piece.length + PADDING);
    state[STATE.at / 4] = TEXT;
    state[STATE.rowAt / 4] = TEXT;
    state[STATE.out / 4] = CELLS;
    state[STATE.rowStart / 4] = CELLS;
    state[STATE.width / 4] = width;
    const code = readPiece(reader, piece.length);
    width = state[STATE.width / 4]!;
    if (code === DONE) {
      const end = from + state[STATE.at / 4]! - TEXT;
      const last = cells.subarray(0, (state[STATE.out / 4]! - CELLS) / 8);
      return { rows: columnsOf([...former, last], width / 8), end };
    }
    // The row may only have been cut off: it begins the next piece, unless it began this one.
    const rowAt = state[STATE.rowAt / 4]! - TEXT;
    if (rowAt === 0 || from + piece.length === bytes.length) return undefined;
    former.push(cells.slice(0, (state[STATE.rowStart / 4]! - CELLS) / 8));
    from += rowAt;
  }
}

/** All columns in one piece of memory: hundreds of small ones a second would be as many to free. */
function columnsOf(parts: readonly Float64Array[], width: number): NumberRows {
  const rowCount = parts.reduce((sum, part) => sum + part.length, 0) / width;
  const all = new Float64Array(width * rowCount);
  let first = 0;
  for (const cells of parts) {
    const rows = cells.length / width;
    for (let column = 0; column < width; column++) {
      const to = column * rowCount + first;
      for (let row = 0; row < rows; row++) all[to + row] = cells[row * width + column]!;
    }
    first += rows;
  }
  const columns = Array.from({ length: width }, (_, column) =>
    all.subarray(column * rowCount, (column + 1) * rowCount),
  );
  return new NumberRows(columns, rowCount);
}
