import { createReadStream } from "node:fs";
import { open } from "node:fs/promises";
import { invalid } from "@esteira/core/errors";
import { parse } from "csv-parse";
import type { RawRow } from "./builder.ts";
import { columnsIn } from "./columns.ts";
import type { Mapping } from "./mapping.ts";

/** The rows of a CSV file, one by one. The separator is the more frequent of "," and ";" in the first line. */
export async function* readCsv(path: string, mapping: Mapping): AsyncGenerator<RawRow> {
  const parser = createReadStream(path).pipe(
    parse({ bom: true, delimiter: await separatorOf(path), skip_empty_lines: true, relax_column_count: false }),
  );
  let columns: ReturnType<typeof columnsIn> | undefined;
  let row = 0;
  try {
    for await (const record of parser as AsyncIterable<string[]>) {
      row++;
      if (columns === undefined) columns = columnsIn(record, mapping, path);
      else yield { row, value: (name) => record[columns![name] ?? -1] };
    }
  } catch (error) {
    if (error instanceof Error && "code" in error && String(error.code).startsWith("CSV_")) {
      // The parser reads ahead: the line is the one that it names, not the one after the last row given out.
      const line = /on line (\d+)/.exec(error.message)?.[1] ?? row + 1;
      throw invalid(`${path}, row ${line}: the line cannot be read as CSV (${error.message.split(":")[0]}).`);
    }
    throw error;
  }
  if (columns === undefined) throw invalid(`${path} is empty: expected a header line and one line a transfer.`);
}

async function separatorOf(path: string): Promise<string> {
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(4096), 0, 4096, 0);
    const line = buffer.subarray(0, bytesRead).toString("utf8").split("\n")[0] ?? "";
    return line.split(";").length > line.split(",").length ? ";" : ",";
  } finally {
    await file.close();
  }
}
