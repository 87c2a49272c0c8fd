import { randomLedger } from "../features/random-ledger.testing.ts";
import type { Ledger } from "../ledger/ledger.ts";

const DAY = 86_400_000;

/** Ten transfers a day by customers 0..9, from the first day of the protocol, with the frauds given as [day, customer]. */
export const tinyLedger = (days: number, frauds: readonly (readonly [number, number])[]): Ledger => {
  const base = randomLedger({ rows: days * 10, accounts: 20, devices: 1, seed: 1, step: 1 });
  for (let row = 0; row < base.rows; row++) {
    base.transfers.time[row] = Date.UTC(2018, 6, 25) + Math.floor(row / 10) * DAY + (row % 10) * 1000;
    base.transfers.payer[row] = row % 10;
  }
  base.labels.fraud.fill(0);
  for (const [day, customer] of frauds) {
    const row = day * 10 + customer;
    base.labels.fraud[row] = 1;
    base.labels.typology[row] = 1;
    base.labels.knownAt[row] = base.transfers.time[row]! + 7 * DAY;
  }
  return base;
};
