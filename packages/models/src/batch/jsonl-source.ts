import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { parseJson } from "../format/json.ts";
import type { Batch, BatchSource } from "./batch.ts";

type Row = Readonly<Record<string, unknown>>;

/** Lines of JSON, an object a row. Columns are those of the first row; what a later row lacks is missing. */
export async function openJsonl(path: string, rowsAtOnce: number): Promise<BatchSource> {
  let names: readonly string[] | undefined;
  for await (const { row } of rows(path)) {
    names = Object.keys(row);
    break;
  }
  if (names === undefined) throw invalid(`${path} is empty: expected one JSON object a line.`);
  const columns = names;
  return {
    names,
    rowCount: undefined,
    async *batches(fromRow) {
      let held: Row[] = [];
      const batch = (): Batch => ({
        source: "table",
        names: columns,
        columns: columns.map((name) => held.map((row) => (Object.hasOwn(row, name) ? row[name] : null))),
        rowCount: held.length,
      });
      let at = 0;
      for await (const { row } of rows(path)) {
        if (at++ < fromRow) continue;
        held.push(row);
        if (held.length < rowsAtOnce) continue;
        yield batch();
        held = [];
      }
      if (held.length > 0) yield batch();
    },
  };
}

async function* rows(path: string): AsyncGenerator<{ row: Row }> {
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  // The reader of lines does not pass on what breaks below it.
  let broken: unknown;
  input.on("error", (error) => {
    broken = error;
    lines.close();
  });
  try {
    let line = 0;
    for await (const text of lines) {
      line++;
      if (text.trim() === "") continue;
      yield { row: parseRow(text, path, line) };
    }
    if (broken !== undefined) throw broken;
  } finally {
    lines.close();
    input.destroy();
  }
}

function parseRow(text: string, path: string, line: number): Row {
  let value: unknown;
  try {
    value = parseJson(text, `${path}, line ${line},`);
  } catch (error) {
    throw error instanceof EsteiraError ? invalid(error.message) : error;
  }
  if (typeof value !== "object" || value === null || Array.isArray(value))
    throw invalid(`${path}, line ${line}: expected a JSON object, one a line.`);
  return value as Row;
}
