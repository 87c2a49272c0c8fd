import { createReadStream } from "node:fs";
import { invalid } from "@esteira/core/errors";
import { parse } from "csv-parse";
import { columnsOfRecords, uniqueNames } from "../serving/csv.ts";
import type { Batch, BatchSource } from "./batch.ts";

/** A CSV file with a header, read as a CSV request is: quotes, missing words, short rows. */
export async function openCsv(path: string, rowsAtOnce: number): Promise<BatchSource> {
  const names = uniqueNames(await headerOf(path));
  return {
    names,
    rowCount: undefined,
    async *batches(fromRow) {
      let row = 0;
      let held: string[][] = [];
      const batch = (): Batch => {
        const columns = columnsOfRecords(names.length, held, row - held.length);
        return { source: "csv", names, columns, rowCount: held.length };
      };
      for await (const record of records(path, 2)) {
        if (record.length > names.length) {
          throw invalid(
            `${path}, row ${row + 1}: the line has ${record.length} fields, and the header ${names.length}.`,
          );
        }
        if (row++ < fromRow) continue;
        held.push(record);
        if (held.length < rowsAtOnce) continue;
        yield batch();
        held = [];
      }
      if (held.length > 0) yield batch();
    },
  };
}

async function headerOf(path: string): Promise<readonly string[]> {
  for await (const header of records(path, 1)) return header;
  throw invalid(`${path} is empty: its first line must name the columns.`);
}

async function* records(path: string, fromLine: number): AsyncGenerator<string[]> {
  const input = createReadStream(path, { highWaterMark: 1 << 20 });
  const parser = input.pipe(parse({ bom: true, skip_empty_lines: true, relax_column_count: true, from: fromLine }));
  input.on("error", (error) => parser.destroy(error));
  try {
    for await (const record of parser as AsyncIterable<string[]>) yield record;
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")) {
      const line = /on line (\d+)/.exec(error.message)?.[1] ?? "?";
      throw invalid(`${path}, line ${line}: it cannot be read as CSV (${error.message.split(":")[0]}).`);
    }
    throw error;
  } finally {
    input.destroy();
  }
}
