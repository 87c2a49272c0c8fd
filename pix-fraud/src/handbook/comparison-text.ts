import { ALERT_BUDGET } from "../policy/policy.ts";
import type { Comparison, ComparisonRow, Figure } from "./comparison.ts";

/** A heading, then cells: the first row is the head. */
export interface TextTable {
  readonly title: string;
  readonly cells: readonly (readonly string[])[];
}

const NONE = "–";
const CITE =
  "Published: Le Borgne, Siblini, Lebichot, Bontempi, Reproducible Machine Learning for Credit Card Fraud Detection - Practical Handbook, ULB, 2022, chapter 3.";
const count = new Intl.NumberFormat("en");

const three = (value: number): string => (Number.isFinite(value) ? value.toFixed(3) : NONE);
const withInterval = ({ value, interval }: Figure): string =>
  `${three(value)} ${three(interval.low)}–${three(interval.high)}`;
const whole = (share: number): string => `${(share * 100).toFixed(0)} %`;

/** The metrics, ours with 95 % intervals and the published ones beside. */
export function metricsOf(comparison: Comparison): TextTable {
  const row = ({ model, ours, published }: ComparisonRow) => [
    model,
    ours ? withInterval(ours.aucRoc) : NONE,
    published ? three(published.aucRoc) : NONE,
    ours ? withInterval(ours.averagePrecision) : NONE,
    published ? three(published.averagePrecision) : NONE,
    ours ? withInterval(ours.cardPrecision) : NONE,
    published ? three(published.cardPrecision100) : NONE,
  ];
  const card = `card precision@${comparison.cards} (at most ${three(comparison.ceiling)})`;
  const theirs = comparison.standing === "same rows" ? "published" : "published, other rows";
  return {
    title: "Ours, 95 % intervals by resampled customers, beside the published",
    cells: [["model", "AUC-ROC", theirs, "average precision", theirs, card, theirs], ...comparison.rows.map(row)],
  };
}

/** Known frauds by scenario, and the share of them that each of our models catches. */
export function scenariosOf(comparison: Comparison): TextTable {
  const models = comparison.rows.flatMap(({ model, ours }) => (ours ? [{ model, ...ours }] : []));
  const names = models[0]?.scenarios.map(({ name }) => name) ?? [];
  const cell = (scenario: string) =>
    models.map(({ scenarios }) => {
      const found = scenarios.find(({ name }) => name === scenario);
      if (found === undefined) return NONE;
      return `${found.caught}, ${whole(found.recall)} (${whole(found.recallInterval.low)}–${whole(found.recallInterval.high)})`;
    });
  const frauds = (scenario: string) => String(models[0]?.scenarios.find(({ name }) => name === scenario)?.frauds ?? 0);
  return {
    title: `Frauds by scenario, caught at the threshold for a budget of ${ALERT_BUDGET * 100} % alerts`,
    cells: [
      ["scenario", "frauds", ...models.map(({ model }) => model)],
      ...names.map((name) => [name, frauds(name), ...cell(name)]),
      ["rows alerted", "", ...models.map(({ alertRate }) => `${(alertRate * 100).toFixed(2)} %`)],
    ],
  };
}

/** What a reader must know to read the tables rightly. */
export function notesOf(comparison: Comparison): string[] {
  const { train, test, published, ceiling, cards, standing, rows } = comparison;
  const counted = (name: string, found: typeof train, wanted: typeof train) =>
    `${name} ${count.format(found.rows)} rows, ${count.format(found.frauds)} frauds (published ${count.format(wanted.rows)}, ${count.format(wanted.frauds)})`;
  return [
    `${counted("Train", train, published.train)}; ${counted("test", test, published.test)}.`,
    standing === "same rows"
      ? "The published figures are of the same protocol: the same features, weeks and left-out victims."
      : "The published figures are of the handbook's own features, weeks and left-out victims: for reference, not to be set against ours (--protocol handbook does that).",
    ...rows.flatMap(({ model, ours, published: theirs }) =>
      ours && theirs ? [`${model}: ours is ${ours.library}; published is ${theirs.library}.`] : [],
    ),
    `Perfect scores would reach a card precision of ${three(ceiling)}: fewer than ${cards} customers a day are compromised.`,
    CITE,
  ];
}

/** Both tables and the notes as Markdown. */
export function comparisonMarkdown(comparison: Comparison): string {
  const table = ({ title, cells }: TextTable) => {
    const [head = [], ...body] = cells;
    const line = (row: readonly string[]) => `| ${row.join(" | ")} |`;
    return [`## ${title}`, "", line(head), `|${head.map(() => "---").join("|")}|`, ...body.map(line), ""];
  };
  return [
    "# Beside the published results of the Fraud Detection Handbook",
    "",
    ...table(metricsOf(comparison)),
    ...table(scenariosOf(comparison)),
    ...notesOf(comparison).map((note) => `- ${note}`),
    "",
  ].join("\n");
}

/** The same, for machines: snake_case, what is not known is null. */
export function comparisonJson(comparison: Comparison): string {
  const figure = ({ value, interval }: Figure) => ({ value, low: interval.low, high: interval.high });
  return `${JSON.stringify(
    {
      standing: comparison.standing.replace(" ", "_"),
      train: comparison.train,
      test: comparison.test,
      published_counts: comparison.published,
      alert_budget: ALERT_BUDGET,
      card_precision_k: comparison.cards,
      card_precision_ceiling: comparison.ceiling,
      models: comparison.rows.map(({ model, ours, published }) => ({
        model,
        ours: ours
          ? {
              library: ours.library,
              auc_roc: figure(ours.aucRoc),
              average_precision: figure(ours.averagePrecision),
              card_precision: figure(ours.cardPrecision),
              alert_rate: ours.alertRate,
              scenarios: ours.scenarios.map(({ name, frauds, caught, recall, recallInterval }) => ({
                name,
                frauds,
                caught,
                recall: { value: recall, low: recallInterval.low, high: recallInterval.high },
              })),
            }
          : null,
        published: published
          ? {
              library: published.library,
              auc_roc: published.aucRoc,
              average_precision: published.averagePrecision,
              card_precision: published.cardPrecision100,
            }
          : null,
      })),
      source: CITE,
    },
    null,
    2,
  )}\n`;
}
