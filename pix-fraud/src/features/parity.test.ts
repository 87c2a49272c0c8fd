import { describe, expect, it } from "vitest";
import { emptyTransfer, type Ledger, readTransfer } from "../ledger/ledger.ts";
import { computeFeatures, knownFraud, labelSchedule } from "./offline.ts";
import { createOnlineFeatures, type NamedTransfer } from "./online.ts";
import { randomLedger } from "./random-ledger.testing.ts";
import { DAY, MINUTE } from "./state/windows.ts";

/** Equal to the bit, NaN included; says where not. */
const expectSameBits = (values: Float32Array, expected: Float32Array, names: readonly string[]): void => {
  const bits = (of: Float32Array): Uint32Array => new Uint32Array(of.buffer, of.byteOffset, of.length);
  const [a, b] = [bits(values), bits(expected)];
  expect(a.length).toBe(b.length);
  const at = a.findIndex((bit, index) => bit !== b[index]);
  const where = `row ${Math.floor(at / names.length)}, ${names[at % names.length]}`;
  expect(at, `${where}: ${values[at]} instead of ${expected[at]}`).toBe(-1);
};

const named = (ledger: Ledger, row: number): NamedTransfer => {
  const { payer, payee, device, ...rest } = readTransfer(ledger.transfers, row, emptyTransfer());
  return {
    ...rest,
    payer: ledger.accountOf(payer),
    payee: ledger.accountOf(payee),
    device: device < 0 ? null : ledger.deviceOf(device),
  };
};

const namedFraud = (ledger: Ledger, row: number) => {
  const fraud = knownFraud(ledger, row);
  return {
    ...fraud,
    payer: ledger.accountOf(fraud.payer),
    payee: ledger.accountOf(fraud.payee),
    device: fraud.device < 0 ? null : ledger.deviceOf(fraud.device),
  };
};

/**
 * Replays rows [from, rows) as a service meets them and returns the vectors. Frauds are told when they become known, or
 * all the earlier: right after their own transfer, to wait in the state for their time.
 */
const replay = (ledger: Ledger, names: readonly string[], from: number, told: "when known" | "ahead"): Float32Array => {
  const online = createOnlineFeatures({ names, utcOffset: ledger.utcOffset });
  online.warm(ledger, from);
  const frauds = labelSchedule(ledger);
  const firstRow = (index: number): number =>
    told === "when known" ? frauds.visibleFrom[index]! : Math.max(from, frauds.rows[index]! + 1);
  const untold = Array.from({ length: frauds.count }, (_, index) => index)
    .filter((index) => frauds.visibleFrom[index]! > from)
    .sort((a, b) => firstRow(a) - firstRow(b) || a - b);
  const values = new Float32Array((ledger.rows - from) * names.length);
  let next = 0;
  for (let row = from; row < ledger.rows; row++) {
    while (next < untold.length && firstRow(untold[next]!) <= row) {
      online.learn(namedFraud(ledger, frauds.rows[untold[next++]!]!));
    }
    online.process(named(ledger, row), values.subarray((row - from) * names.length, (row - from + 1) * names.length));
  }
  return values;
};

describe("online and offline features", () => {
  // 8,000 rows over some 110 days: every window fills and empties, every entity starts cold.
  const ledger = randomLedger({ rows: 8_000, accounts: 300, devices: 120, seed: 7, step: 18 * MINUTE });
  const table = computeFeatures(ledger);

  it("has every column of the catalogue, none of them constant or empty", () => {
    const span = ledger.transfers.time[ledger.rows - 1]! - ledger.transfers.time[0]!;
    expect(span).toBeGreaterThan(100 * DAY);
    for (const [column, name] of table.names.entries()) {
      const seen = new Set<number>();
      for (let row = 0; row < table.rows; row++) seen.add(table.values[row * table.names.length + column]!);
      expect(seen.size, name).toBeGreaterThan(1);
      for (const value of seen) expect(Number.isFinite(value) || Number.isNaN(value), `${name} = ${value}`).toBe(true);
    }
  });

  it("are equal to the bit over the whole ledger, labels told when they become known", () => {
    expectSameBits(replay(ledger, table.names, 0, "when known"), table.values, table.names);
  });

  it("are equal to the bit when labels are told ahead and wait for their time", () => {
    expectSameBits(replay(ledger, table.names, 0, "ahead"), table.values, table.names);
  });

  it("are equal to the bit after warming from a prefix", () => {
    const from = 5_000;
    const rest = computeFeatures(ledger, { from });
    expect(rest.firstRow).toBe(from);
    expectSameBits(rest.values, table.values.slice(from * table.names.length), table.names);
    expectSameBits(replay(ledger, table.names, from, "when known"), rest.values, table.names);
  });

  it("leave no trace of a vector that was only computed", () => {
    const online = createOnlineFeatures({ names: table.names, utcOffset: ledger.utcOffset });
    online.warm(ledger, 2_000);
    const first = online.compute(named(ledger, 2_000)).slice();
    expectSameBits(online.compute(named(ledger, 2_000)), first, table.names);
    expectSameBits(online.process(named(ledger, 2_000)), first, table.names);
  });

  it("give a subset of the columns the same values", () => {
    const names = ["p_risk_90d", "c_cnt_1h", "amount_log"];
    const some = replay(ledger, names, 0, "when known");
    for (let row = 0; row < ledger.rows; row++) {
      for (const [at, name] of names.entries()) {
        const whole = table.values[row * table.names.length + table.names.indexOf(name)]!;
        expect(Object.is(some[row * names.length + at], whole)).toBe(true);
      }
    }
  });
});
