import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import type { GroupMetrics } from "@esteira/models/evaluation/groups";
import type { Interval } from "@esteira/models/evaluation/interval";
import type { Study } from "../training/study.ts";
import { cardPrecision, cardPrecisionInterval } from "./card-precision.ts";
import { HANDBOOK } from "./protocol.ts";
import { PUBLISHED_COUNTS, PUBLISHED_RESULTS, type PublishedResult } from "./published.ts";

/** How the published results stand to ours: made on the very rows, or on other rows and features, for reference only. */
export type Standing = "same rows" | "for reference";

/** A model of ours with its scores on the test rows. */
export interface Scored {
  readonly name: string;
  /** Name of the published row that it stands beside; undefined where none was published. */
  readonly published?: string;
  /** What was trained, in a few words. */
  readonly library: string;
  readonly scores: Float64Array;
  readonly report: EvaluationReport;
}

export interface Figure {
  readonly value: number;
  /** 95 %, customers resampled. */
  readonly interval: Interval;
}

export interface ComparisonRow {
  readonly model: string;
  readonly ours?: {
    readonly library: string;
    readonly aucRoc: Figure;
    readonly averagePrecision: Figure;
    readonly cardPrecision: Figure;
    /** Known frauds by cause, and how many the alerts caught. */
    readonly scenarios: readonly GroupMetrics[];
    /** Share of rows that the threshold alerts. */
    readonly alertRate: number;
  };
  readonly published?: PublishedResult;
}

interface Counts {
  readonly rows: number;
  readonly frauds: number;
}

export interface Comparison {
  readonly standing: Standing;
  readonly train: Counts;
  readonly test: Counts;
  readonly published: typeof PUBLISHED_COUNTS;
  /** Customers checked a day. */
  readonly cards: number;
  /** What perfect scores would reach in card precision. */
  readonly ceiling: number;
  readonly rows: readonly ComparisonRow[];
}

const REPLICATES = 400;

/** Our models on the study's test rows beside the handbook's published results. */
export function compareWithPublished(
  study: Study,
  models: readonly Scored[],
  standing: Standing,
  seed: number,
): Comparison {
  const { labels, days, clusters: customers } = study.testRows;
  const cards = HANDBOOK.customersADay;
  const ceiling = cardPrecision({ days, customers, labels, scores: labels }, cards).ceiling;
  const ours = models.map(({ name, published, library, scores, report }): ComparisonRow => {
    const input = { days, customers, labels, scores };
    const found = PUBLISHED_RESULTS.find(({ model }) => model === published);
    const figure = (metric: "auc_roc" | "auc_pr"): Figure => ({
      value: report.metrics[metric] ?? Number.NaN,
      interval: report.intervals[metric] ?? { low: Number.NaN, high: Number.NaN },
    });
    return {
      model: name,
      ours: {
        library,
        aucRoc: figure("auc_roc"),
        averagePrecision: figure("auc_pr"),
        cardPrecision: {
          value: cardPrecision(input, cards).mean,
          interval: cardPrecisionInterval(input, cards, { replicates: REPLICATES, seed }),
        },
        scenarios: report.typologies.filter(({ frauds }) => frauds > 0),
        alertRate: report.atThreshold.alertRate,
      },
      ...(found === undefined ? {} : { published: found }),
    };
  });
  const theirs = PUBLISHED_RESULTS.filter(({ model }) => !models.some(({ published }) => published === model));
  const counts = ({ labels }: { readonly labels: Uint8Array }): Counts => ({
    rows: labels.length,
    frauds: labels.reduce((sum, label) => sum + label, 0),
  });
  return {
    standing,
    train: counts(study.train),
    test: counts(study.test),
    published: PUBLISHED_COUNTS,
    cards,
    ceiling,
    rows: [...ours, ...theirs.map((published): ComparisonRow => ({ model: published.model, published }))],
  };
}
