/**
 * A chunk of numbers of a Parquet file, into one Float64Array: what most columns of features are. The general reader makes a list of cells of
 * each, value by value; here a page's values are copied at once, and only where some are missing one by one.
 */

import type {
  ColumnMetaData,
  Compressors,
  DataReader,
  Encoding,
  PageHeader,
  ParquetType,
  SchemaElement,
} from "hyparquet";
import { parquetHeader } from "hyparquet/src/column.js";
import { decompressPage } from "hyparquet/src/datapage.js";
import { readRleBitPackedHybrid } from "hyparquet/src/encoding.js";

const BYTES: Partial<Record<ParquetType, number>> = { INT32: 4, INT64: 8, FLOAT: 4, DOUBLE: 8 };
const ENCODINGS: readonly Encoding[] = ["PLAIN", "PLAIN_DICTIONARY", "RLE_DICTIONARY", "RLE", "BIT_PACKED"];

/** Whether `readNumberChunk` knows the column and how it is written: numbers that are no instants or decimals, and no lists. */
export const isNumberChunk = (element: SchemaElement, { type, encodings, path_in_schema }: ColumnMetaData): boolean =>
  BYTES[type] !== undefined &&
  path_in_schema.length === 1 &&
  element.repetition_type !== "REPEATED" &&
  element.converted_type === undefined &&
  element.logical_type === undefined &&
  encodings.every((encoding) => ENCODINGS.includes(encoding));

/**
 * The `rowCount` cells of a chunk, NaN where missing; whole numbers of 64 bits are rounded as `Number` rounds them. Throws for a chunk that is
 * not as its metadata says.
 */
export function readNumberChunk(
  bytes: Uint8Array,
  element: SchemaElement,
  { type, codec }: ColumnMetaData,
  compressors: Compressors,
  rowCount: number,
): Float64Array {
  const out = new Float64Array(rowCount);
  const reader: DataReader = { view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength), offset: 0 };
  const isOptional = element.repetition_type === "OPTIONAL";
  let dictionary: Float64Array | undefined;
  let row = 0;
  while (row < rowCount) {
    const header = parquetHeader(reader);
    const end = reader.offset + header.compressed_page_size;
    if (!(end >= reader.offset && end <= bytes.byteLength)) throw new Error("a page is longer than its column");
    const stored = bytes.subarray(reader.offset, end);
    reader.offset = end;
    const size = header.uncompressed_page_size;
    const unpack = (packed: Uint8Array, length: number): Uint8Array =>
      decompressPage(packed, length, codec, compressors);
    if (header.dictionary_page_header !== undefined) {
      dictionary = readDictionary(unpack(stored, size), type, header.dictionary_page_header.num_values);
      continue;
    }
    const room = rowCount - row;
    const count = header.data_page_header?.num_values ?? header.data_page_header_v2?.num_values ?? 0;
    if (!(count >= 0 && count <= room)) throw new Error("a column has more cells than its group has rows");
    const page = openPage(header, stored, isOptional, unpack);
    if (page === undefined) throw new Error(`a page is of the type ${header.type}`);
    const cells = out.subarray(row, row + page.cellCount);
    const values = page.missing === 0 ? cells : new Float64Array(page.cellCount - page.missing);
    if (page.encoding === "PLAIN") readPlain(page.values, type, values);
    else readIndexed(page.values, dictionary, values);
    if (page.levels !== undefined) spread(values, page.levels, cells);
    row += page.cellCount;
  }
  return out;
}

interface Page {
  readonly cellCount: number;
  readonly missing: number;
  /** 1 for a cell that is there, 0 for a missing one; undefined where all are there. */
  readonly levels: Uint8Array | undefined;
  readonly encoding: Encoding;
  readonly values: Uint8Array;
}

/** A data page of either version: levels and values apart. */
function openPage(
  { data_page_header: one, data_page_header_v2: two, uncompressed_page_size: size }: PageHeader,
  stored: Uint8Array,
  isOptional: boolean,
  unpack: (packed: Uint8Array, length: number) => Uint8Array,
): Page | undefined {
  if (one !== undefined) {
    const cellCount = one.num_values;
    const whole = unpack(stored, size);
    if (!isOptional) return { cellCount, missing: 0, levels: undefined, encoding: one.encoding, values: whole };
    const length = new DataView(whole.buffer, whole.byteOffset, whole.byteLength).getUint32(0, true);
    const levels = readLevels(whole.subarray(4, 4 + length), cellCount);
    return { cellCount, ...levels, encoding: one.encoding, values: whole.subarray(4 + length) };
  }
  if (two === undefined) return undefined;
  const from = two.repetition_levels_byte_length;
  const to = from + two.definition_levels_byte_length;
  const packed = stored.subarray(to);
  const values = two.is_compressed === false || size === to ? packed : unpack(packed, size - to);
  const levels = two.num_nulls === 0 ? ALL_THERE : readLevels(stored.subarray(from, to), two.num_values);
  return { cellCount: two.num_values, ...levels, encoding: two.encoding, values };
}

const ALL_THERE = { missing: 0, levels: undefined };

function readLevels(bytes: Uint8Array, count: number): Pick<Page, "missing" | "levels"> {
  const levels = new Uint8Array(count);
  readRleBitPackedHybrid(readerOf(bytes), 1, levels, bytes.byteLength);
  let missing = count;
  for (let i = 0; i < count; i++) missing -= levels[i]!;
  return missing === 0 ? ALL_THERE : { missing, levels };
}

const readerOf = (bytes: Uint8Array): DataReader => ({
  view: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength),
  offset: 0,
});

function readDictionary(bytes: Uint8Array, type: ParquetType, count: number): Float64Array {
  if (!(count >= 0 && count <= bytes.byteLength)) throw new Error("a dictionary has fewer values than it says");
  const values = new Float64Array(count);
  readPlain(bytes, type, values);
  return values;
}

/** Numbers as they lie in memory (both are little-endian here). */
function readPlain(bytes: Uint8Array, type: ParquetType, out: Float64Array): void {
  const length = out.length * (BYTES[type] ?? 0);
  if (bytes.byteLength < length) throw new Error("a page has fewer values than it says");
  if (type === "DOUBLE") {
    new Uint8Array(out.buffer, out.byteOffset, out.byteLength).set(bytes.subarray(0, length));
    return;
  }
  // A copy, even where the bytes are a Buffer, whose own slice is none.
  const { buffer } = Uint8Array.prototype.slice.call(bytes, 0, length);
  if (type === "FLOAT") out.set(new Float32Array(buffer));
  else if (type === "INT32") out.set(new Int32Array(buffer));
  else {
    const [low, high] = [new Uint32Array(buffer), new Int32Array(buffer)];
    // The upper half is exact, so that only the sum is rounded.
    for (let i = 0; i < out.length; i++) out[i] = high[2 * i + 1]! * 2 ** 32 + low[2 * i]!;
  }
}

function readIndexed(bytes: Uint8Array, dictionary: Float64Array | undefined, out: Float64Array): void {
  if (dictionary === undefined) throw new Error("a page refers to a dictionary that is not there");
  if (out.length === 0) return;
  const reader = readerOf(bytes);
  const bitWidth = reader.view.getUint8(reader.offset++);
  const indexes = new Int32Array(out.length);
  if (bitWidth > 0) readRleBitPackedHybrid(reader, bitWidth, indexes, bytes.byteLength - 1);
  for (let i = 0; i < out.length; i++) {
    const index = indexes[i]!;
    if (!(index >= 0 && index < dictionary.length))
      throw new Error("a page refers to a value that its dictionary lacks");
    out[i] = dictionary[index]!;
  }
}

function spread(values: Float64Array, levels: Uint8Array, cells: Float64Array): void {
  let next = 0;
  for (let i = 0; i < cells.length; i++) cells[i] = levels[i] === 1 ? values[next++]! : Number.NaN;
}
