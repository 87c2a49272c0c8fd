import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ledger } from "../ledger/ledger.ts";
import { CATALOGUE } from "./catalogue.ts";
import { computeFeatures, type FeatureTable } from "./offline.ts";
import { randomLedger } from "./random-ledger.testing.ts";
import { DAY, HOUR } from "./state/windows.ts";

const NAMES = CATALOGUE.map((feature) => feature.name);

/** An hour apart in the mean, a third of the rows at the instant of the one before, a fifth of them fraud. */
const ledgerOf = (seed: number, rows = 160): Ledger =>
  randomLedger({ rows, accounts: 25, devices: 20, seed, step: HOUR, ties: 0.33, fraudShare: 0.2, gaps: 0.05 });

const copy = (ledger: Ledger): Ledger => ({
  ...ledger,
  transfers: structuredClone(ledger.transfers),
  labels: structuredClone(ledger.labels),
});

/** First row whose features differ, or the number of rows. */
const firstDifference = (a: FeatureTable, b: FeatureTable): number => {
  const at = a.values.findIndex((value, index) => !Object.is(value, b.values[index]));
  return at < 0 ? a.rows : Math.floor(at / a.names.length);
};

const seeds = fc.integer({ min: 0, max: 1_000_000 });
const share = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true });

describe("what a row must not see", () => {
  it("later rows, those of its own millisecond, their devices and edges included", () => {
    fc.assert(
      fc.property(seeds, seeds, share, (seed, otherSeed, where) => {
        const ledger = ledgerOf(seed);
        const from = 1 + Math.floor(where * (ledger.rows - 1));
        // From row `from` on, another world: other parties, devices, amounts and labels at the same instants.
        const changed = copy(ledger);
        const other = ledgerOf(otherSeed + 1_000_001);
        for (const key of Object.keys(changed.transfers) as (keyof Ledger["transfers"])[]) {
          if (key === "time") continue;
          const column = changed.transfers[key]!;
          for (let row = from; row < ledger.rows; row++) column[row] = other.transfers[key]![row]!;
        }
        for (let row = from; row < ledger.rows; row++) {
          changed.labels.fraud[row] = other.labels.fraud[row]!;
          // Known at once, which is the worst case: nothing of a later row may be known before that row.
          changed.labels.knownAt[row] = changed.transfers.time[row]!;
        }
        expect(firstDifference(computeFeatures(ledger), computeFeatures(changed))).toBeGreaterThanOrEqual(from);
      }),
      { numRuns: 60 },
    );
  });

  it("whether later rows exist at all", () => {
    fc.assert(
      fc.property(seeds, share, (seed, where) => {
        const ledger = ledgerOf(seed);
        const to = 1 + Math.floor(where * (ledger.rows - 1));
        const whole = computeFeatures(ledger, { to });
        const cut = computeFeatures({ ...ledger, rows: to });
        expect(firstDifference(whole, cut)).toBe(to);
        expect(whole.values).toEqual(computeFeatures(ledger).values.subarray(0, to * NAMES.length));
      }),
      { numRuns: 30 },
    );
  });

  it("its own label, nor any label before knownAt", () => {
    fc.assert(
      fc.property(seeds, share, fc.integer({ min: 0, max: 20 * DAY }), (seed, where, delay) => {
        const ledger = ledgerOf(seed);
        const row = Math.floor(where * ledger.rows);
        const knownAt = ledger.transfers.time[row]! + delay;
        const clean = copy(ledger);
        clean.labels.fraud[row] = 0;
        clean.labels.knownAt[row] = Number.NaN;
        const known = copy(ledger);
        known.labels.fraud[row] = 1;
        known.labels.knownAt[row] = knownAt;
        const visible = ledger.transfers.time.findIndex((time) => time >= knownAt);
        const first = visible < 0 ? ledger.rows : Math.max(row + 1, visible);
        const [unseen, seen] = [computeFeatures(clean), computeFeatures(known)];
        expect(firstDifference(unseen, seen)).toBeGreaterThanOrEqual(first);
        // And it is seen as soon as it may be: the share of frauds among all payments changes at that row, if defined.
        if (first < ledger.rows) {
          const at = first * NAMES.length + NAMES.indexOf("p_risk_90d");
          if (!Number.isNaN(seen.values[at]!)) expect(seen.values[at]).not.toBe(unseen.values[at]);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("anything that only becomes known: reports, typology, truth, slices", () => {
    const ledger = ledgerOf(5);
    const changed: Ledger = {
      ...copy(ledger),
      slices: { payerAgeBand: new Uint8Array(ledger.rows).fill(3), payerRegion: new Uint8Array(ledger.rows).fill(2) },
    };
    changed.labels.typology.fill(1);
    changed.labels.reportedAt.fill(ledger.transfers.time[0]!);
    const truthful: Ledger = { ...changed, labels: { ...changed.labels, truth: new Uint8Array(ledger.rows).fill(1) } };
    expect(firstDifference(computeFeatures(ledger), computeFeatures(truthful))).toBe(ledger.rows);
  });

  it("the order in which accounts and devices were numbered", () => {
    const ledger = ledgerOf(6);
    const renamed = copy(ledger);
    for (let row = 0; row < ledger.rows; row++) {
      renamed.transfers.payer[row] = ledger.accounts - 1 - ledger.transfers.payer[row]!;
      renamed.transfers.payee[row] = ledger.accounts - 1 - ledger.transfers.payee[row]!;
      const device = ledger.transfers.device![row]!;
      if (device >= 0) renamed.transfers.device![row] = ledger.devices - 1 - device;
    }
    expect(firstDifference(computeFeatures(ledger), computeFeatures(renamed))).toBe(ledger.rows);
  });

  it("complaints that were rejected, and frauds that nobody reported", () => {
    const ledger = copy(ledgerOf(8));
    const rejected = copy(ledger);
    for (let row = 0; row < ledger.rows; row++) {
      if (ledger.labels.fraud[row] === 0) rejected.labels.knownAt[row] = ledger.transfers.time[row]! + 1;
      else if (Number.isNaN(ledger.labels.knownAt[row]!)) rejected.labels.fraud[row] = 0;
    }
    expect(firstDifference(computeFeatures(ledger), computeFeatures(rejected))).toBe(ledger.rows);
  });
});
