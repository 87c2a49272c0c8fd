/** A day's decisions and labels in the ledger, at their own instants. */

import { addLabels } from "@esteira/monitor/labels/add-labels";
import type { Label } from "@esteira/monitor/labels/label";
import { type LedgerWriter, openLedgerWriter } from "@esteira/monitor/ledger/ledger-writer";
import { readState } from "@esteira/monitor/ledger/state";
import { DAY } from "../job/timeline.ts";
import { decide } from "../policy/policy.ts";
import type { FraudModel } from "../service/fraud-model.ts";
import type { RowRange } from "../training/rows.ts";
import { MODEL, placesOf, type ServedRow } from "./served-model.ts";
import { dayRows, type StoryWorld } from "./story-world.ts";

const REASONS = 3;

export class StoryLedger {
  readonly #folder: string;
  readonly #world: StoryWorld;
  readonly #kept: readonly string[];
  readonly #places: readonly number[];
  readonly #writer: LedgerWriter;

  /** `kept`: the features that the ledger holds. */
  constructor(folder: string, world: StoryWorld, kept: readonly string[]) {
    this.#folder = folder;
    this.#world = world;
    this.#kept = kept;
    this.#places = kept.map((name) => world.table.names.indexOf(name));
    this.#writer = openLedgerWriter(folder);
  }

  /** Alerts are returned, 1 for each row that was one. */
  async add(
    rows: RowRange,
    served: readonly ServedRow[],
    modelOf: (version: string) => FraudModel,
  ): Promise<Uint8Array> {
    const { ledger, table } = this.#world;
    const alerts = new Uint8Array(served.length);
    for (const [i, { version, arm, score }] of served.entries()) {
      const row = rows.from + i;
      const at = ledger.transfers.time[row]!;
      const model = modelOf(version);
      const action = decide(score, model.threshold);
      if (action !== "allow") alerts[i] = 1;
      const start = (row - table.firstRow) * table.names.length;
      await this.#writer.open(at);
      this.#writer.add({
        ...{ id: ledger.idOf(row), at, eventAt: at, model: { name: MODEL, version, digest: model.digest }, arm },
        ...{ score, threshold: model.threshold, action, latencyMs: null, subjects: [] },
        reasons: alerts[i] === 1 ? this.#reasons(model, start) : [],
        ...{ weight: 1, erased: false, source: "story", sequence: row, slot: null, names: this.#kept },
        values: this.#places.map((place) => table.values[start + place]!),
      });
    }
    await this.#writer.flush(await readState(this.#folder));
    return alerts;
  }

  #reasons(model: FraudModel, start: number) {
    const { table } = this.#world;
    const row = Float32Array.from(placesOf(model, table), (place) => table.values[start + place]!);
    const contributions = model.contributions(row);
    return model.names
      .map((feature, i) => ({ feature, contribution: contributions[i]! }))
      .sort((a, b) => b.contribution - a.contribution)
      .slice(0, REASONS);
  }

  /** What became known on this day of decisions that the ledger has. */
  async learn(day: number): Promise<void> {
    const { ledger, begin } = this.#world;
    const [from, to] = [begin + day * DAY, begin + (day + 1) * DAY];
    const { fraud, knownAt, reportedAt, typology } = ledger.labels;
    const labels: Label[] = [];
    for (let row = dayRows(this.#world, 0).from; row < dayRows(this.#world, day).to; row++) {
      if (fraud[row] !== 1 || !(knownAt[row]! >= from && knownAt[row]! < to)) continue;
      const reported = reportedAt[row]!;
      labels.push({
        ...{ decisionId: ledger.idOf(row), label: "fraud", source: "med", eventTime: ledger.transfers.time[row]! },
        ...{ reportTime: Number.isNaN(reported) ? null : reported, knownAt: knownAt[row]! },
        ...{ typology: ledger.typologies[typology[row]!]!, amount: ledger.transfers.amountCents[row]! / 100 },
      });
    }
    if (labels.length > 0) await addLabels(this.#folder, labels, to);
  }
}
