import { invalid } from "@esteira/core/errors";

export const DAY = 86_400_000;

/** A half-open span of time, milliseconds since the epoch. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/**
 * How a ledger's period is used. Nothing overlaps, and nothing is judged before its labels had time to arrive:
 *
 *     |-- warm-up --|-- train --|-- validation --|-- test --|-- young: labels still arriving --|-- live --|
 *                                                                                              ^ asOf    ^ now
 *
 * Models are trained, chosen and gated with the labels known at `asOf`; `live` is what the served model then meets.
 */
export interface Timeline {
  /** The ledger's first instant: nothing before it is known. */
  readonly begin: number;
  readonly train: Span;
  readonly validation: Span;
  readonly test: Span;
  /** When the models are trained and judged. The test span ended `maturityDays` before. */
  readonly asOf: number;
  readonly live: Span;
  readonly maturityDays: number;
}

const SHORTEST_DAYS = 60;

/**
 * Splits a period by fixed shares of its days. `first` and `last` are the instants of the first and last transfer.
 * The maturity is 30 days where the period allows, less in a short ledger; it is always stated.
 */
export function splitTimeline(first: number, last: number): Timeline {
  const start = Math.floor(first / DAY) * DAY;
  const days = Math.ceil((last + 1 - start) / DAY);
  if (days < SHORTEST_DAYS) {
    throw invalid(
      `The ledger covers ${days} days: at least ${SHORTEST_DAYS} are needed to train, to wait for labels, to test and to monitor. Simulate or export a longer period.`,
    );
  }
  const day = (share: number) => start + Math.round(days * share) * DAY;
  const maturityDays = Math.min(30, Math.round(days * 0.125));
  const asOf = day(0.8);
  const testTo = asOf - maturityDays * DAY;
  const trainFrom = day(0.35);
  const judged = testTo - trainFrom;
  const at = (share: number) => trainFrom + Math.round((judged * share) / DAY) * DAY;
  return {
    begin: first,
    train: { from: trainFrom, to: at(0.45) },
    validation: { from: at(0.45), to: at(0.65) },
    test: { from: at(0.65), to: testTo },
    asOf,
    live: { from: asOf, to: last + 1 },
    maturityDays,
  };
}

const UP_TO = { chosen: 7, judged: 7, warmUp: 0.2 };

/**
 * The spans of a training that must know what happened until now, such as a retraining: the last week judges and the one before chooses, with the labels known at `asOf`. Those are young,
 * and fewer than there will be: alike for all that is judged on them.
 */
export function timelineUpTo(first: number, asOf: number): Timeline {
  const start = Math.floor(first / DAY) * DAY;
  const days = Math.floor((asOf - start) / DAY);
  if (days < SHORTEST_DAYS)
    throw invalid(`The ledger covers ${days} days until then: at least ${SHORTEST_DAYS} are needed to train.`);
  const test = { from: asOf - UP_TO.judged * DAY, to: asOf };
  const validation = { from: test.from - UP_TO.chosen * DAY, to: test.from };
  return {
    begin: first,
    train: { from: start + Math.round(days * UP_TO.warmUp) * DAY, to: validation.from },
    ...{ validation, test, asOf, live: { from: asOf, to: asOf }, maturityDays: 0 },
  };
}
