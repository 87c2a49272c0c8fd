/** Numbers for the names of categories: the same name has the same number in the reference and now. */
export class CategoryCodes {
  readonly #codes = new Map<string, Map<string, number>>();

  /** NaN for a missing cell. */
  codeOf(feature: string, cell: unknown): number {
    if (cell === null || cell === undefined || cell === "" || Number.isNaN(cell)) return Number.NaN;
    let codes = this.#codes.get(feature);
    if (codes === undefined) {
      codes = new Map();
      this.#codes.set(feature, codes);
    }
    const name = String(cell);
    let code = codes.get(name);
    if (code === undefined) {
      code = codes.size;
      codes.set(name, code);
    }
    return code;
  }
}

/** A number, of a number or its text; NaN for what is none. */
export function numberCell(cell: unknown): number {
  if (typeof cell === "number") return cell;
  if (typeof cell === "bigint" || typeof cell === "boolean") return Number(cell);
  return typeof cell === "string" && cell.trim() !== "" ? Number(cell) : Number.NaN;
}
