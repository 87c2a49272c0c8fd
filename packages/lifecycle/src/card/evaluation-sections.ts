import type { Figures } from "../monitoring/figures.ts";
import type { CardGroup, CardMetric } from "./card.ts";
import type { Block, CardDocument, Section } from "./document.ts";
import { spaced, type Writing } from "./writing.ts";

/** Metrics that are shares. */
const SHARES = /^(precision|recall|value_recall|alert_rate|false_positive_rate|fpr|prevalence|f1)(_|$)/;
/** Shown beside those that have an interval. */
const MAIN = new Set([
  ...["precision", "recall", "value_recall", "false_positive_rate", "alert_rate"],
  ...["auc_pr_lift", "brier", "ece", "expected_observed_ratio"],
]);
const FIRST = ["auc_pr", "auc_roc", "recall_at_0.5pct", "value_recall_at_0.5pct"];
const MOST_METRICS = 40;
const value = (name: string, number: number, figures: Figures): string =>
  SHARES.test(name)
    ? figures.percent(number)
    : Math.abs(number) >= 0.01 && Math.abs(number) < 10
      ? figures.decimals(number, 3)
      : figures.number(number);

const range = ({ name, interval }: CardMetric, figures: Figures): string =>
  interval === null ? "" : `${value(name, interval.low, figures)} – ${value(name, interval.high, figures)}`;

/** What a person asks for first. */
export function keyFigures({ card, words, figures }: Writing): CardDocument["figures"] {
  const { evaluation } = card;
  if (evaluation === null) return [];
  const known = FIRST.flatMap((name) => evaluation.metrics.find((metric) => metric.name === name) ?? []);
  const shown = known.length > 0 ? known : evaluation.metrics.slice(0, 4);
  return [
    ...shown.map((metric) => ({
      name: words.metricName(metric.name),
      value: value(metric.name, metric.value, figures),
      more: range(metric, figures),
    })),
    ...(evaluation.frauds === null || evaluation.rows === null
      ? []
      : [
          {
            name: words.frauds,
            value: figures.count(evaluation.frauds),
            more: `${figures.count(evaluation.rows)} ${words.rows.toLowerCase()}`,
          },
        ]),
  ];
}

export function metricsSection({ card, words, figures }: Writing): Section | undefined {
  const { evaluation } = card;
  if (evaluation === null) return undefined;
  const hasIntervals = evaluation.metrics.some(({ interval }) => interval !== null);
  const chosen = hasIntervals
    ? [
        ...evaluation.metrics.filter(({ interval }) => interval !== null),
        ...evaluation.metrics.filter(({ name, interval }) => interval === null && MAIN.has(name)),
      ]
    : evaluation.metrics.slice(0, MOST_METRICS);
  const others = evaluation.metrics.length - chosen.length;
  return {
    title: words.metrics,
    note: hasIntervals ? words.metricsNote(evaluation.source) : evaluation.source,
    blocks: [
      {
        kind: "table",
        columns: [
          { head: words.metric, isText: true },
          { head: words.value },
          ...(hasIntervals ? [{ head: words.interval }] : []),
        ],
        rows: chosen.map((metric) => [
          { text: words.metricName(metric.name) },
          { text: value(metric.name, metric.value, figures) },
          ...(hasIntervals ? [{ text: range(metric, figures) || "–" }] : []),
        ]),
      },
      ...(others > 0 ? [{ kind: "text" as const, text: words.otherMetrics(figures.count(others)) }] : []),
    ],
  };
}

export function slicesSection(writing: Writing): Section | undefined {
  const { card, words } = writing;
  const { typologies = [], slices = [] } = card.evaluation ?? {};
  const blocks: Block[] = [
    ...(typologies.length === 0 ? [] : [groupTable(words.typologies, typologies, writing)]),
    ...slices.map(({ name, groups }) => groupTable(spaced(name), groups, writing)),
  ];
  return blocks.length === 0 ? undefined : { title: words.slices, note: words.slicesNote, blocks };
}

function groupTable(head: string, groups: readonly CardGroup[], { words, figures }: Writing): Block {
  const hasHonest = groups.some((group) => group.false_positive_rate !== null);
  const percent = (share: number | null) => (share === null ? "–" : figures.percent(share));
  return {
    kind: "table",
    columns: [
      { head, isText: true },
      { head: words.frauds },
      { head: words.caught },
      { head: words.recall },
      { head: words.interval, isWideOnly: true },
      ...(hasHonest ? [{ head: words.falsePositives, isWideOnly: true }] : []),
    ],
    rows: groups.map(({ name, frauds, caught, recall, interval, false_positive_rate }) => [
      { text: spaced(name) },
      { text: figures.count(frauds) },
      { text: figures.count(caught) },
      {
        text: percent(recall),
        ...(interval === null ? {} : { more: `${percent(interval.low)} – ${percent(interval.high)}` }),
      },
      { text: "", ...(recall === null || interval === null ? {} : { share: { value: recall, interval } }) },
      ...(hasHonest ? [{ text: percent(false_positive_rate) }] : []),
    ]),
  };
}
