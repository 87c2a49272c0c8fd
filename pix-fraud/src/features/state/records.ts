/**
 * Records of numbers, one per entity index, side by side in one growing array: the fields of an entity share a cache
 * line or two, and a million entities cost no objects. Field f of entity e is `data[e * stride + f]`.
 */
export class Records {
  data: Float64Array;
  readonly stride: number;
  /** Number of entities there is room for. */
  size = 0;
  readonly #blank: Float64Array;

  /** `blank` holds the fields of an entity never seen; its length is the stride. */
  constructor(blank: readonly number[], capacity = 0) {
    this.stride = blank.length;
    this.#blank = Float64Array.from(blank);
    this.data = new Float64Array(0);
    if (capacity > 0) this.grow(capacity);
  }

  /** Makes room for entity `index`; new entities start blank. */
  ensure(index: number): void {
    if (index >= this.size) this.grow(Math.max(index + 1, this.size * 2, 64));
  }

  private grow(size: number): void {
    const data = new Float64Array(size * this.stride);
    data.set(this.data);
    for (let at = this.size * this.stride; at < data.length; at += this.stride) data.set(this.#blank, at);
    this.data = data;
    this.size = size;
  }
}
