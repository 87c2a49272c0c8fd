import { WATCH_TAG, type WatchTold } from "@esteira/core/wire/watch";
import { monitor } from "@esteira/lifecycle/monitoring/monitor";
import { type Client, createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { DAY, START, type World, world } from "../../packages/lifecycle/src/monitoring/test-world.ts";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

const WORDS = {
  en: {
    none: /^Nobody has reported/,
    act: "The model needs action.",
    ok: "Nothing calls for action.",
    reason: /^Act A kind of fraud that training never saw: coercion/,
    cohort: /^Mar 2, 2026 – Mar 8, 2026 · labels complete · \d+ known frauds · recall \d/,
    young: / · labels still to come · .* of its labels to come/,
  },
  "pt-BR": {
    none: /^Ninguém relatou ainda/,
    act: "O modelo pede ação.",
    ok: "Nada pede ação.",
    reason: /^Agir Um tipo de fraude que o treino nunca viu: coação/,
    cohort: /^2 de mar\. de 2026 – 8 de mar\. de 2026 · rótulos completos · \d+ fraudes conhecidas · recall \d/,
    young: / · rótulos ainda por vir · .* dos rótulos por vir/,
  },
} as const;

const WATCHED = {
  en: {
    shown: ["12,345", "1.2%", "Latency, p99", "in 5m", "2 hr"],
    ...{ alert: "late: 7.5 ms, since today", silent: /^The monitor has been silent/, calm: "No alert is open." },
  },
  "pt-BR": {
    shown: ["12.345", "1,2%", "Latência, p99", "em 5m", "2 h"],
    ...{ alert: "late: 7,5 ms, desde hoje", silent: /^O monitor está calado/, calm: "Nenhum alerta está aberto." },
  },
} as const;

describe.skipIf(browserPath === undefined)("a model's monitoring", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  /** A run as the job and the command write it. */
  async function reported(client: Client, model: string, asOfDay: number, what: World, text?: string) {
    const report = monitor(world({ ...what, asOfDay }));
    const run = await client.runs.create({
      experimentId: stage.seeded.experimentId,
      runName: `monitoring-v4-${asOfDay}`,
      startTime: START + asOfDay * DAY,
      tags: [
        { key: "esteira.kind", value: "monitoring" },
        { key: "esteira.monitor.verdict", value: report.verdict },
        { key: "esteira.model", value: `models:/${model}/4` },
      ],
    });
    await client.artifacts.write(run.info.artifactUri, "monitor.json", text ?? JSON.stringify(report));
    return report;
  }

  it.each(LOOKS)("shows the newest report, what it rests on and those before it, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const client = createClient({ baseUrl: stage.url });
    // A quote and a sign that stands for any text where names are searched.
    const name = `mon's_100%-${language.toLowerCase()}`;
    await client.registeredModels.create({ name });
    const { page, complaints } = await stage.visit({ language, width, theme });
    const address = `${stage.url}/#/models/${encodeURIComponent(name)}?tab=monitoring`;
    await openFresh(page, address);
    await page.getByText(words.none).waitFor();
    await page.getByText(`npx esteira monitor report --ledger ledger --model 'mon'\\''s_100%-`).waitFor();
    await expectFaultless(page);

    await reported(client, name, 27, {});
    await reported(client, name, 28, { lateTypology: 14 });
    await reported(client, `${name}x`, 28, { lateTypology: 14 });
    await openFresh(page, address);
    await page.getByText(words.act).waitFor();
    await page.getByRole("listitem").filter({ hasText: words.reason }).waitFor();
    await page.getByRole("listitem").filter({ hasText: words.cohort }).first().waitFor();
    await page.getByRole("listitem").filter({ hasText: words.young }).first().waitFor();
    await page.getByRole("cell", { name: "amount_log" }).waitFor();
    await page.getByRole("cell", { name: "Score", exact: true }).waitFor();
    await expectFaultless(page);

    const earlier = page.getByRole("table").last().getByRole("button");
    expect(await earlier.count()).toBe(2);
    await earlier.last().click();
    await page.getByText(words.ok).waitFor();
    expect(page.url()).toContain("report=");
    await page.goBack();
    await page.getByText(words.act).waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)("shows what a monitor saw last, and says when it is silent, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WATCHED[language];
    const client = createClient({ baseUrl: stage.url });
    const name = `watched-${language.toLowerCase()}`;
    await client.registeredModels.create({ name });
    const { experimentId } = stage.seeded;
    const told: WatchTold = {
      ...{ at: Date.now(), every: 60_000, currency: "BRL", more: 2 },
      figures: [
        { signal: "decisions", window: "5m", value: 12_345 },
        { signal: "latency_p99", window: "5m", value: 7.5 },
        { signal: "error_share", window: "5m", value: 0.012 },
        { signal: "label_age", value: 7200 },
      ],
      alerts: [
        {
          ...{ rule: "late", severity: "page", isFiring: true, since: Date.now() },
          text: { en: "late: 7.5 ms, since today", "pt-BR": "late: 7,5 ms, desde hoje" },
        },
      ],
    };
    const tags = [
      { key: "esteira.kind", value: "watch" },
      { key: "esteira.model", value: `models:/${name}` },
      { key: WATCH_TAG, value: JSON.stringify(told) },
    ];
    const { info } = await client.runs.create({ experimentId, runName: "watching", startTime: Date.now(), tags });
    const { page, complaints } = await stage.visit({ language, width, theme });
    await openFresh(page, `${stage.url}/#/models/${name}?tab=monitoring`);
    for (const shown of words.shown) await page.getByText(shown, { exact: true }).first().waitFor();
    await page.getByRole("listitem").filter({ hasText: words.alert }).waitFor();
    expect(await page.getByText(words.silent).count()).toBe(0);
    await expectFaultless(page);
    // Seen without a reload, as the next look tells it.
    const old = { ...told, at: Date.now() - 600_000, alerts: [], more: 0 };
    await client.runs.setTag(info.runId, { key: WATCH_TAG, value: JSON.stringify(old) });
    await page.getByText(words.silent).waitFor();
    await page.getByText(words.calm).waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)("says what is wrong with a report that cannot be read, and still lists it, in %s", async (...look) => {
    const [language, width, theme] = look;
    const client = createClient({ baseUrl: stage.url });
    const name = `broken-${language.toLowerCase()}`;
    await client.registeredModels.create({ name });
    await reported(client, name, 28, {}, '{"verdict": "splendid"}');
    const { page } = await stage.visit({ language, width, theme });
    await openFresh(page, `${stage.url}/#/models/${name}?tab=monitoring`);
    await page.getByRole("alert").filter({ hasText: "monitor.json" }).waitFor();
    expect(await page.getByRole("table").last().getByRole("button").count()).toBe(1);
  });
});
