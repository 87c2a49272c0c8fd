/**
 * Rows of numbers in JSON, `[[1, null], [2.5, 3e-7]]`, as JavaScript's and Python's writers lay them out, from bytes straight into
 * columns. They are most of a request's body, and the engine's own parser makes a list a row and an object a number of them. What
 * this reader does not know (text, truth, nesting, rows of several lengths, NaN, other spaces) it leaves to that parser.
 */

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

const SPACE = 0x20;
const COMMA = 0x2c;
const MINUS = 0x2d;
const POINT = 0x2e;
const ZERO = 0x30;
const LOWER_L = 0x6c;
const LOWER_N = 0x6e;
const LOWER_U = 0x75;
const OPEN = 0x5b;
const CLOSE = 0x5d;

/** Digits that a number of 32 bits holds. */
const PART = 9;
/** Powers of ten, all exact. */
const POWERS = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
const INVERSES = POWERS.map((power) => 1 / power);
const LARGEST_EXACT = 2 ** 53;
/** Splits a double into halves whose products are exact (Dekker). */
const SPLITTER = 2 ** 27 + 1;
const HIGH_HALVES = POWERS.map((power) => SPLITTER * power - (SPLITTER * power - power));

/**
 * `(head * 10^tailDigits + tail) / 10^decimals`, correctly rounded; NaN where that is not certain. Head and tail are whole and below 10^9, at
 * most 9 tail digits and 22 decimals.
 */
export function decimalQuotient(head: number, tail: number, tailDigits: number, decimals: number): number {
  const divisor = POWERS[decimals]!;
  // Exact: without its factors of two it is below 2^53.
  const high = head * POWERS[tailDigits]!;
  const sum = high + tail;
  if (sum <= LARGEST_EXACT) return sum / divisor;
  // Near enough; what it lacks is found from the remainder.
  const inverse = INVERSES[decimals]!;
  const first = sum * inverse;
  const product = first * divisor;
  const scaled = SPLITTER * first;
  const firstHigh = scaled - (scaled - first);
  const firstLow = first - firstHigh;
  const divisorHigh = HIGH_HALVES[decimals]!;
  const divisorLow = divisor - divisorHigh;
  const lostOfProduct =
    firstLow * divisorLow - (product - firstHigh * divisorHigh - firstLow * divisorHigh - firstHigh * divisorLow);
  const second = (sum - product - lostOfProduct + (tail - (sum - high))) * inverse;
  const value = first + second;
  // What the value lacks is known well enough, unless it is so near to half of the last place that its own error may decide.
  const lacking = second - (value - first);
  return value + lacking * (1 + 1e-9) === value ? value : Number.NaN;
}

const NUMBER = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;

/** The cell at `from`, as far as a comma or a bracket; undefined when it is no number. */
function numberAt(bytes: Buffer, from: number): { readonly value: number; readonly end: number } | undefined {
  let end = from;
  while (end < bytes.length && bytes[end] !== COMMA && bytes[end] !== CLOSE) end++;
  const text = bytes.toString("latin1", from, end);
  return NUMBER.test(text) ? { value: Number(text), end } : undefined;
}

const isNull = (bytes: Buffer, at: number): boolean =>
  bytes[at + 1] === LOWER_U && bytes[at + 2] === LOWER_L && bytes[at + 3] === LOWER_L;

const MOST_KEPT = 2 ** 17;
/** Cells in the order of the text, of one call after another. */
let scratch = new Float64Array(4096);

/**
 * Rows at `start`, where `[[` stands, and where the text goes on behind them; undefined for what the engine's own parser must
 * judge.
 */
export function readNumberRows(
  bytes: Buffer,
  start: number,
): { readonly rows: NumberRows; readonly end: number } | undefined {
  let cells = scratch;
  let count = 0;
  let width = 0;
  let rowStart = 0;
  let at = start + 2;
  for (;;) {
    const from = at;
    let byte = bytes[at]!;
    let value = Number.NaN;
    if (byte === LOWER_N && isNull(bytes, at)) {
      at += 4;
      byte = bytes[at]!;
    } else {
      // In one piece, because a call or a cell of memory for each digit is what it would cost.
      if (byte === MINUS) byte = bytes[++at]!;
      const whole = at;
      let head = 0;
      for (; (byte ^ ZERO) < 10; byte = bytes[++at]!) head = (Math.imul(head, 10) + byte - ZERO) | 0;
      const wholeDigits = at - whole;
      let tail = 0;
      let tailDigits = 0;
      let decimals = 0;
      if (byte === POINT) {
        const fraction = ++at;
        byte = bytes[at]!;
        if (head === 0) while (byte === ZERO) byte = bytes[++at]!;
        const full = at + PART - (head === 0 ? 0 : wholeDigits);
        for (; (byte ^ ZERO) < 10 && at < full; byte = bytes[++at]!) head = (Math.imul(head, 10) + byte - ZERO) | 0;
        const cut = at;
        for (; (byte ^ ZERO) < 10; byte = bytes[++at]!) tail = (Math.imul(tail, 10) + byte - ZERO) | 0;
        tailDigits = at - cut;
        decimals = at - fraction;
        if (decimals === 0) return undefined;
      }
      const isUsual =
        (byte === COMMA || byte === CLOSE) &&
        (wholeDigits === 1 || (wholeDigits > 1 && wholeDigits <= PART && bytes[whole] !== ZERO)) &&
        tailDigits <= PART &&
        decimals < POWERS.length;
      if (isUsual) value = decimalQuotient(head, tail, tailDigits, decimals);
      if (Number.isNaN(value)) {
        const number = numberAt(bytes, from);
        if (number === undefined) return undefined;
        value = number.value;
        at = number.end;
        byte = bytes[at]!;
      } else if (whole > from) value = -value;
    }
    if (count === cells.length) {
      const former = cells;
      cells = new Float64Array(2 * count);
      cells.set(former);
      if (cells.length <= MOST_KEPT) scratch = cells;
    }
    cells[count++] = value;
    at++;
    if (byte === COMMA) {
      if (bytes[at] === SPACE) at++;
      continue;
    }
    if (byte !== CLOSE) return undefined;
    if (width === 0) width = count;
    else if (count - rowStart !== width) return undefined;
    rowStart = count;
    const between = bytes[at++];
    if (between === CLOSE) return { rows: columnsOf(cells, width, count / width), end: at };
    if (between !== COMMA) return undefined;
    if (bytes[at] === SPACE) at++;
    if (bytes[at++] !== OPEN) return undefined;
  }
}

/** All columns in one piece of memory: hundreds of small ones a second would be as many to free. */
function columnsOf(cells: Float64Array, width: number, rowCount: number): NumberRows {
  const all = new Float64Array(width * rowCount);
  const columns = Array.from({ length: width }, (_, column) => {
    const values = all.subarray(column * rowCount, (column + 1) * rowCount);
    for (let row = 0; row < rowCount; row++) values[row] = cells[row * width + column]!;
    return values;
  });
  return new NumberRows(columns, rowCount);
}
