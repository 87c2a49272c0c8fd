import type { Ledger, NumericColumn, TransferColumns } from "../ledger/ledger.ts";
import { DAY, HOUR, MINUTE } from "./state/windows.ts";

export interface RandomLedgerOptions {
  readonly rows: number;
  readonly accounts: number;
  readonly devices: number;
  readonly seed: number;
  /** Mean milliseconds between rows. */
  readonly step: number;
  /** Share of rows at the very millisecond of the row before. */
  readonly ties?: number;
  readonly fraudShare?: number;
  /** Times are multiples of this many milliseconds: rows then lie exactly on the edges of windows. */
  readonly grid?: number;
  /** Share of rows after a gap of up to three days. */
  readonly gaps?: number;
}

/** A small stream of uniform numbers in [0, 1) (mulberry32), for tests only. */
export const uniform = (seed: number): (() => number) => {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
};

const START = Date.UTC(2024, 2, 1, 2, 30);

/** A ledger without sense but with everything that is awkward: ties, unknowns, self-payments, bursts, gaps, late labels. */
export function randomLedger(options: RandomLedgerOptions): Ledger {
  const { rows, accounts, devices } = options;
  const next = uniform(options.seed);
  const pick = (below: number): number => Math.floor(next() * below);
  const columns: { [K in keyof TransferColumns]-?: NumericColumn } = {
    time: new Float64Array(rows),
    payer: new Int32Array(rows),
    payee: new Int32Array(rows),
    amountCents: new Float64Array(rows),
    device: new Int32Array(rows),
    keyType: new Uint8Array(rows),
    initiation: new Uint8Array(rows),
    balanceCents: new Float64Array(rows),
    limitCents: new Float64Array(rows),
    payerOpenedAt: new Float64Array(rows),
    payeeOpenedAt: new Float64Array(rows),
    keyRegisteredAt: new Float64Array(rows),
    limitRaisedAt: new Float64Array(rows),
    credentialsChangedAt: new Float64Array(rows),
    riskBits: new Uint8Array(rows),
    latitude: new Float32Array(rows),
    longitude: new Float32Array(rows),
    payeeIsCompany: new Uint8Array(rows),
    payeeIsInternal: new Uint8Array(rows),
  };
  const labels = {
    fraud: new Uint8Array(rows),
    knownAt: new Float64Array(rows).fill(Number.NaN),
    reportedAt: new Float64Array(rows).fill(Number.NaN),
    typology: new Uint8Array(rows),
  };
  const internalShare = 0.7;
  let time = START;
  for (let row = 0; row < rows; row++) {
    if (next() >= (options.ties ?? 0.1)) {
      // Now and then a gap longer than the shorter windows, so that several of them empty at once.
      time += next() < (options.gaps ?? 0.002) ? 3 * DAY * next() : Math.max(1, -Math.log(1 - next()) * options.step);
      time = Math.ceil(time / (options.grid ?? 1)) * (options.grid ?? 1);
    }
    // Half of the activity falls on a tenth of the accounts: long histories beside cold starts.
    const busy = (): number => (next() < 0.5 ? pick(Math.max(1, accounts / 10)) : pick(accounts));
    columns.time[row] = time;
    columns.payer[row] = busy();
    columns.payee[row] = busy();
    columns.amountCents[row] = next() < 0.3 ? 1000 * (1 + pick(20)) : Math.floor(Math.exp(next() * 12));
    columns.device[row] = next() < 0.1 ? -1 : (columns.payer[row]! * 7 + (next() < 0.2 ? pick(devices) : 0)) % devices;
    columns.keyType[row] = pick(7);
    columns.initiation[row] = pick(6);
    columns.balanceCents[row] = next() < 0.1 ? Number.NaN : pick(1_000_000);
    columns.limitCents[row] = next() < 0.1 ? Number.NaN : 100_000 + pick(400_000);
    columns.payerOpenedAt[row] = next() < 0.1 ? Number.NaN : START - pick(1000) * DAY;
    columns.payeeOpenedAt[row] = next() < 0.1 ? Number.NaN : START - pick(1000) * DAY;
    columns.keyRegisteredAt[row] = next() < 0.1 ? Number.NaN : START - pick(300) * DAY;
    columns.limitRaisedAt[row] = next() < 0.5 ? Number.NaN : time - pick(48) * HOUR;
    columns.credentialsChangedAt[row] = next() < 0.5 ? Number.NaN : time - pick(48) * HOUR;
    columns.riskBits[row] = pick(32);
    columns.latitude[row] = next() < 0.2 ? Number.NaN : -33 + next() * 38;
    columns.longitude[row] = Number.isNaN(columns.latitude[row]!) ? Number.NaN : -73 + next() * 38;
    columns.payeeIsCompany[row] = pick(2);
    columns.payeeIsInternal[row] = columns.payee[row]! % 10 < internalShare * 10 ? 1 : 0;
    if (next() < (options.fraudShare ?? 0.05)) {
      labels.fraud[row] = 1;
      labels.typology[row] = 1 + pick(2);
      labels.reportedAt[row] = time + pick(5 * MINUTE);
      // At once, at the same instant as other rows, days later, months later, or never.
      const kind = next();
      labels.knownAt[row] = kind < 0.1 ? time : kind < 0.7 ? time + pick(8) * DAY : time + pick(40) * DAY;
      if (kind > 0.95) labels.knownAt[row] = Number.NaN;
    }
  }
  return {
    rows,
    transfers: columns,
    labels,
    slices: {},
    typologies: ["none", "a", "b"],
    sliceNames: {},
    accounts,
    devices,
    utcOffset: -3 * HOUR,
    idOf: (row) => `t${row}`,
    accountOf: (index) => `account ${index}`,
    deviceOf: (index) => `device ${index}`,
    origin: { kind: "simulated", description: "random", digest: "", source: {}, trueToLedgerPrevalence: 1 },
  };
}
