/** Names as whole numbers, in the order in which they came. */
export class Codes {
  readonly #codes = new Map<string, number>();

  codeOf(name: string): number {
    const known = this.#codes.get(name);
    if (known !== undefined) return known;
    const code = this.#codes.size;
    this.#codes.set(name, code);
    return code;
  }

  get names(): readonly string[] {
    return [...this.#codes.keys()];
  }
}
