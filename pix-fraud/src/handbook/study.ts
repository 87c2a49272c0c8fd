import type { FeatureTable } from "../features/offline.ts";
import type { Timeline } from "../job/timeline.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { takeRows } from "../ledger/subset.ts";
import { prepareStudy, type Study } from "../training/study.ts";
import { computeHandbookFeatures } from "./features.ts";
import { HANDBOOK, splitHandbook } from "./protocol.ts";

const DAY = 86_400_000;

/**
 * The handbook's weeks as the job's spans. The delay week takes the place of the validation span: nothing is trained or chosen
 * by its labels, but an alert threshold needs scores of rows that no model was trained on, and those it gives. The test week is
 * judged when its last label has become known; the live span is what the file has after that day, and may be empty.
 */
export function handbookTimeline(ledger: Ledger): Timeline {
  const { trainStart, trainDays, delayDays, testDays } = HANDBOOK;
  const delayFrom = trainStart + trainDays * DAY;
  const testFrom = delayFrom + delayDays * DAY;
  const testTo = testFrom + testDays * DAY;
  const asOf = testTo + delayDays * DAY;
  const last = ledger.transfers.time[ledger.rows - 1] ?? 0;
  return {
    begin: ledger.transfers.time[0] ?? trainStart,
    train: { from: trainStart, to: delayFrom },
    validation: { from: delayFrom, to: testFrom },
    test: { from: testFrom, to: testTo },
    asOf,
    live: { from: asOf, to: Math.max(asOf, last + 1) },
    maturityDays: delayDays,
  };
}

/**
 * The handbook's features, from the whole history, on the rows that its protocol uses and on those after it. Known victims
 * leave the test week alone.
 */
export function prepareHandbookStudy(ledger: Ledger): Study {
  const timeline = handbookTimeline(ledger);
  const { train, delay, test } = splitHandbook(ledger);
  const later: number[] = [];
  for (let row = 0; row < ledger.rows; row++) if (ledger.transfers.time[row]! >= timeline.test.to) later.push(row);
  const rows = Int32Array.from([...train, ...delay, ...test, ...later]);
  return prepareStudy(takeRows(ledger, rows), takeFeatures(computeHandbookFeatures(ledger), rows), timeline);
}

function takeFeatures(table: FeatureTable, rows: Int32Array): FeatureTable {
  const width = table.names.length;
  const values = new Float32Array(rows.length * width);
  for (let at = 0; at < rows.length; at++) {
    const row = rows[at]!;
    values.set(table.values.subarray(row * width, (row + 1) * width), at * width);
  }
  return { ...table, rows: rows.length, firstRow: 0, values };
}
