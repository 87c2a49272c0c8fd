import { type FileHandle, open } from "node:fs/promises";
import { pythonJson } from "@esteira/core/python-json";
import { type KeptColumn, predictionColumns, type Sink, type SinkState } from "./sink.ts";

/** How rows become lines. */
export interface LineFormat {
  /** The first line, when the format has one. */
  head(names: readonly string[]): string | undefined;
  line(names: readonly string[], cells: readonly unknown[]): string;
}

const csvCell = (cell: unknown): string => {
  if (cell === null || cell === undefined || (typeof cell === "number" && Number.isNaN(cell))) return "";
  const text =
    typeof cell === "number"
      ? pythonJson(cell)
      : cell instanceof Date
        ? cell.toISOString()
        : typeof cell === "object"
          ? pythonJson(cell)
          : String(cell);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
};

export const CSV_LINES: LineFormat = {
  head: (names) => names.map(csvCell).join(","),
  line: (_names, cells) => cells.map(csvCell).join(","),
};

const jsonCell = (cell: unknown): unknown =>
  typeof cell === "bigint" ? Number(cell) : cell instanceof Date ? cell.toISOString() : cell;

export const JSON_LINES: LineFormat = {
  head: () => undefined,
  line: (names, cells) => pythonJson(Object.fromEntries(names.map((name, i) => [name, jsonCell(cells[i])]))),
};

/** A text file, appended to. `state` is an earlier checkpoint: what was written after it is cut off. */
export async function openTextSink(path: string, format: LineFormat, state?: SinkState): Promise<Sink> {
  const file: FileHandle = await open(path, state === undefined ? "w" : "r+");
  let bytes = state === undefined ? 0 : Number(state.bytes);
  await file.truncate(bytes);
  return {
    async write(kept: readonly KeptColumn[], predictions) {
      const answers = predictionColumns(predictions);
      const names = [...kept.map(({ name }) => name), ...answers.map(({ name }) => name)];
      const columns: ArrayLike<unknown>[] = [...kept.map(({ cells }) => cells), ...answers.map(({ values }) => values)];
      const head = bytes === 0 ? format.head(names) : undefined;
      let text = head === undefined ? "" : `${head}\n`;
      for (let row = 0; row < predictions.length; row++)
        text += `${format.line(
          names,
          columns.map((cells) => cells[row]),
        )}\n`;
      const chunk = Buffer.from(text);
      await file.write(chunk, 0, chunk.length, bytes);
      bytes += chunk.length;
    },
    async checkpoint() {
      await file.sync();
      return { bytes };
    },
    async finish() {
      await file.sync();
      await file.close();
    },
    abandon: () => file.close(),
  };
}
