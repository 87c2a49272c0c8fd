/** The alerts of a span of a ledger, as analysts are told of them. */

import { type AlertReason, LARGEST_FIGURE, type ReviewableAlert } from "@esteira/core/entities/review";
import type { KeptLabel } from "../labels/label.ts";
import { FEATURE_PREFIX, REASONS, SUBJECTS } from "../ledger/columns.ts";
import type { Part } from "../ledger/parts.ts";
import { type PartRows, readRows } from "../ledger/read-rows.ts";
import { isAlerted } from "../ledger/sampling.ts";
import { numberCell } from "../report/category-codes.ts";
import { partsOf, type Span } from "../report/span.ts";

export interface AlertOptions {
  readonly model: string;
  /** The feature that is the amount of money. */
  readonly amount?: string | undefined;
  /** Instead of it a feature that is the natural logarithm of 1 + the amount. */
  readonly logAmount?: string | undefined;
  /** A feature whose text says what kind of fraud an alert may be. */
  readonly hint?: string | undefined;
  /** Of decisions that have none. */
  readonly threshold?: number | undefined;
  /** What is known without an analyst, by decision. */
  readonly labels: ReadonlyMap<string, KeptLabel>;
}

const numbered = (name: string, count: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => `${name}_${i + 1}`);
const [SUBJECT_COLUMNS, REASON_COLUMNS, CONTRIBUTION_COLUMNS] = [
  numbered("subject", SUBJECTS),
  numbered("reason", REASONS),
  numbered("contribution", REASONS),
];
const NARROW = new Set([
  ...["id", "at", "event_at", "model", "version", "arm", "score", "threshold", "action", "erased"],
  ...[...SUBJECT_COLUMNS, ...REASON_COLUMNS, ...CONTRIBUTION_COLUMNS],
]);

/** Those that were decided in the span, of all versions of the model; memory is about a kilobyte an alert. */
export async function readAlerts(
  ledger: string,
  span: Span,
  options: AlertOptions,
): Promise<readonly ReviewableAlert[]> {
  const found: ReviewableAlert[] = [];
  for (const part of await partsOf(ledger, span))
    if (part.notes.models.some(({ name }) => name === options.model))
      found.push(...(await alertsOf(part, span, options)));
  return found;
}

/** An alert and where in its part it stands. */
interface Found {
  readonly place: number;
  readonly alert: ReviewableAlert;
}

async function alertsOf(part: Part, span: Span, options: AlertOptions): Promise<readonly ReviewableAlert[]> {
  const more = new Set([options.amount, options.logAmount, options.hint].map(columnOf));
  const found: Found[] = [];
  let before = 0;
  for await (const rows of readRows(part, (name) => NARROW.has(name) || more.has(name))) {
    const models = rows.cells("model");
    for (let row = 0; row < rows.rowCount; row++) {
      if (models?.[row] !== options.model) continue;
      const alert = alertOf(rows, row, span, options);
      if (alert !== undefined) found.push({ place: before + row, alert });
    }
    before += rows.rowCount;
  }
  return withValues(part, found);
}

function alertOf(rows: PartRows, row: number, span: Span, options: AlertOptions): ReviewableAlert | undefined {
  const text = (name: string | undefined): string | null => {
    const cell = name === undefined ? undefined : rows.cells(name)?.[row];
    return cell === null || cell === undefined || cell === "" ? null : String(cell);
  };
  const number = (name: string | undefined): number =>
    name === undefined ? Number.NaN : numberCell(rows.cells(name)?.[row]);
  const decidedAt = Number(rows.cells("at")?.[row]);
  const score = number("score");
  const own = number("threshold");
  const threshold = Number.isNaN(own) ? (options.threshold ?? null) : own;
  if (!(decidedAt >= span.from && decidedAt < span.to) || !Number.isFinite(score)) return undefined;
  if (!isAlerted({ action: text("action"), score, threshold })) return undefined;
  const decisionId = text("id") ?? "";
  const [arm, hint] = [text("arm"), text(columnOf(options.hint))];
  const told = number(columnOf(options.amount));
  const amount = Number.isNaN(told) ? Math.expm1(number(columnOf(options.logAmount))) : told;
  const eventAt = rows.cells("event_at")?.[row] ?? null;
  const known = options.labels.get(decisionId);
  return {
    ...{ decisionId, version: text("version") ?? "", decidedAt, score },
    subjects: SUBJECT_COLUMNS.flatMap((name) => text(name) ?? []),
    reasons: REASON_COLUMNS.flatMap((name, i): AlertReason[] => {
      const [feature, contribution] = [text(name), number(CONTRIBUTION_COLUMNS[i])];
      return feature === null || !Number.isFinite(contribution) ? [] : [{ feature, contribution }];
    }),
    ...(threshold === null ? {} : { threshold }),
    ...(eventAt === null ? {} : { eventAt: Number(eventAt) }),
    // What no money can be is unknown, and keeps no other alert from being told.
    ...(Math.abs(amount) <= LARGEST_FIGURE ? { amount } : {}),
    ...(arm === null ? {} : { arm }),
    ...(hint === null ? {} : { hint }),
    ...(known === undefined || known.label === "inconclusive" || known.source === "analyst"
      ? {}
      : { known: { label: known.label, source: known.source } }),
    ...(rows.cells("erased")?.[row] === true ? { erased: true } : {}),
  };
}

/** Says of each reason what its feature was: only columns that are a reason are read. */
async function withValues(part: Part, found: readonly Found[]): Promise<readonly ReviewableAlert[]> {
  const wanted = new Set(
    found.flatMap(({ alert }) => alert.reasons.map(({ feature }) => `${FEATURE_PREFIX}${feature}`)),
  );
  if (wanted.size === 0) return found.map(({ alert }) => alert);
  const told: ReviewableAlert[] = [];
  let [before, next] = [0, 0];
  for await (const rows of readRows(part, (name) => wanted.has(name))) {
    for (; next < found.length && found[next]!.place < before + rows.rowCount; next++) {
      const { alert, place } = found[next]!;
      const reasons = alert.reasons.map((reason): AlertReason => {
        const value = valueText(rows.cells(`${FEATURE_PREFIX}${reason.feature}`)?.[place - before]);
        return value === undefined ? reason : { ...reason, value };
      });
      told.push({ ...alert, reasons });
    }
    before += rows.rowCount;
  }
  return told;
}

const columnOf = (feature: string | undefined): string | undefined =>
  feature === undefined ? undefined : `${FEATURE_PREFIX}${feature}`;

/** More digits tell an analyst nothing. */
const DIGITS = 6;
const LONGEST_VALUE = 200;

function valueText(cell: unknown): string | undefined {
  if (cell === null || cell === undefined || Number.isNaN(cell)) return undefined;
  return typeof cell === "number" ? String(Number(cell.toPrecision(DIGITS))) : String(cell).slice(0, LONGEST_VALUE);
}
