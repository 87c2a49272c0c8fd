/** A day of decisions as a ledger has them, written a row group at a time: what `monitoring` analyses. */
import { closeSync, openSync, writeSync } from "node:fs";
import { Random } from "@esteira/models/evaluation/random";
import { ByteWriter, ParquetWriter, type SchemaElement } from "hyparquet-writer";

const DAY = 86_400_000;
const GROUP_ROWS = 131_072;
/** Values of a feature are drawn from as many that were made before: to make each anew would take longer than to write it. */
const POOL = 1 << 20;

export const FEATURES: readonly string[] = Array.from({ length: 40 }, (_, at) => `f.${kindOf(at)}_${at}`);
export const isCategory = (feature: string): boolean => feature.startsWith("f.code");

/** Half of the features are amounts and the like, a quarter counts, the others codes; every eighth has missing values. */
function kindOf(at: number): "amount" | "count" | "code" {
  return at % 4 < 2 ? "amount" : at % 4 === 2 ? "count" : "code";
}

/** Decisions from an instant on, one day long; `shift` moves every tenth feature. */
export function writeDay(path: string, day: { rows: number; from: number; seed: number; shift: number }): void {
  const random = new Random(day.seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const pool = Math.min(POOL, Math.max(GROUP_ROWS, day.rows));
  const make = (of: () => number) => Float64Array.from({ length: pool }, of);
  const pools = FEATURES.map((name, at) => {
    const shift = at % 10 === 0 ? day.shift : 0;
    const kind = kindOf(at);
    const values =
      kind === "amount"
        ? make(() => Math.exp(3 + normal() + shift))
        : kind === "count"
          ? make(() => Math.floor(-8 * Math.log(uniform())))
          : make(() => Math.floor(12 * uniform() ** 2));
    if (at % 8 === 0) for (let i = 0; i < values.length; i += 1 + random.below(60)) values[i] = Number.NaN;
    return { name, values };
  });
  const scores = make(() => 1 / (1 + Math.exp(6 - 1.8 * normal())));
  const double = (name: string): SchemaElement => ({ name, type: "DOUBLE", repetition_type: "REQUIRED" });
  const writer = new ByteWriter(1 << 24);
  const parquet = new ParquetWriter({
    writer,
    codec: "SNAPPY",
    statistics: false,
    schema: [
      { name: "schema", num_children: FEATURES.length + 3 },
      double("event_at"),
      double("score"),
      double("alerted"),
      ...FEATURES.map(double),
    ],
  });
  const file = openSync(path, "w");
  const flush = (): void => {
    writeSync(file, writer.getBytes());
    writer.index = 0;
  };
  for (let start = 0; start < day.rows; start += GROUP_ROWS) {
    const rows = Math.min(GROUP_ROWS, day.rows - start);
    const part = (values: Float64Array) => {
      const from = random.below(values.length - rows + 1);
      return values.subarray(from, from + rows);
    };
    const score = part(scores);
    const columns = [
      {
        name: "event_at",
        data: Float64Array.from({ length: rows }, (_, row) => day.from + Math.floor(((start + row) / day.rows) * DAY)),
      },
      { name: "score", data: score },
      { name: "alerted", data: score.map((value) => (value >= 0.2 ? 1 : 0)) },
      ...pools.map(({ name, values }) => ({ name, data: part(values) })),
    ];
    parquet.write({
      // Amounts hardly repeat: no dictionary is tried for them.
      columnData: columns.map((column) => ({
        ...column,
        offsetIndex: false,
        ...(/code|count|alerted/.test(column.name) ? {} : { encoding: "PLAIN" as const }),
      })),
      rowGroupSize: rows,
    });
    flush();
  }
  parquet.finish();
  flush();
  closeSync(file);
}
