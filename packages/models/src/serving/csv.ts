/** CSV as pandas reads it: a header, quotes, empty and NA cells missing, short rows filled up, blank lines skipped. */

import { badRequest } from "../format/cells.ts";
import type { Frame } from "../format/enforce.ts";

/** The words that pandas takes for a missing cell. */
const MISSING = new Set(
  ["", "#N/A", "#N/A N/A", "#NA", "-1.#IND", "-1.#QNAN", "-NaN", "-nan", "1.#IND", "1.#QNAN"].concat([
    "<NA>",
    "N/A",
    "NA",
    "NULL",
    "NaN",
    "None",
    "n/a",
    "nan",
    "null",
  ]),
);

/** Records of fields; a quoted field may hold separators, line ends and doubled quotes. */
function splitRecords(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  const endRecord = (): void => {
    if (record.length > 1 || record[0] !== "") records.push(record);
    record = [];
  };
  while (at < text.length) {
    let field = "";
    if (text[at] === '"') {
      for (;;) {
        const end = text.indexOf('"', at + 1);
        if (end < 0) throw badRequest(`The CSV has a quote in record ${records.length + 1} that does not end`);
        field += text.slice(at + 1, end);
        at = end + 1;
        if (text[at] !== '"') break;
        field += '"';
      }
    }
    const start = at;
    while (at < text.length && text[at] !== "," && text[at] !== "\n" && text[at] !== "\r") at++;
    record.push(field + text.slice(start, at));
    if (text[at] === ",") {
      at++;
      if (at === text.length || text[at] === "\n" || text[at] === "\r") record.push("");
    }
    if (at >= text.length || text[at] === "\n" || text[at] === "\r") {
      if (text[at] === "\r" && text[at + 1] === "\n") at++;
      at++;
      endRecord();
    }
  }
  if (record.length > 0) endRecord();
  return records;
}

/** A second column of one name gets `.1` after it, a third `.2`, as pandas names them. */
export function uniqueNames(header: readonly string[]): readonly string[] {
  const seen = new Map<string, number>();
  return header.map((name) => {
    const before = seen.get(name) ?? 0;
    seen.set(name, before + 1);
    return before === 0 ? name : `${name}.${before}`;
  });
}

/** Records into columns: missing words and what a short record lacks become null. `firstRow` counts from the file's first. */
export function columnsOfRecords(
  width: number,
  rows: readonly (readonly string[])[],
  firstRow = 0,
): (string | null)[][] {
  const tooLong = rows.findIndex((row) => row.length > width);
  if (tooLong >= 0)
    throw badRequest(`The CSV has ${rows[tooLong]!.length} fields in row ${firstRow + tooLong}, but ${width} columns`);
  return Array.from({ length: width }, (_, i) =>
    rows.map((row) => {
      const cell = row[i];
      return cell === undefined || MISSING.has(cell) ? null : cell;
    }),
  );
}

/** Throws BAD_REQUEST for a text without a header, a quote without end or a row longer than the header. */
export function parseCsv(text: string): Frame {
  const [header, ...rows] = splitRecords(text);
  if (header === undefined) throw badRequest("The CSV is empty: its first line must name the columns");
  return {
    source: "csv",
    names: uniqueNames(header),
    columns: columnsOfRecords(header.length, rows),
    rowCount: rows.length,
  };
}
