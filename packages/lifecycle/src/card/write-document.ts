import { figuresOf } from "../monitoring/figures.ts";
import type { Language } from "../monitoring/reason-words.ts";
import type { ModelCard } from "./card.ts";
import { CARD_WORDS } from "./card-words.ts";
import type { Block, CardDocument, Cell, Section } from "./document.ts";
import { keyFigures, metricsSection, slicesSection } from "./evaluation-sections.ts";
import { approvalsSection, gateSection, outcomeBadge } from "./governance-sections.ts";
import { lineageSection } from "./lineage-section.ts";
import { spaced, type Writing, when } from "./writing.ts";

const FEW_FRAUDS = 10;

/** All that is said of a card, in one language. Pure. */
export function writeDocument(card: ModelCard, language: Language): CardDocument {
  const words = CARD_WORDS[language];
  const writing: Writing = { card, words, figures: figuresOf(language) };
  const { model } = card;
  return {
    language,
    kicker: words.title,
    name: model.name,
    version: `${words.version} ${model.version}`,
    badges: [
      ...(model.stage === "None" ? [] : [{ text: model.stage, badge: "ok" as const }]),
      ...model.aliases.map((alias) => ({ text: `@${alias}`, badge: "ok" as const })),
      ...(card.gate === null ? [] : [outcomeBadge(card.gate.outcome, writing)]),
    ],
    note: words.madeAt(when(card.made_at)),
    figures: keyFigures(writing),
    sections: [
      purposeSection(writing),
      limitsSection(writing),
      metricsSection(writing),
      slicesSection(writing),
      dataSection(writing),
      gateSection(writing),
      approvalsSection(writing),
      lineageSection(writing),
      unknownSection(writing),
    ].filter((section) => section !== undefined),
  };
}

function purposeSection({ card, words, figures }: Writing): Section {
  const { model } = card;
  const orUnknown = (text: string | null): Cell[] => [
    { text: text ?? words.unknown, ...(text === null ? { badge: "info" as const } : {}) },
  ];
  return {
    title: words.model,
    blocks: [
      {
        kind: "facts",
        rows: [
          { name: words.purpose, cells: orUnknown(model.purpose) },
          ...(model.description === null ? [] : [{ name: words.version, cells: [{ text: model.description }] }]),
          { name: words.useLimits, cells: orUnknown(model.use_limits) },
          { name: words.owner, cells: orUnknown(model.owner) },
          { name: words.registered, cells: [{ text: when(model.registered_at) }] },
          ...(model.trainer === null ? [] : [{ name: words.trainer, cells: [{ text: model.trainer }] }]),
          ...(model.flavors.length === 0 ? [] : [{ name: words.flavors, cells: [{ text: model.flavors.join(", ") }] }]),
          ...(model.inputs === null ? [] : [{ name: words.inputs, cells: [{ text: figures.count(model.inputs) }] }]),
          ...(model.bytes === null
            ? []
            : [{ name: words.size, cells: [{ text: `${figures.number(model.bytes / 1024)} KiB` }] }]),
        ],
      },
    ],
  };
}

function limitsSection({ card, words, figures }: Writing): Section | undefined {
  const { evaluation, decision, data, gate, lineage } = card;
  const items: Cell[] = [];
  const alarm = (text: string) => items.push({ text, badge: "act" });
  const say = (text: string, language?: string) =>
    items.push({ text, ...(language === undefined ? {} : { language }) });
  if (gate?.is_of_this_model === false) alarm(words.otherModel);
  if (lineage.run?.has_changes === true) alarm(words.changedCode);
  if (decision !== null) {
    const budget = decision.alert_budget === null ? undefined : figures.percent(decision.alert_budget);
    say(words.threshold({ threshold: figures.number(decision.threshold), budget }));
  }
  if (evaluation !== null && evaluation.prevalence !== null) {
    const ratio = decision?.true_to_ledger_prevalence ?? 1;
    const world = ratio === 1 ? undefined : figures.percent(evaluation.prevalence * ratio);
    say(words.prevalence({ prevalence: figures.percent(evaluation.prevalence), world }));
  }
  if (data.labels_as_of !== null) {
    const days = data.maturity_days === null ? undefined : figures.count(data.maturity_days);
    say(words.mature({ asOf: when(data.labels_as_of), days }));
  }
  const groups = [...(evaluation?.typologies ?? []), ...(evaluation?.slices.flatMap((slice) => slice.groups) ?? [])];
  const few = groups.filter(({ frauds }) => frauds < FEW_FRAUDS);
  if (few.length > 0) say(words.fewCases(few.map(({ name, frauds }) => `${spaced(name)} (${frauds})`).join(", ")));
  if (evaluation?.metrics.every(({ interval }) => interval === null)) say(words.noIntervals);
  for (const { status, title, reason } of gate?.checks ?? [])
    if (status === "not_enough_evidence" || status === "refused") say(words.unproven(title, reason));
  return items.length === 0 ? undefined : { title: words.limits, blocks: [{ kind: "list", items }] };
}

function dataSection({ card, words, figures }: Writing): Section | undefined {
  const { data } = card;
  const facts = [
    [words.rawData, data.description, false],
    [words.digest, data.digest, true],
    [words.labelsAsOf, data.labels_as_of && when(data.labels_as_of), false],
    [words.maturity, data.maturity_days === null ? null : words.days(figures.count(data.maturity_days)), false],
    [words.features, data.features === null ? null : figures.count(data.features), false],
  ] as const;
  const rows = facts.flatMap(([name, text, isCode]) => (text === null ? [] : [{ name, cells: [{ text, isCode }] }]));
  if (rows.length === 0 && data.datasets.length === 0) return undefined;
  const day = (instant: string) => figures.date(Date.parse(instant));
  const table: Block = {
    kind: "table",
    columns: [
      { head: words.use, isText: true },
      { head: words.rows },
      { head: words.frauds },
      { head: words.period, isWideOnly: true },
      { head: words.digest, isWideOnly: true, isText: true },
    ],
    rows: data.datasets.map((dataset) => [
      { text: dataset.use ?? dataset.name, more: dataset.use === null ? "" : dataset.name },
      { text: dataset.rows === null ? "–" : figures.count(dataset.rows) },
      { text: dataset.frauds === null ? "–" : figures.count(dataset.frauds) },
      { text: dataset.from === null || dataset.to === null ? "–" : `${day(dataset.from)} – ${day(dataset.to)}` },
      { text: dataset.digest, isCode: true },
    ]),
  };
  return {
    title: words.data,
    note: words.dataNote,
    blocks: [
      ...(rows.length === 0 ? [] : [{ kind: "facts" as const, rows }]),
      ...(data.datasets.length === 0 ? [] : [table]),
    ],
  };
}

function unknownSection({ card, words }: Writing): Section | undefined {
  if (card.unknown.length === 0) return undefined;
  return {
    title: words.missing,
    note: words.missingNote,
    blocks: [
      {
        kind: "facts",
        rows: card.unknown.map(({ fact, why }) => ({ name: words.facts[fact], cells: [{ text: words.reasons[why] }] })),
      },
    ],
  };
}
