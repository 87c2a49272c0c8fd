/** A cell of a CSV file. A text that a spreadsheet would run as a formula is marked as a text. */
export function csvCell(value: string | number | undefined): string {
  if (value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** A CSV file (RFC 4180) of a head and rows. */
export const csvText = (head: readonly string[], rows: readonly (readonly (string | number | undefined)[])[]): string =>
  `${[head, ...rows].map((cells) => cells.map(csvCell).join(",")).join("\r\n")}\r\n`;
