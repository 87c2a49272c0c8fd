import { createBlock } from "./memory.ts";

/** A field and the value that it starts with. */
type Start = readonly [field: number, value: number];

export interface Layout {
  /** Length of a record, in numbers of 8 bytes. */
  readonly width: number;
  /** Fields that do not start with 0. */
  readonly numbers?: readonly Start[];
  readonly whole?: readonly Start[];
}

/**
 * Records of numbers, one per entity index, side by side in one growing block: a million entities cost no objects, and
 * what is known of one lies in a few cache lines of one page. Fields are numbers of 8 bytes or whole numbers of 4, two of
 * which share the place of a number: of entity e, `numbers[e * width + field]` and `whole[2 * e * width + field]`.
 */
export class Records {
  numbers: Float64Array = new Float64Array(0);
  whole: Int32Array = new Int32Array(0);
  readonly width: number;
  /** Number of entities there is room for. */
  size = 0;
  readonly #layout: Layout;

  constructor(layout: Layout, capacity = 0) {
    this.width = layout.width;
    this.#layout = layout;
    if (capacity > 0) this.#grow(capacity);
  }

  /** Makes room for entity `index`; new entities start blank. */
  ensure(index: number): void {
    if (index >= this.size) this.#grow(Math.max(index + 1, this.size * 2, 64));
  }

  #grow(size: number): void {
    const { width, numbers: starts = [], whole: wholeStarts = [] } = this.#layout;
    const { numbers, whole } = createBlock(size * width);
    numbers.set(this.numbers);
    for (let at = this.size * width; at < size * width; at += width) {
      for (const [field, value] of starts) numbers[at + field] = value;
      for (const [field, value] of wholeStarts) whole[2 * at + field] = value;
    }
    this.numbers = numbers;
    this.whole = whole;
    this.size = size;
  }
}
