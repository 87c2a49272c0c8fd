/**
 * The reader of rows of numbers (src/format/number-rows.ts) in WebAssembly's text format. Eight digits are read at once, as
 * a whole number of 64 bits, which JavaScript does not have.
 *
 * The memory has, at the addresses below, four words of state, tables of powers of ten, the text, and the cells in the order of the text. Behind the
 * text there are PADDING bytes of zero, which are no part of any number.
 */

/** Where the reader stands in the text; where the next cell goes; where the cells of the row begin; bytes of a row's cells, 0 before the first. */
export const STATE = { at: 0, out: 4, rowStart: 8, width: 12, rowAt: 16 } as const;
/** Whole powers, of 64 bits. */
export const WHOLE_POWERS = 64;
/** Powers, their inverses and the high halves of the powers, doubles. */
export const POWERS = 256;
export const INVERSES = 512;
export const HIGH_HALVES = 768;
/** Of each of these tables. */
export const POWER_COUNT = 23;
export const TEXT = 1024;
export const PADDING = 32;

/** What `read` ends with: behind the rows, at a cell that it cannot read, or in a text that is no such rows. */
export const DONE = 0;
export const ODD = 1;
export const REFUSED = 2;

/** More are not certain to be below 2^63. */
const MOST_DIGITS = 18;

const code = (character: string): string => `(i32.const ${character.charCodeAt(0)})`;
const each = (byte: number): string => `(i64.const 0x${byte.toString(16).padStart(2, "0").repeat(8)})`;
const here = "(i32.load8_u (local.get $at))";
const ahead = (bytes: number): string => `(local.set $at (i32.add (local.get $at) (i32.const ${bytes})))`;

/** Eight digits, the first in the lowest byte, as a number. */
const eight = `
  (local.set $pairs (i64.add (i64.mul (local.get $bytes) (i64.const 10)) (i64.shr_u (local.get $bytes) (i64.const 8))))
  (local.set $eight
    (i64.shr_u
      (i64.add
        (i64.mul (i64.and (local.get $pairs) (i64.const 0x000000ff000000ff)) (i64.const ${2n ** 32n * 1_000_000n + 100n}))
        (i64.mul
          (i64.and (i64.shr_u (local.get $pairs) (i64.const 16)) (i64.const 0x000000ff000000ff))
          (i64.const ${2n ** 32n * 10_000n + 1n})))
      (i64.const 32)))`;

/** Appends the digits from here to the mantissa; the name keeps labels apart. */
const digits = (name: string): string => `
  (loop $${name}
    (local.set $bytes (i64.xor (i64.load (local.get $at)) ${each(0x30)}))
    ;; The highest bit of each byte that is no digit, right up to the first one.
    (local.set $others
      (i64.and (i64.or (i64.add (local.get $bytes) ${each(0x76)}) (local.get $bytes)) ${each(0x80)}))
    (if (i64.eqz (local.get $others))
      (then
        ${eight}
        (local.set $mantissa (i64.add (i64.mul (local.get $mantissa) (i64.const 100000000)) (local.get $eight)))
        ${ahead(8)}
        (br $${name})))
    (local.set $others (i64.ctz (local.get $others)))
    ;; Twice, because a shift by 64 is none.
    (local.set $bytes
      (i64.shl (i64.shl (local.get $bytes) (i64.sub (i64.const 63) (local.get $others))) (i64.const 8)))
    ${eight}
    (local.set $mantissa
      (i64.add
        (i64.mul
          (local.get $mantissa)
          (i64.load offset=${WHOLE_POWERS} (i32.and (i32.wrap_i64 (local.get $others)) (i32.const 0x78))))
        (local.get $eight)))
    (local.set $at (i32.add (local.get $at) (i32.wrap_i64 (i64.shr_u (local.get $others) (i64.const 3))))))`;

const power = (table: number): string => `(f64.load offset=${table} (i32.shl (local.get $decimals) (i32.const 3)))`;

/**
 * The mantissa over a power of ten, correctly rounded, or $odd where that is not certain. Up to 2^53 both are exact. Beyond, the quotient of the rounded
 * mantissa is near enough, and what it lacks is found from the remainder (Dekker's product).
 */
const quotient = `
  (local.set $sum (f64.convert_i64_s (local.get $mantissa)))
  (if (i64.le_s (local.get $mantissa) (i64.const ${2n ** 53n}))
    (then (local.set $value (f64.div (local.get $sum) ${power(POWERS)})))
    (else
      (local.set $divisor ${power(POWERS)})
      (local.set $inverse ${power(INVERSES)})
      (local.set $first (f64.mul (local.get $sum) (local.get $inverse)))
      (local.set $product (f64.mul (local.get $first) (local.get $divisor)))
      (local.set $scaled (f64.mul (local.get $first) (f64.const ${2 ** 27 + 1})))
      (local.set $firstHigh (f64.sub (local.get $scaled) (f64.sub (local.get $scaled) (local.get $first))))
      (local.set $firstLow (f64.sub (local.get $first) (local.get $firstHigh)))
      (local.set $divisorHigh ${power(HIGH_HALVES)})
      (local.set $divisorLow (f64.sub (local.get $divisor) (local.get $divisorHigh)))
      (local.set $lost
        (f64.sub
          (f64.mul (local.get $firstLow) (local.get $divisorLow))
          (f64.sub
            (f64.sub
              (f64.sub (local.get $product) (f64.mul (local.get $firstHigh) (local.get $divisorHigh)))
              (f64.mul (local.get $firstLow) (local.get $divisorHigh)))
            (f64.mul (local.get $firstHigh) (local.get $divisorLow)))))
      (local.set $second
        (f64.mul
          (f64.add
            (f64.sub (f64.sub (local.get $sum) (local.get $product)) (local.get $lost))
            (f64.convert_i64_s (i64.sub (local.get $mantissa) (i64.trunc_f64_s (local.get $sum)))))
          (local.get $inverse)))
      (local.set $value (f64.add (local.get $first) (local.get $second)))
      ;; What the value lacks is known well enough, unless it is so near to half of the last place that its own error may decide.
      (br_if $odd
        (f64.ne
          (f64.add
            (local.get $value)
            (f64.mul
              (f64.sub (local.get $second) (f64.sub (local.get $value) (local.get $first)))
              (f64.const 1.000000001)))
          (local.get $value)))))`;

/** A number at `$at`, which stands behind it afterwards, to \`$value\` without its sign. */
const number = `
  (local.set $mantissa (i64.const 0))
  (local.set $from (local.get $at))
  ${digits("whole")}
  (local.set $significant (i32.sub (local.get $at) (local.get $from)))
  (br_if $odd (i32.eqz (local.get $significant)))
  (br_if $odd
    (i32.and
      (i32.gt_u (local.get $significant) (i32.const 1))
      (i32.eq (i32.load8_u (local.get $from)) ${code("0")})))
  (local.set $decimals (i32.const 0))
  (local.set $byte ${here})
  (if (i32.eq (local.get $byte) ${code(".")})
    (then
      ${ahead(1)}
      (local.set $from (local.get $at))
      (if (i64.eqz (local.get $mantissa))
        (then
          (local.set $significant (i32.const 0))
          (block $zeros
            (loop $zero
              (br_if $zeros (i32.ne ${here} ${code("0")}))
              ${ahead(1)}
              (br $zero)))))
      (local.set $significant (i32.sub (local.get $significant) (local.get $at)))
      ${digits("fraction")}
      (local.set $significant (i32.add (local.get $significant) (local.get $at)))
      (local.set $decimals (i32.sub (local.get $at) (local.get $from)))
      (br_if $odd (i32.eqz (local.get $decimals)))
      (local.set $byte ${here})))
  (br_if $odd (i32.gt_u (local.get $significant) (i32.const ${MOST_DIGITS})))
  (if (i32.eq (i32.or (local.get $byte) (i32.const 32)) ${code("e")})
    (then
      ${ahead(1)}
      (local.set $byte ${here})
      (local.set $isNegative (i32.eq (local.get $byte) ${code("-")}))
      (if (i32.or (local.get $isNegative) (i32.eq (local.get $byte) ${code("+")})) (then ${ahead(1)}))
      (local.set $from (local.get $at))
      (local.set $exponent (i32.const 0))
      (block $ends
        (loop $digit
          (local.set $byte (i32.sub ${here} ${code("0")}))
          (br_if $ends (i32.ge_u (local.get $byte) (i32.const 10)))
          (local.set $exponent (i32.add (i32.mul (local.get $exponent) (i32.const 10)) (local.get $byte)))
          ${ahead(1)}
          ;; Whatever has more is left to the engine.
          (br_if $digit (i32.lt_u (i32.sub (local.get $at) (local.get $from)) (i32.const 4))))
        (br $odd))
      (br_if $odd (i32.eq (local.get $at) (local.get $from)))
      (local.set $decimals
        (select
          (i32.add (local.get $decimals) (local.get $exponent))
          (i32.sub (local.get $decimals) (local.get $exponent))
          (local.get $isNegative)))))
  (if (i32.lt_s (local.get $decimals) (i32.const 0))
    (then
      (local.set $decimals (i32.sub (i32.const 0) (local.get $decimals)))
      (br_if $odd
        (i32.or
          (i32.ge_u (local.get $decimals) (i32.const ${POWER_COUNT}))
          (i64.gt_s (local.get $mantissa) (i64.const ${2n ** 53n}))))
      (local.set $value (f64.mul (f64.convert_i64_s (local.get $mantissa)) ${power(POWERS)})))
    (else
      (br_if $odd (i32.ge_u (local.get $decimals) (i32.const ${POWER_COUNT})))
      ${quotient}))`;

const store = (name: keyof typeof STATE, value = `(local.get $${name})`): string =>
  `(i32.store (i32.const ${STATE[name]}) ${value})`;
const load = (name: keyof typeof STATE): string => `(local.set $${name} (i32.load (i32.const ${STATE[name]})))`;

/**
 * Reads on from where the state says, a cell or, when `isRead`, what stands behind a cell whose value has been put in its place. `rowAt` in the state is
 * where the last row begins that is not whole.
 */
export const numberKernelText = (): string => `
(module
  (import "rows" "memory" (memory 0))
  (func (export "read") (param $isRead i32) (result i32)
    (local $at i32) (local $out i32) (local $rowStart i32) (local $width i32) (local $code i32)
    (local $cell i32) (local $byte i32) (local $minus i32) (local $from i32) (local $significant i32) (local $decimals i32)
    (local $isNegative i32) (local $exponent i32)
    (local $mantissa i64) (local $bytes i64) (local $others i64) (local $pairs i64) (local $eight i64)
    ${["value", "sum", "divisor", "inverse", "first", "product", "scaled", "firstHigh", "firstLow", "divisorHigh", "divisorLow", "lost", "second"].map((name) => `(local $${name} f64)`).join(" ")}
    ${load("at")} ${load("out")} ${load("rowStart")} ${load("width")}
    (block $end
      (block $refused
        (block $odd
          (loop $next
            (block $isCell
              (br_if $isCell (local.get $isRead))
              (local.set $cell (local.get $at))
              (if (i32.eq (i32.load (local.get $at)) (i32.const ${Buffer.from("null").readInt32LE()}))
                (then
                  (f64.store (local.get $out) (f64.const nan))
                  ${ahead(4)}
                  (br $isCell)))
              (local.set $minus (i32.eq ${here} ${code("-")}))
              (local.set $at (i32.add (local.get $at) (local.get $minus)))
              ${number}
              (f64.store
                (local.get $out)
                (select (f64.neg (local.get $value)) (local.get $value) (local.get $minus))))
            (local.set $isRead (i32.const 0))
            (local.set $out (i32.add (local.get $out) (i32.const 8)))
            (local.set $byte ${here})
            ${ahead(1)}
            (if (i32.eq (local.get $byte) ${code(",")})
              (then
                (local.set $at (i32.add (local.get $at) (i32.eq ${here} ${code(" ")})))
                (br $next)))
            (br_if $refused (i32.ne (local.get $byte) ${code("]")}))
            (if (i32.eqz (local.get $width))
              (then (local.set $width (i32.sub (local.get $out) (local.get $rowStart)))))
            (br_if $refused (i32.ne (i32.sub (local.get $out) (local.get $rowStart)) (local.get $width)))
            (local.set $byte ${here})
            ${ahead(1)}
            (if (i32.eq (local.get $byte) ${code("]")})
              (then
                (local.set $code (i32.const ${DONE}))
                (br $end)))
            (br_if $refused (i32.ne (local.get $byte) ${code(",")}))
            (local.set $at (i32.add (local.get $at) (i32.eq ${here} ${code(" ")})))
            (br_if $refused (i32.ne ${here} ${code("[")}))
            ${ahead(1)}
            ;; Only now: a row whose end is cut off is read again with what follows it.
            (local.set $rowStart (local.get $out))
            ${store("rowAt", "(local.get $at)")}
            (br $next)))
        (local.set $at (local.get $cell))
        (local.set $code (i32.const ${ODD}))
        (br $end))
      (local.set $code (i32.const ${REFUSED})))
    ${store("at")} ${store("out")} ${store("rowStart")} ${store("width")}
    (local.get $code)))`;
