/** The decisions of one model in a span, as columns: all of what each decision was, and a sample of what the model saw. */

import type { Label } from "../labels/label.ts";
import { FEATURE_PREFIX, REASONS } from "../ledger/columns.ts";
import type { Part } from "../ledger/parts.ts";
import { isAlerted, placeOfId } from "../ledger/sampling.ts";
import { type CategoryCodes, numberCell } from "./category-codes.ts";
import type { ModelInSpan } from "./model-in-span.ts";
import { partsOf, type Span, spanRows } from "./span.ts";

export interface SampledFeature {
  readonly name: string;
  readonly kind: "number" | "category";
  /** One a row of the sample; NaN where missing. */
  readonly cells: Float64Array;
}

export interface LedgerRows {
  readonly ids: readonly string[];
  /** Milliseconds. */
  readonly time: Float64Array;
  readonly score: Float64Array;
  readonly alerted: Uint8Array;
  readonly latencyMs: Float64Array;
  /** Of the feature that says it; NaN where unknown. */
  readonly amount: Float64Array;
  /** How many decisions each row stands for. */
  readonly weight: Float64Array;
  /** Of the latest decision that has one. */
  readonly threshold: number | null;
  /** Decisions without a number as their score: they are in no row. */
  readonly unscored: number;
  /** Rows of the sample, evenly of all decisions: those that a rule of sampling keeps more of are in it no more than others. */
  readonly sampled: Uint32Array;
  readonly features: readonly SampledFeature[];
  /** Log odds that reasons gave each feature, summed. */
  readonly contributions: ReadonlyMap<string, number>;
}

export interface LedgerRowsOptions {
  readonly model: Pick<ModelInSpan, "name" | "version">;
  /** The feature that is the amount of money. */
  readonly amount?: string | undefined;
  /** Of decisions that have none. */
  readonly threshold?: number | undefined;
  /** Rows of the sample, at most about. */
  readonly mostSampled: number;
  readonly codes: CategoryCodes;
}

/** As the label says it, else the feature. Money that nobody knows is none: it would make a sum unknown. */
export const moneyOf = (label: Pick<Label, "amount"> | undefined, feature: number): number =>
  label?.amount ?? (Number.isNaN(feature) ? 0 : feature);

const REASON_COLUMNS = Array.from({ length: REASONS }, (_, i) => [`reason_${i + 1}`, `contribution_${i + 1}`] as const);
const NARROW = new Set([
  ...["id", "model", "version", "score", "threshold", "action", "latency_ms", "weight", "erased"],
  ...REASON_COLUMNS.flat(),
]);

/** Memory is some hundred bytes a decision, and the sample. */
export async function readLedgerRows(ledger: string, span: Span, options: LedgerRowsOptions): Promise<LedgerRows> {
  const parts = (await partsOf(ledger, span)).filter(({ notes }) =>
    notes.models.some(({ name, version }) => name === options.model.name && version === options.model.version),
  );
  const narrow = await readNarrow(parts, span, options);
  const highest = narrow.weight.reduce((most, weight) => Math.max(most, weight), 1);
  const decisions = narrow.weight.reduce((sum, weight) => sum + weight, 0);
  const share = Math.min(1 / highest, options.mostSampled / Math.max(1, decisions));
  const { isErased, places, ...rows } = narrow;
  const isSampled = (row: number) => isErased[row] === 0 && (share === 1 || placeOfId(rows.ids[row]!) < share);
  const sampled = Uint32Array.from(rows.ids.keys()).filter(isSampled);
  return { ...rows, sampled, features: await readFeatures(parts, sampled, places, options) };
}

async function readNarrow(parts: readonly Part[], span: Span, options: LedgerRowsOptions) {
  const { model, amount } = options;
  const amountColumn = amount === undefined ? undefined : `${FEATURE_PREFIX}${amount}`;
  const ids: string[] = [];
  const columns = { time: [], score: [], alerted: [], latencyMs: [], amount: [], weight: [], isErased: [], places: [] };
  const {
    time,
    score,
    alerted,
    latencyMs,
    amount: amounts,
    weight,
    isErased,
    places,
  }: Record<keyof typeof columns, number[]> = columns;
  const contributions = new Map<string, number>();
  let last = { time: Number.NEGATIVE_INFINITY, threshold: null as number | null };
  let unscored = 0;
  let before = 0;
  for await (const { rows, times } of spanRows(parts, (name) => NARROW.has(name) || name === amountColumn)) {
    const cells = (name: string) => rows.cells(name);
    const [names, versions, scores, thresholds] = [
      cells("model"),
      cells("version"),
      cells("score"),
      cells("threshold"),
    ];
    const [actions, latencies, weights, erased] = [
      cells("action"),
      cells("latency_ms"),
      cells("weight"),
      cells("erased"),
    ];
    const [id, money] = [cells("id"), amountColumn === undefined ? undefined : cells(amountColumn)];
    const reasons = REASON_COLUMNS.map(([reason, contribution]) => [cells(reason), cells(contribution)] as const);
    for (let row = 0; row < rows.rowCount; row++) {
      const at = times[row]!;
      if (at < span.from || at >= span.to) continue;
      if (names?.[row] !== model.name || versions?.[row] !== model.version) continue;
      const value = numberCell(scores?.[row]);
      if (!Number.isFinite(value)) {
        unscored++;
        continue;
      }
      const own = numberCell(thresholds?.[row]);
      const threshold = Number.isNaN(own) ? (options.threshold ?? null) : own;
      if (!Number.isNaN(own) && at >= last.time) last = { time: at, threshold: own };
      const action = actions?.[row];
      ids.push(String(id?.[row]));
      time.push(at);
      score.push(value);
      alerted.push(isAlerted({ action: typeof action === "string" ? action : null, score: value, threshold }) ? 1 : 0);
      latencyMs.push(numberCell(latencies?.[row]));
      amounts.push(numberCell(money?.[row]));
      weight.push(numberCell(weights?.[row]));
      isErased.push(erased?.[row] === true ? 1 : 0);
      places.push(before + row);
      for (const [reason, contribution] of reasons) {
        const feature = reason?.[row];
        if (typeof feature === "string")
          contributions.set(feature, (contributions.get(feature) ?? 0) + numberCell(contribution?.[row]));
      }
    }
    before += rows.rowCount;
  }
  return {
    ...{ ids, contributions, unscored, threshold: last.threshold, isErased, places },
    time: Float64Array.from(time),
    score: Float64Array.from(score),
    alerted: Uint8Array.from(alerted),
    latencyMs: Float64Array.from(latencyMs),
    amount: Float64Array.from(amounts),
    weight: Float64Array.from(weight),
  };
}

/** What the model was shown in the sampled rows; `places` says which row of the parts, counted through, each row is. */
async function readFeatures(
  parts: readonly Part[],
  sampled: Uint32Array,
  places: readonly number[],
  { model, codes }: LedgerRowsOptions,
): Promise<readonly SampledFeature[]> {
  const shown = new Set(
    parts.flatMap(({ notes }) =>
      notes.models.flatMap(({ name, version, features }) =>
        name === model.name && version === model.version ? features : [],
      ),
    ),
  );
  const names = [...shown].sort();
  const isText = new Set(
    parts.flatMap(({ columns }) => columns.flatMap(({ name, kind }) => (kind === "text" ? [name] : []))),
  );
  const features = names.map((name) => ({
    name,
    column: `${FEATURE_PREFIX}${name}`,
    kind: isText.has(`${FEATURE_PREFIX}${name}`) ? ("category" as const) : ("number" as const),
    cells: new Float64Array(sampled.length).fill(Number.NaN),
  }));
  const wanted = new Set(features.map(({ column }) => column));
  let before = 0;
  let next = 0;
  for await (const { rows } of spanRows(parts, (name) => wanted.has(name))) {
    const end = before + rows.rowCount;
    const from = next;
    while (next < sampled.length && places[sampled[next]!]! < end) next++;
    for (const { name, column, kind, cells } of features) {
      const source = rows.cells(column);
      if (source === undefined) continue;
      for (let i = from; i < next; i++) {
        const cell = source[places[sampled[i]!]! - before];
        cells[i] = kind === "category" ? codes.codeOf(name, cell) : numberCell(cell);
      }
    }
    before = end;
  }
  return features.map(({ name, kind, cells }) => ({ name, kind, cells }));
}
