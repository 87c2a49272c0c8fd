/** Scores a file of any size with constant memory: rows in, the kept columns and the answers out, in the same order. */

import { rename, rm } from "node:fs/promises";
import { EsteiraError, invalid } from "@esteira/core/errors";
import type { Prediction, ServableModel } from "../flavors/flavor.ts";
import { type Batch, type BatchSource, tableOf } from "./batch.ts";
import { type BatchIdentity, identify, readCheckpoint, removeCheckpoint, writeCheckpoint } from "./checkpoint.ts";
import { type FileKind, inputColumns, numberColumns, openSource } from "./open-source.ts";
import { openParquetSink } from "./parquet-sink.ts";
import type { ParquetSource } from "./parquet-source.ts";
import type { Sink, SinkState } from "./sink.ts";
import { CSV_LINES, JSON_LINES, openTextSink } from "./text-sink.ts";

export interface PredictFileOptions {
  readonly model: ServableModel;
  /** Digest of the model folder: a stopped batch goes on with the same model only. */
  readonly modelDigest: string;
  readonly input: string;
  readonly inputKind: FileKind;
  readonly output: string;
  readonly outputKind: FileKind;
  /** Columns of the input that stand before the answers. */
  readonly keep: readonly string[];
  readonly rowsAtOnce?: number;
  /** Rows between two checkpoints. */
  readonly checkpointRows?: number;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: Progress) => void;
}

export interface Progress {
  readonly rows: number;
  /** undefined when only reading to the end tells. */
  readonly total: number | undefined;
  /** Rows that an earlier, stopped command had scored. */
  readonly resumed: number;
}

export interface PredictedFile extends Progress {
  /** False when `signal` stopped it: the same call goes on from `rows`. */
  readonly isComplete: boolean;
}

const CHECKPOINT_ROWS = 1_000_000;

/**
 * The output appears when it is whole; until then it is `OUTPUT.partial`, with `OUTPUT.checkpoint` beside it. Throws
 * INVALID_PARAMETER_VALUE for a file that cannot be read, and as `enforceSchema` for rows that do not fit the model.
 */
export async function predictFile(options: PredictFileOptions): Promise<PredictedFile> {
  const { output, keep } = options;
  const partial = `${output}.partial`;
  const mark = `${output}.checkpoint`;
  const source = await openInput(options);
  const identity: BatchIdentity = {
    ...(await identify(options.input)),
    model: options.modelDigest,
    output: options.outputKind,
    keep,
  };
  const begun = await readCheckpoint(mark, identity);
  const sink = await openSink(options.outputKind, partial, source, begun?.sink);
  const places = keep.map((name) => source.names.indexOf(name));
  let rows = begun?.rows ?? 0;
  const resumed = rows;
  const progress = (): Progress => ({ rows, total: source.rowCount, resumed });
  const save = async (): Promise<void> => {
    await writeCheckpoint(mark, { identity, rows, sink: await sink.checkpoint() });
  };
  let saved = rows;
  try {
    for await (const batch of source.batches(rows)) {
      if (options.signal?.aborted) {
        await save();
        await sink.abandon();
        return { ...progress(), isComplete: false };
      }
      const predictions = await scoreBatch(options, batch, rows);
      if (predictions.length !== batch.rowCount)
        throw invalid(
          `The model answered ${predictions.length} of ${batch.rowCount} rows after row ${rows}: a file with an answer a row cannot be made of that.`,
        );
      const kept = keep.map((name, i) => ({ name, cells: batch.columns[places[i]!]! }));
      await sink.write(kept, predictions);
      rows += batch.rowCount;
      if (rows - saved >= (options.checkpointRows ?? CHECKPOINT_ROWS)) {
        await save();
        saved = rows;
      }
      options.onProgress?.(progress());
      // Ctrl-C and timers get their turn between batches.
      await new Promise((resolve) => setImmediate(resolve));
    }
    await sink.finish();
  } catch (error) {
    await sink.abandon().catch(() => undefined);
    // What a checkpoint stands for is kept; a first attempt leaves nothing.
    if (saved === 0) await rm(partial, { force: true });
    throw error;
  }
  await rename(partial, output);
  await removeCheckpoint(mark);
  return { ...progress(), isComplete: true };
}

/** What is wrong with a cell is told by its row among these: the file's own rows are told beside it. */
async function scoreBatch(
  { model, input }: PredictFileOptions,
  batch: Batch,
  before: number,
): Promise<readonly Prediction[]> {
  try {
    return await model.predict(tableOf(batch, model.signature?.inputs));
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    throw invalid(
      `${input}, rows ${before + 1} to ${before + batch.rowCount} (row 0 is the first of them): ${error.message}`,
    );
  }
}

async function openInput(options: PredictFileOptions): Promise<BatchSource> {
  const { input, inputKind, keep } = options;
  const columns = inputColumns(options.model);
  const takesNumbers = numberColumns(options.model);
  const source = await openSource(input, inputKind, {
    wanted: (name) => columns === undefined || columns.has(name) || keep.includes(name),
    // What is kept must tell null from NaN, and keep its type.
    isNumber: (name, isWhole) => !keep.includes(name) && takesNumbers(name, isWhole),
    rowsAtOnce: options.rowsAtOnce,
  });
  const missing = keep.find((name) => !source.names.includes(name));
  if (missing !== undefined)
    throw invalid(`${input} has no column '${missing}' to keep: it has ${source.names.slice(0, 20).join(", ")}.`);
  return source;
}

function openSink(kind: FileKind, path: string, source: BatchSource, state: SinkState | undefined): Promise<Sink> {
  if (kind === "parquet") return openParquetSink(path, isParquet(source) ? source.elements : new Map(), state);
  return openTextSink(path, kind === "csv" ? CSV_LINES : JSON_LINES, state);
}

const isParquet = (source: BatchSource): source is ParquetSource => "elements" in source;
