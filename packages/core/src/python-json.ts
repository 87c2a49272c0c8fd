/** JSON text as Python's `json.dumps` lays it out (", " and ": ", ASCII only), so that files and answers look alike. */

const escapeNonAscii = (text: string): string =>
  text.replace(/[\u007f-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, "0")}`);

const numberText = (value: number): string => {
  if (Number.isFinite(value)) return Object.is(value, -0) ? "-0.0" : String(value);
  if (Number.isNaN(value)) return "NaN";
  return value > 0 ? "Infinity" : "-Infinity";
};

/** Numbers that are not finite become NaN and Infinity, as Python writes them; undefined entries are left out. */
export function pythonJson(value: unknown): string {
  if (typeof value === "number") return numberText(value);
  if (typeof value === "string") return escapeNonAscii(JSON.stringify(value));
  if (Array.isArray(value)) return `[${value.map(pythonJson).join(", ")}]`;
  if (ArrayBuffer.isView(value) && !(value instanceof DataView)) return pythonJson(Array.from(value as Float64Array));
  if (typeof value === "object" && value !== null) {
    const entries = Object.entries(value).filter(([, item]) => item !== undefined);
    return `{${entries.map(([key, item]) => `${pythonJson(key)}: ${pythonJson(item)}`).join(", ")}}`;
  }
  return JSON.stringify(value) ?? "null";
}
