import { describe, expect, it } from "vitest";
import { emptyTransfer } from "../ledger/ledger.ts";
import { CATALOGUE } from "./catalogue.ts";
import { computeFeatures } from "./offline.ts";
import { createOnlineFeatures, type NamedTransfer, type OnlineFeatures } from "./online.ts";
import { randomLedger } from "./random-ledger.testing.ts";
import { DAY, HOUR, MINUTE } from "./state/windows.ts";

const NAMES = CATALOGUE.map((feature) => feature.name);
const NOON = Date.UTC(2025, 5, 11, 15);

const pay = (payer: string, payee: string, time: number, more: Partial<NamedTransfer> = {}): NamedTransfer => ({
  ...emptyTransfer(),
  amountCents: 10_000,
  ...more,
  payer,
  payee,
  time,
  device: more.device ?? `${payer}'s phone`,
});

const start = (): OnlineFeatures => createOnlineFeatures({ names: NAMES, utcOffset: -3 * HOUR });
const told = (vector: Float32Array): Record<string, number> =>
  Object.fromEntries(NAMES.map((name, at) => [name, vector[at]!]));

describe("online features", () => {
  it("start cold: counts and sums are 0, means, ratios and ages are not known", () => {
    const first = told(start().process(pay("ana", "bia", NOON)));
    for (const name of NAMES) {
      if (/_cnt_|_sum_|_degree_|_payees_|_fraud_/.test(name)) expect(first[name], name).toBe(0);
    }
    for (const name of [
      "c_mean_30d",
      "c_z_amount",
      "c_ratio_max_90d",
      "c_secs_since_last",
      "c_hour_rarity",
      "c_pass_through_1h",
      "cp_days_since_first",
      "d_age",
      "p_burst",
      "p_dispersal_24h",
      "p_risk_90d",
      "geo_speed",
    ]) {
      expect(first[name], name).toBeNaN();
    }
    expect(first).toMatchObject({ cp_is_new: 1, d_is_new: 1, ring_size: 1, is_night: 0 });
  });

  it("see a mule: paid by several, paying out within minutes, joined to others by its device", () => {
    const online = start();
    online.process(pay("old mule", "shop", NOON - 2 * DAY, { device: "burner" }));
    online.process(pay("mule", "shop", NOON - DAY - HOUR, { device: "burner" }));
    for (const [at, victim] of ["v1", "v2", "v3"].entries()) {
      online.process(pay(victim, "mule", NOON + at * MINUTE, { amountCents: 90_000 }));
      online.process(pay("mule", "exit", NOON + at * MINUTE + 30_000, { amountCents: 80_000, device: "burner" }));
    }
    online.learn({ payer: "v0", payee: "old mule", device: null, time: NOON - 3 * DAY, knownAt: NOON + HOUR });
    const next = told(online.compute(pay("v4", "mule", NOON + 2 * HOUR)));
    expect(next).toMatchObject({
      p_in_degree_24h: 3,
      p_new_payer_share: 1,
      ring_size: 2,
      ring_fraud_known_90d: 1,
      p_fraud_known_90d: 0,
    });
    // The later payments cover the rest of the first two credits; of the third, 80,000 of 90,000 left.
    expect(next.p_dispersal_24h).toBeCloseTo(260_000 / 270_000, 6);
    expect(next.p_secs_in_to_out_7d).toBeCloseTo(30, 2);
    const asPayer = told(online.compute(pay("mule", "exit", NOON + 2 * HOUR, { device: "burner" })));
    expect(asPayer).toMatchObject({ c_ring_fraud_known_90d: 1, cp_is_new: 0, d_customers_7d: 2 });
  });

  it("hide what only the payee's institution sees", () => {
    const online = start();
    online.process(pay("ana", "bia", NOON));
    const there = told(online.compute(pay("caio", "bia", NOON + 1, { payeeIsInternal: 0 })));
    expect(there.p_in_degree_24h).toBeNaN();
    expect(there.ring_size).toBeNaN();
    expect(there.p_fraud_known_90d).toBe(0);
  });

  it("compute a transfer that comes late as of the newest one seen", () => {
    const online = start();
    online.process(pay("ana", "bia", NOON));
    online.process(pay("caio", "bia", NOON + 2 * HOUR));
    const late = told(online.process(pay("ana", "bia", NOON + HOUR / 2)));
    expect(late.c_secs_since_last).toBe(7200);
    expect(late.c_cnt_1h).toBe(0);
    expect(online.clock).toBe(NOON + 2 * HOUR);
  });

  it("forget a fraud 90 days, and a victim 180 days, after it became known", () => {
    const online = start();
    const knownAt = NOON + 10 * DAY;
    online.learn({ payer: "ana", payee: "bia", device: "ana's phone", time: NOON, knownAt });
    const at = (time: number) => {
      const seen = told(online.compute(pay("ana", "bia", time)));
      return [seen.p_fraud_known_90d, seen.d_fraud_known_90d, seen.c_known_victim_180d];
    };
    expect(at(knownAt - 1)).toEqual([0, 0, 0]);
    expect(at(knownAt)).toEqual([1, 1, 1]);
    expect(at(knownAt + 90 * DAY - 1)).toEqual([1, 1, 1]);
    expect(at(knownAt + 90 * DAY)).toEqual([0, 0, 1]);
    expect(at(knownAt + 180 * DAY)).toEqual([0, 0, 0]);
  });

  it("refuse a feature that is not in the catalogue", () => {
    expect(() => createOnlineFeatures({ names: ["mood"], utcOffset: 0 })).toThrow(/No feature is called 'mood'/);
  });
});

describe("offline features", () => {
  const ledger = randomLedger({ rows: 50, accounts: 5, devices: 5, seed: 1, step: HOUR });

  it("refuse a ledger whose times go back, with the row", () => {
    const time = Float64Array.from(ledger.transfers.time);
    time[20] = time[10]!;
    const disordered = { ...ledger, transfers: { ...ledger.transfers, time } };
    expect(() => computeFeatures(disordered)).toThrow(/Ledger row 20 lies before row 19 in time/);
  });

  it("refuse a range that does not fit", () => {
    expect(() => computeFeatures(ledger, { from: 10, to: 51 })).toThrow(/Rows \[10, 51\).*50 rows/);
  });
});
