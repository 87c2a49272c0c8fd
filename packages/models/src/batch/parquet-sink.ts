import { type FileHandle, open } from "node:fs/promises";
import type { SchemaElement as ReadElement } from "hyparquet";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";
import { predictionColumns, type Sink, type SinkState } from "./sink.ts";

/** Numbers of 64 bits in JSON: `{"$int": "12"}`. */
const toState = (_key: string, value: unknown): unknown =>
  typeof value === "bigint" ? { $int: String(value) } : value;
const fromState = (_key: string, value: unknown): unknown =>
  typeof value === "object" && value !== null && "$int" in value ? BigInt(String(value.$int)) : value;

/**
 * A Parquet file, a row group a write. `elements` says what the kept columns are. `state` is an earlier checkpoint: it holds the
 * footer's entries so far, and what was written after it is cut off.
 */
export async function openParquetSink(
  path: string,
  elements: ReadonlyMap<string, ReadElement>,
  state?: SinkState,
): Promise<Sink> {
  const file: FileHandle = await open(path, state === undefined ? "w" : "r+");
  const bytes = new ByteWriter(1 << 20);
  let writer: ParquetWriter | undefined;
  let written = 0;

  const begin = (schema: SchemaElement[]): ParquetWriter =>
    new ParquetWriter({ writer: bytes, schema, codec: "SNAPPY", statistics: false, createdBy: "esteira" });
  const flush = async (): Promise<void> => {
    const chunk = bytes.getBytes();
    await file.write(chunk, 0, chunk.length, written);
    written += chunk.length;
    bytes.index = 0;
  };
  if (state !== undefined) {
    const { schema, groups, rows } = JSON.parse(JSON.stringify(state.footer), fromState) as {
      schema: SchemaElement[];
      groups: ParquetWriter["row_groups"];
      rows: bigint;
    };
    writer = begin(schema);
    writer.row_groups = groups;
    writer.num_rows = rows;
    written = Number(state.bytes);
    bytes.index = 0;
    bytes.offset = written;
  }
  await file.truncate(written);

  return {
    async write(kept, predictions) {
      const answers = predictionColumns(predictions);
      writer ??= begin([
        { name: "schema", num_children: kept.length + answers.length },
        ...kept.map(({ name }): SchemaElement => elementOf(name, elements)),
        ...answers.map(({ name }): SchemaElement => ({ name, type: "DOUBLE", repetition_type: "REQUIRED" })),
      ]);
      await writer.write({
        columnData: [
          ...kept.map(({ name, cells }) => ({
            name,
            data: Array.from(cells, (cell) => cell ?? null),
            offsetIndex: false,
          })),
          ...answers.map(({ name, values }) => ({ name, data: values, offsetIndex: false })),
        ],
        rowGroupSize: predictions.length,
      });
      await flush();
    },
    async checkpoint() {
      await file.sync();
      const footer = { schema: writer?.schema, groups: writer?.row_groups, rows: writer?.num_rows };
      return { bytes: written, footer: JSON.parse(JSON.stringify(footer, toState)) as unknown };
    },
    async finish() {
      writer ??= begin([
        { name: "schema", num_children: 1 },
        { name: "prediction", type: "DOUBLE", repetition_type: "REQUIRED" },
      ]);
      await writer.finish();
      await flush();
      await file.sync();
      await file.close();
    },
    abandon: () => file.close(),
  };
}

/** The input's own type when it is a plain one or an instant; text otherwise. */
function elementOf(name: string, elements: ReadonlyMap<string, ReadElement>): SchemaElement {
  const found = elements.get(name);
  const logical = found?.logical_type;
  const instant =
    logical?.type === "TIMESTAMP" && logical.unit !== "NANOS"
      ? (`TIMESTAMP_${logical.unit}` as "TIMESTAMP_MILLIS" | "TIMESTAMP_MICROS")
      : undefined;
  const converted = instant ?? found?.converted_type;
  const isPlain = found !== undefined && found.type !== undefined && found.type_length === undefined;
  if (!isPlain || (logical !== undefined && converted === undefined))
    return { name, type: "BYTE_ARRAY", converted_type: "UTF8", repetition_type: "OPTIONAL" };
  return {
    name,
    type: found.type!,
    repetition_type: "OPTIONAL",
    ...(converted === undefined ? {} : { converted_type: converted }),
  };
}
