import { Random } from "@esteira/models/evaluation/random";
import type { MonitorInput } from "./monitor.ts";

export const DAY = 86_400_000;
export const START = Date.UTC(2026, 2, 2);

export interface World {
  readonly days?: number;
  readonly asOfDay?: number;
  readonly perDay?: number;
  /** From this day on T9, unseen in training, strikes; the model misses it. */
  readonly lateTypology?: number;
  readonly lateRecall?: number;
  readonly recall?: number;
  readonly alertRate?: number;
  readonly drift?: number;
  readonly latency?: number;
  readonly seed?: number;
}

/** 28 days of decisions by a model that was accepted with a recall of 0.7; labels come within a median of 4 days. */
export function world(options: World = {}): MonitorInput {
  const { days = 28, perDay = 1000, recall = 0.7, seed = 1 } = options;
  const random = new Random(seed);
  const uniform = () => (random.next32() + 0.5) / 2 ** 32;
  const normal = () => Math.sqrt(-2 * Math.log(uniform())) * Math.cos(2 * Math.PI * uniform());
  const rows = days * perDay;
  const columns = {
    time: new Float64Array(rows),
    score: new Float64Array(rows),
    alerted: new Uint8Array(rows),
    amount: new Float64Array(rows),
    fraud: new Uint8Array(rows),
    knownAt: new Float64Array(rows).fill(Number.NaN),
    typology: new Uint8Array(rows),
    latencyMs: new Float64Array(rows),
  };
  const feature = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    columns.time[row] = START + (row / perDay) * DAY;
    const late = options.lateTypology !== undefined && row >= options.lateTypology * perDay && uniform() < 0.003;
    const fraud = late || uniform() < 0.01;
    const caught = fraud
      ? uniform() < (late ? (options.lateRecall ?? 0.05) : recall)
      : uniform() < (options.alertRate ?? 0.003);
    columns.fraud[row] = fraud ? 1 : 0;
    columns.alerted[row] = caught ? 1 : 0;
    columns.score[row] = caught ? 0.1 + 0.9 * uniform() : 0.1 * uniform();
    columns.amount[row] = 50 + 500 * uniform();
    columns.typology[row] = late ? 3 : fraud ? 1 + random.below(2) : 0;
    if (fraud) columns.knownAt[row] = columns.time[row]! + DAY * Math.exp(Math.log(4) + 0.8 * normal());
    columns.latencyMs[row] = (options.latency ?? 1) * (0.5 + uniform());
    feature[row] = normal() + (options.drift ?? 0);
  }
  const reference = new Random(99);
  const referenceScores = Float64Array.from({ length: 40_000 }, () => {
    const u = reference.next32() / 2 ** 32;
    const alerted = reference.next32() / 2 ** 32 < 0.01;
    return alerted ? 0.1 + 0.9 * u : 0.1 * u;
  });
  return {
    asOf: START + (options.asOfDay ?? days) * DAY,
    window: { from: START, to: START + days * DAY },
    identity: {
      model: "pix-fraud",
      version: "4",
      modelDigest: "sha256:abc",
      threshold: 0.1,
      reference: "training rows",
      data: "simulated",
      dataDigest: "sha256:def",
      currency: "BRL",
    },
    decisions: columns,
    alertBudget: 0.01,
    features: [
      {
        name: "amount_log",
        kind: "number",
        reference: Float64Array.from({ length: 5000 }, normal),
        current: feature,
        importance: 0.4,
      },
    ],
    referenceScores,
    fraudReference: {
      typologies: [
        { name: "none", trained: 0, frauds: 0, caught: 0 },
        { name: "T1_account_takeover", trained: 500, frauds: 200, caught: 140 },
        { name: "T6_fake_sale", trained: 500, frauds: 200, caught: 140 },
        { name: "T9_coercion", spoken: { en: "coercion", "pt-BR": "coação" }, trained: 0, frauds: 0, caught: 0 },
      ],
      fraudScores: Float64Array.from({ length: 400 }, (_, i) =>
        i % 10 < 7 ? 0.1 + (0.9 * ((i * 37) % 400)) / 400 : (i % 100) / 1000,
      ),
    },
    settings: { maturityDays: 14 },
  };
}
