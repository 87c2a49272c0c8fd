import { describe, expect, it } from "vitest";
import { emptyTransfer, type Ledger, readTransfer } from "../ledger/ledger.ts";
import { computeFeatures, knownFraud, labelSchedule } from "./offline.ts";
import { createOnlineFeatures, type NamedTransfer } from "./online.ts";
import { randomLedger } from "./random-ledger.testing.ts";
import { DAY, MINUTE } from "./state/windows.ts";

const bits = (values: Float32Array): Uint32Array => new Uint32Array(values.buffer, values.byteOffset, values.length);

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

/** Replays rows [from, rows) as a service meets them and returns the vectors. */
const replay = (ledger: Ledger, names: readonly string[], from: number, announce: "when known" | "at once") => {
  const online = createOnlineFeatures({ names, utcOffset: ledger.utcOffset });
  if (from > 0) online.warm(ledger, from);
  const values = new Float32Array((ledger.rows - from) * names.length);
  const frauds = labelSchedule(ledger);
  let next = 0;
  while (next < frauds.count && frauds.visibleFrom[next]! <= from) next++;
  const later = Array.from({ length: frauds.count - next }, (_, index) => next + index);
  for (let row = from; row < ledger.rows; row++) {
    if (announce === "when known") {
      while (next < frauds.count && frauds.visibleFrom[next]! <= row) {
        online.learn(namedFraud(ledger, frauds.rows[next++]!));
      }
    }
    online.process(named(ledger, row), values.subarray((row - from) * names.length, (row - from + 1) * names.length));
    if (announce === "at once") {
      for (const index of later) {
        if (frauds.rows[index] === row) online.learn(namedFraud(ledger, row));
      }
      if (row === from) {
        for (const index of later)
          if (frauds.rows[index]! < from) online.learn(namedFraud(ledger, frauds.rows[index]!));
      }
    }
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
    expect(bits(replay(ledger, table.names, 0, "when known"))).toEqual(bits(table.values));
  });

  it("are equal to the bit when labels are told ahead and wait for their time", () => {
    expect(bits(replay(ledger, table.names, 0, "at once"))).toEqual(bits(table.values));
  });

  it("are equal to the bit after warming from a prefix", () => {
    const from = 5_000;
    const rest = computeFeatures(ledger, { from });
    expect(rest.firstRow).toBe(from);
    expect(bits(rest.values)).toEqual(bits(table.values.slice(from * table.names.length)));
    expect(bits(replay(ledger, table.names, from, "when known"))).toEqual(bits(rest.values));
  });

  it("leave no trace of a vector that was only computed", () => {
    const online = createOnlineFeatures({ names: table.names, utcOffset: ledger.utcOffset });
    online.warm(ledger, 2_000);
    const first = online.compute(named(ledger, 2_000)).slice();
    expect(bits(online.compute(named(ledger, 2_000)))).toEqual(bits(first));
    expect(bits(online.process(named(ledger, 2_000)))).toEqual(bits(first));
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
