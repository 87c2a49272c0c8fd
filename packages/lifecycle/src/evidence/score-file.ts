import { EsteiraError, invalid } from "@esteira/core/errors";
import { type Batch, type BatchSource, tableOf } from "@esteira/models/batch/batch";
import type { Grouping } from "@esteira/models/evaluation/groups";
import { correctOdds } from "@esteira/models/evaluation/prior-correction";
import { tieKey } from "@esteira/models/evaluation/ranking";
import type { Prediction, ServableModel } from "@esteira/models/flavors/flavor";
import type { KnownLate } from "../gates/evidence.ts";
import { categoryOf, instantOf, instantOrNone, labelOf, numberOf, type Place } from "./cells.ts";
import { Codes } from "./codes.ts";
import type { FeatureSampler } from "./feature-sampler.ts";
import { Growing } from "./growing.ts";
import { type KnownColumn, KnownLateCounter } from "./known-late.ts";
import type { RowSample } from "./row-sample.ts";

const DAY = 86_400_000;

/** What the columns of an evaluated file mean. Only the label must be there. */
export interface EvaluationColumns {
  /** 0 or 1, 1 for a fraud. */
  readonly label: string;
  /** Breaks ties; the row's number without one. */
  readonly id?: string | undefined;
  /** Money, in one unit. Without one nothing is said of money. */
  readonly amount?: string | undefined;
  /** Rows of one customer are drawn together; without one each row stands for itself. */
  readonly customer?: string | undefined;
  /** When it happened. */
  readonly time?: string | undefined;
  /** When a fraud became known: one that was not yet known is not counted. */
  readonly knownAt?: string | undefined;
  readonly typology?: string | undefined;
  readonly slices: readonly string[];
}

/** A model that scores the file, with the factor that its training's weights ask its odds to be corrected by. */
export interface Scorer {
  readonly name: string;
  readonly model: ServableModel;
  readonly weightFactor: number;
}

/** The file's rows as metrics read them. */
export interface ScoredFile {
  readonly labels: Uint8Array;
  readonly amounts: Float64Array;
  readonly tieKeys: Uint32Array;
  readonly clusters: Int32Array;
  readonly days: Int32Array | undefined;
  readonly typology: Grouping | undefined;
  readonly slices: Readonly<Record<string, Grouping>>;
  /** Probabilities of fraud, by scorer. */
  readonly scores: readonly Float64Array[];
  /** From the first to just after the last; undefined without times. */
  readonly window: { readonly from: number; readonly to: number } | undefined;
  readonly sample: RowSample;
  /** The labels of the sample's rows. */
  readonly sampledLabels: RowSample;
  readonly columns: readonly string[];
  /** Undefined without times. */
  readonly knownLate: readonly KnownLate[] | undefined;
}

/**
 * Reads a file once, has every scorer score it, and keeps what metrics need: some tens of bytes a row and scorer. Of the inputs a sample
 * is kept, as the first scorer reads them.
 *
 * @param asOf labels are those known at this instant; milliseconds.
 * @throws EsteiraError INVALID_PARAMETER_VALUE, naming file, row and column, for what is no label, amount, instant or probability.
 */
export async function scoreFile(
  source: BatchSource,
  options: {
    readonly file: string;
    readonly columns: EvaluationColumns;
    readonly asOf: number;
    readonly scorers: readonly Scorer[];
    readonly sampler: FeatureSampler;
    /** Inputs of which the file says when they became known. */
    readonly known: readonly KnownColumn[];
  },
): Promise<ScoredFile> {
  const { file, columns, asOf, scorers, sampler, known: knownColumns } = options;
  checkNames(source, file, [
    ...Object.values({ ...columns, slices: undefined }),
    ...columns.slices,
    ...knownColumns.map(({ column }) => column),
  ]);
  const knownLate = new KnownLateCounter(file, knownColumns);
  const kept = { labels: new Growing(), amounts: new Growing(), ties: new Growing(), customers: new Growing() };
  const times = new Growing();
  const customers = new Codes();
  // Code 0 of a typology means none.
  const typologies = new Codes();
  typologies.codeOf("(none)");
  const typology = new Growing();
  const slices = columns.slices.map((name) => ({ name, codes: new Codes(), values: new Growing() }));
  const scores = scorers.map(() => new Growing());
  const sample = sampler.newSample();
  const sampledLabels = sampler.newSample();

  let before = 0;
  for await (const batch of source.batches(0)) {
    const cellOf = (name: string | undefined) => batch.columns[batch.names.indexOf(name ?? "")];
    const [label, id, amount, customer, time, known, kind] = [
      cellOf(columns.label),
      cellOf(columns.id),
      cellOf(columns.amount),
      cellOf(columns.customer),
      cellOf(columns.time),
      cellOf(columns.knownAt),
      cellOf(columns.typology),
    ];
    const groups = columns.slices.map(cellOf);
    for (let row = 0; row < batch.rowCount; row++) {
      const number = before + row + 1;
      const place = (column = ""): Place => ({ file, column, row: number });
      const told = labelOf(label?.[row], place(columns.label));
      const isKnown = told === 1 && (known === undefined || instantOrNone(known[row], place(columns.knownAt)) <= asOf);
      kept.labels.push(isKnown ? 1 : 0);
      kept.amounts.push(amount === undefined ? 0 : numberOf(amount[row], place(columns.amount)));
      kept.ties.push(tieKey(id === undefined ? String(number) : String(id[row])));
      kept.customers.push(customer === undefined ? number : customers.codeOf(categoryOf(customer[row])));
      if (time !== undefined) times.push(instantOf(time[row], place(columns.time)));
      if (kind !== undefined) typology.push(isKnown ? typologies.codeOf(categoryOf(kind[row])) : 0);
      slices.forEach((slice, at) => {
        slice.values.push(slice.codes.codeOf(categoryOf(groups[at]?.[row])));
      });
    }
    if (time !== undefined) knownLate.add(batch, times.values.subarray(before), before);
    for (const [at, scorer] of scorers.entries()) {
      const { table, predictions } = await predict(scorer, batch, file, before);
      if (at === 0) {
        sampler.offer(sample, table);
        // Rows are taken by their number alone, so both samples hold the same.
        for (let row = 0; row < batch.rowCount; row++)
          sampledLabels.offer(() => Float64Array.of(kept.labels.values[before + row]!));
      }
      const to = scores[at]!;
      for (let row = 0; row < batch.rowCount; row++)
        to.push(probabilityOf(predictions[row], scorer, file, before + row + 1));
    }
    before += batch.rowCount;
  }
  if (before === 0) throw invalid(`${file} has no rows: an evaluation needs frauds and honest transfers.`);

  const instants = times.length === 0 ? undefined : times.values;
  return {
    labels: Uint8Array.from(kept.labels.values),
    amounts: kept.amounts.values,
    tieKeys: Uint32Array.from(kept.ties.values),
    clusters: Int32Array.from(kept.customers.values),
    days: instants && Int32Array.from(instants, (time) => Math.floor(time / DAY)),
    typology: columns.typology === undefined ? undefined : grouping(typology, typologies),
    slices: Object.fromEntries(slices.map(({ name, codes, values }) => [name, grouping(values, codes)])),
    scores: scores.map(({ values }) => values),
    window: instants && { from: extreme(instants, Math.min), to: extreme(instants, Math.max) + 1 },
    sample,
    sampledLabels,
    columns: source.names,
    knownLate: instants && knownLate.found(),
  };
}

const grouping = (values: Growing, codes: Codes): Grouping => ({
  codes: Int32Array.from(values.values),
  names: codes.names,
});

const extreme = (values: Float64Array, of: (a: number, b: number) => number): number =>
  values.reduce((a, b) => of(a, b));

function checkNames(source: BatchSource, file: string, names: readonly (string | undefined)[]): void {
  for (const name of names)
    if (name !== undefined && !source.names.includes(name))
      throw invalid(`${file} has no column '${name}': it has ${source.names.slice(0, 30).join(", ")}.`);
}

async function predict(scorer: Scorer, batch: Batch, file: string, before: number) {
  try {
    const table = tableOf(batch, scorer.model.signature?.inputs);
    const predictions = await scorer.model.predict(table);
    if (predictions.length === batch.rowCount) return { table, predictions };
    throw invalid(`it answered ${predictions.length} of ${batch.rowCount} rows`);
  } catch (error) {
    if (!(error instanceof EsteiraError)) throw error;
    throw invalid(
      `${scorer.name} cannot score ${file}, rows ${before + 1} to ${before + batch.rowCount}: ${error.message}`,
    );
  }
}

/** One number, or the probabilities of both classes. */
function probabilityOf(answer: Prediction | undefined, scorer: Scorer, file: string, row: number): number {
  const value = Array.isArray(answer) && answer.length === 2 ? answer[1] : answer;
  if (typeof value === "number" && value >= -1e-6 && value <= 1 + 1e-6) return correctOdds(value, scorer.weightFactor);
  throw invalid(
    `${scorer.name} answers ${JSON.stringify(answer)} for ${file}, row ${row}: a gate judges probabilities of fraud, between 0 and 1.`,
  );
}
