import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { LANGUAGES } from "../monitoring/reason-words.ts";
import {
  FACTS,
  MISSING_REASONS,
  type ModelCard,
  modelCardJsonSchema,
  modelCardSchema,
  renderCardJson,
} from "./card.ts";
import { CARD_WORDS } from "./card-words.ts";
import { renderCardHtml } from "./render-html.ts";
import { renderCardMarkdown } from "./render-markdown.ts";

const HOSTILE = `</title><script>alert(1)</script>" onload='x' | **bold** [a](javascript:b) \`c\` http://evil.example @here\n# h`;
const at = "2026-11-26T12:00:00.000Z";
const entry = (what: string): ModelCard["promotions"][number] => ({
  ...{ sequence: 7, at, action: "alias.set", actor: HOSTILE, origin: "oidc", what },
  ...{ evidence: null, reason: HOSTILE, hash: "a".repeat(64) },
});

/** A card in which every text is one that means harm. */
function hostileCard(): ModelCard {
  const group = {
    ...{ name: HOSTILE, rows: 10, frauds: 4, caught: 3, recall: 0.75 },
    ...{ interval: { low: 0.3, high: 0.95 }, false_positive_rate: 0.01 },
  };
  return modelCardSchema.parse({
    format: "esteira-model-card/1",
    made_at: at,
    model: {
      ...{ name: HOSTILE, version: "3", purpose: HOSTILE, description: HOSTILE, owner: HOSTILE, use_limits: HOSTILE },
      ...{ stage: "Production", aliases: [HOSTILE], registered_at: at, digest: "b".repeat(64), flavors: [HOSTILE] },
      ...{ trainer: HOSTILE, inputs: 3, bytes: 2048, mlflow_version: HOSTILE },
    },
    decision: { threshold: 0.0461, alert_budget: 0.005, ledger_prevalence: 0.002, true_to_ledger_prevalence: 0.03 },
    data: {
      ...{
        description: HOSTILE,
        digest: HOSTILE,
        labels_as_of: at,
        maturity_days: 30,
        features: 75,
        features_digest: HOSTILE,
      },
      datasets: [
        {
          name: HOSTILE,
          use: HOSTILE,
          digest: HOSTILE,
          source_type: "x",
          source: HOSTILE,
          rows: 5,
          frauds: 1,
          from: at,
          to: at,
        },
      ],
    },
    evaluation: {
      ...{ source: HOSTILE, rows: 10, frauds: 4, prevalence: 0.0019, threshold: 0.0461 },
      metrics: [
        { name: "auc_pr", value: 0.309, interval: { low: 0.205, high: 0.45 } },
        { name: "value_recall_at_0.5pct", value: 0.762, interval: { low: 0.565, high: 0.878 } },
        { name: HOSTILE, value: 1, interval: { low: 0, high: 1 } },
      ],
      typologies: [group],
      slices: [{ name: HOSTILE, groups: [group] }],
    },
    gate: {
      ...{ name: HOSTILE, outcome: "refused", evaluated_at: at, source: HOSTILE, is_of_this_model: false },
      digests: { model: HOSTILE, data: HOSTILE, gate: HOSTILE, code: HOSTILE },
      checks: [{ title: HOSTILE, status: "refused", found: HOSTILE, reason: HOSTILE }],
    },
    parity: {
      against: HOSTILE,
      compared_at: at,
      rows: 9,
      differing: 0,
      max_ulp: null,
      passed: true,
      is_of_this_model: null,
    },
    policy: { aliases: [HOSTILE], stages: [], approvals: { count: 2, role: HOSTILE }, demands_evidence: true },
    approvals: [entry("stage Production")],
    promotions: [entry(HOSTILE)],
    lineage: {
      run: {
        ...{ id: "c".repeat(32), name: HOSTILE, experiment: "1", user: HOSTILE, status: "FINISHED", started_at: at },
        ...{
          ended_at: null,
          source: HOSTILE,
          repository: HOSTILE,
          branch: HOSTILE,
          commit: HOSTILE,
          has_changes: true,
        },
        lockfile_digest: HOSTILE,
      },
      ...{ logged_model: HOSTILE, source: HOSTILE, evidence: [HOSTILE], entry: entry(HOSTILE) },
    },
    unknown: [{ fact: "endpoints", why: "not_kept" }],
  });
}

/** Text of the page, without styles. */
const textOf = (html: string): string =>
  html
    .replace(/<style>[\s\S]*?<\/style>/g, "")
    .replace(/<[^>]+>/g, " ")
    .replace(/\s+/g, " ");

function unbalanced(html: string): string[] {
  const open: string[] = [];
  for (const [, close, name, self] of html.matchAll(/<(\/?)([a-z][a-z0-9]*)(?:\s[^<>]*?)?(\/?)>/g)) {
    if (self === "/" || name === "meta") continue;
    if (close === "") open.push(name!);
    else if (open.pop() !== name) return [`</${name}>`];
  }
  return open;
}

describe.each(LANGUAGES)("the card in %s", (language) => {
  const html = renderCardHtml(hostileCard(), { language });
  const markdown = renderCardMarkdown(hostileCard(), { language });

  it("is a page that stands alone, whatever it is told", () => {
    expect(html).toContain(`<html lang="${language}">`);
    expect(html).not.toMatch(/<script|<link|<img|@import|url\(|src=|<[^>]*\sonload=/);
    expect(unbalanced(html)).toEqual([]);
    expect(textOf(html)).not.toMatch(/NaN|undefined|\bnull\b|Infinity/);
  });

  it("is Markdown in which nothing that it is told is markup", () => {
    expect(markdown).not.toMatch(/<script|https?:\/\/|(^|[^\\])\*\*bold|\]\(javascript|@here/);
    // Headings are its own, and no row of a table has another number of cells than its head.
    const { title, limits, lineage } = CARD_WORDS[language];
    const headings = markdown.split("\n").filter((line) => line.startsWith("#"));
    expect(headings[0]).toContain(title);
    expect(headings).toContain(`## ${limits}`);
    expect(headings).toContain(`## ${lineage}`);
    expect(headings).toHaveLength(10);
    const cells = (line: string) => line.split(/(?<!\\)\|/).length;
    const lines = markdown.split("\n");
    lines.forEach((line, i) => {
      if (line.startsWith("|") && lines[i - 1]?.startsWith("|")) expect(cells(line)).toBe(cells(lines[i - 1]!));
    });
  });

  it("says what speaks against the version before anything else of its limits", () => {
    for (const text of [textOf(html), markdown]) {
      const { otherModel, changedCode } = CARD_WORDS[language];
      const [first, second] = [
        text.indexOf(otherModel.replace("'", text === markdown ? "'" : "&#39;")),
        text.indexOf(changedCode),
      ];
      expect(first).toBeGreaterThan(0);
      expect(second).toBeGreaterThan(first);
    }
  });

  it("writes figures as the language does, with their intervals", () => {
    expect(textOf(html)).toMatch(language === "en" ? /0\.309 0\.205 – 0\.450/ : /0,309 0,205 – 0,450/);
    expect(markdown).toContain(language === "en" ? "76.2% | 56.5% – 87.8%" : "76,2% | 56,5% – 87,8%");
  });
});

it("has a word for every fact and reason in both languages", () => {
  for (const language of LANGUAGES) {
    expect(Object.keys(CARD_WORDS[language].facts)).toEqual([...FACTS]);
    expect(Object.keys(CARD_WORDS[language].reasons)).toEqual([...MISSING_REASONS]);
  }
});

it("is the same card after JSON", () => {
  expect(modelCardSchema.parse(JSON.parse(renderCardJson(hostileCard())))).toEqual(hostileCard());
});

it("the published JSON Schema is the one that the code has (npm run schema -w packages/lifecycle)", () => {
  const published = readFileSync(new URL("../../schema/model-card.schema.json", import.meta.url), "utf8");
  expect(JSON.parse(published)).toEqual(JSON.parse(JSON.stringify(modelCardJsonSchema())));
});
