import type { FeatureDefinition } from "../features/feature.ts";
import type { FeatureTable } from "../features/offline.ts";
import type { Ledger } from "../ledger/ledger.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
/** Days of the windows, and the days that a terminal's frauds take to be known. */
const WINDOWS = [1, 7, 30] as const;
const DELAY = 7;

const customerFeatures = WINDOWS.flatMap((days): FeatureDefinition[] => [
  {
    name: `customer_count_${days}d`,
    definition: "Number of the customer's transactions, this one included.",
    window: `${days} d`,
    unit: "count",
    entity: "payer",
    pit: "P2",
  },
  {
    name: `customer_mean_${days}d`,
    definition: "Mean amount of the customer's transactions, this one included.",
    window: `${days} d`,
    unit: "R$",
    entity: "payer",
    pit: "P2",
  },
]);

const terminalFeatures = WINDOWS.flatMap((days): FeatureDefinition[] => [
  {
    name: `terminal_count_${days}d`,
    definition: `Number of the terminal's transactions in the window that ended ${DELAY} days ago.`,
    window: `${days} d`,
    unit: "count",
    entity: "payee",
    pit: "P1",
  },
  {
    name: `terminal_risk_${days}d`,
    definition: `Share of frauds among the terminal's transactions in the window that ended ${DELAY} days ago, 0 without any.`,
    window: `${days} d`,
    unit: "ratio",
    entity: "payee",
    pit: "P5",
  },
]);

/** The handbook's fifteen features. Windows are (t - w, t], for terminals (t - d - w, t - d] with d = 7 days. */
export const HANDBOOK_FEATURES: readonly FeatureDefinition[] = [
  {
    name: "amount",
    definition: "Amount of the transaction.",
    window: "now",
    unit: "R$",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "during_weekend",
    definition: "1 on Saturday and Sunday.",
    window: "now",
    unit: "flag",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "during_night",
    definition: "1 from 00:00 to 06:59.",
    window: "now",
    unit: "flag",
    entity: "transfer",
    pit: "P2",
  },
  ...customerFeatures,
  ...terminalFeatures,
];

/** Sliding counts and sums by entity, one pair of fields a window. */
const FIELDS = 2 * WINDOWS.length;

/**
 * Computes the handbook's features for every row of a ledger ordered by time. Rows of one instant count in the order of
 * the ledger, as everywhere here; a terminal's past ends a week ago, so its own label is never in its risk.
 */
export function computeHandbookFeatures(ledger: Ledger): FeatureTable {
  const { time, payer, payee, amountCents } = ledger.transfers;
  const fraud = ledger.labels.fraud;
  const width = HANDBOOK_FEATURES.length;
  const values = new Float32Array(ledger.rows * width);
  const customers = new Float64Array(ledger.accounts * FIELDS);
  const terminals = new Float64Array(ledger.accounts * FIELDS);
  /** Per window: the first row still in the customers' windows, and in the terminals'. */
  const customerTail = new Int32Array(WINDOWS.length);
  const terminalTail = new Int32Array(WINDOWS.length);
  /** The first row that is not yet a week old. */
  let known = 0;

  for (let row = 0; row < ledger.rows; row++) {
    const now = time[row]!;
    for (; time[known]! <= now - DELAY * DAY; known++) add(terminals, payee[known]!, 1, fraud[known]!);
    add(customers, payer[row]!, 1, amountCents[row]!);
    for (const [window, days] of WINDOWS.entries()) {
      let tail = customerTail[window]!;
      for (; time[tail]! <= now - days * DAY; tail++) drop(customers, payer[tail]!, window, amountCents[tail]!);
      customerTail[window] = tail;
      tail = terminalTail[window]!;
      for (; time[tail]! <= now - (DELAY + days) * DAY; tail++) drop(terminals, payee[tail]!, window, fraud[tail]!);
      terminalTail[window] = tail;
    }

    const local = now + ledger.utcOffset;
    const day = Math.floor(local / DAY);
    const weekday = (day + 4) % 7;
    let at = row * width;
    values[at++] = amountCents[row]! / 100;
    values[at++] = weekday === 0 || weekday === 6 ? 1 : 0;
    values[at++] = local - day * DAY < 7 * HOUR ? 1 : 0;
    const customer = payer[row]! * FIELDS;
    for (let field = 0; field < FIELDS; field += 2) {
      const count = customers[customer + field]!;
      values[at++] = count;
      values[at++] = customers[customer + field + 1]! / count / 100;
    }
    const terminal = payee[row]! * FIELDS;
    for (let field = 0; field < FIELDS; field += 2) {
      const count = terminals[terminal + field]!;
      values[at++] = count;
      values[at++] = count > 0 ? terminals[terminal + field + 1]! / count : 0;
    }
  }
  return {
    names: HANDBOOK_FEATURES.map((feature) => feature.name),
    features: HANDBOOK_FEATURES,
    rows: ledger.rows,
    firstRow: 0,
    values,
  };
}

const add = (sums: Float64Array, entity: number, count: number, value: number): void => {
  for (let field = entity * FIELDS; field < (entity + 1) * FIELDS; field += 2) {
    sums[field]! += count;
    sums[field + 1]! += value;
  }
};

const drop = (sums: Float64Array, entity: number, window: number, value: number): void => {
  const field = entity * FIELDS + 2 * window;
  sums[field]! -= 1;
  sums[field + 1]! -= value;
};
