import { invalid } from "@esteira/core/errors";
import { type Interval, wilson } from "./interval.ts";
import { checkLength, type Labels, type Scores } from "./rows.ts";

/** How one group of rows (a typology, a channel, an age band) fares at a threshold. */
export interface GroupMetrics {
  readonly name: string;
  readonly rows: number;
  /** Known frauds: the support of the recall. */
  readonly frauds: number;
  readonly caught: number;
  /** NaN without frauds. */
  readonly recall: number;
  /** Wilson, 95 %. */
  readonly recallInterval: Interval;
  /** Honest rows alerted / honest rows; NaN for a typology, whose rows are all frauds. */
  readonly falsePositiveRate: number;
  /** Money of the frauds caught / money of the frauds; NaN without money. */
  readonly valueRecall: number;
}

/** A division of rows into named groups: `codes[row]` is an index into `names`. */
export interface Grouping {
  readonly codes: Uint8Array | Int32Array;
  readonly names: readonly string[];
}

/** Metrics of each group that has rows, in the order of the names. */
export function groupMetrics(
  rows: { scores: Scores; labels: Labels; amounts: Float64Array },
  grouping: Grouping,
  threshold: number,
): GroupMetrics[] {
  checkLength("The grouping", grouping.codes.length, rows.scores.length);
  const groups = grouping.names.map(() => ({ rows: 0, frauds: 0, caught: 0, alerts: 0, money: 0, moneyCaught: 0 }));
  for (let row = 0; row < rows.scores.length; row++) {
    const group = groups[grouping.codes[row]!];
    if (group === undefined)
      throw invalid(`Row ${row} is of group ${grouping.codes[row]}, but only ${groups.length} groups have a name.`);
    const alerted = rows.scores[row]! >= threshold;
    group.rows++;
    if (alerted) group.alerts++;
    if (rows.labels[row] !== 1) continue;
    group.frauds++;
    group.money += rows.amounts[row]!;
    if (!alerted) continue;
    group.caught++;
    group.moneyCaught += rows.amounts[row]!;
  }
  return groups.flatMap((group, index) => {
    if (group.rows === 0) return [];
    return {
      name: grouping.names[index]!,
      rows: group.rows,
      frauds: group.frauds,
      caught: group.caught,
      recall: group.caught / group.frauds,
      recallInterval: wilson(group.caught, group.frauds),
      falsePositiveRate: (group.alerts - group.caught) / (group.rows - group.frauds),
      valueRecall: group.moneyCaught / group.money,
    };
  });
}

/** Metrics of the typologies: only frauds have one, so rows with label 0 are left out. Code 0 is "none" and left out. */
export function typologyMetrics(
  rows: { scores: Scores; labels: Labels; amounts: Float64Array },
  typology: Grouping,
  threshold: number,
): GroupMetrics[] {
  checkLength("typology", typology.codes.length, rows.scores.length);
  const frauds: number[] = [];
  for (let row = 0; row < rows.labels.length; row++)
    if (rows.labels[row] === 1 && typology.codes[row] !== 0) frauds.push(row);
  return groupMetrics(
    {
      scores: Float64Array.from(frauds, (row) => rows.scores[row]!),
      labels: new Uint8Array(frauds.length).fill(1),
      amounts: Float64Array.from(frauds, (row) => rows.amounts[row]!),
    },
    { codes: Int32Array.from(frauds, (row) => typology.codes[row]!), names: typology.names },
    threshold,
  );
}
