import { createClient } from "@esteira/sdk/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { settled } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const WORDS = {
  en: {
    experiments: "Experiments",
    runs: "Run",
    finished: "Finished",
    charts: "Charts",
    artifacts: "Artifacts",
    compare: "Compare",
    comparing: "Compare 2 runs",
    models: "Registered models",
    production: "Production",
    passed: "Passed",
    refused: "Refused",
    version: "Version 2",
    inputs: "Inputs",
    differences: "Only differences",
    auc: "0.81",
  },
  "pt-BR": {
    experiments: "Experimentos",
    runs: "Execução",
    finished: "Concluída",
    charts: "Gráficos",
    artifacts: "Artefatos",
    compare: "Comparar",
    comparing: "Comparar 2 execuções",
    models: "Modelos registrados",
    production: "Produção",
    passed: "Aprovada",
    refused: "Recusada",
    version: "Versão 2",
    inputs: "Entradas",
    differences: "Só as diferenças",
    auc: "0,81",
  },
} as const;
const LANGUAGES = ["en", "pt-BR"] as const;

describe.skipIf(browserPath === undefined)("the web UI", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const seen = (page: Page, text: string) => page.getByText(text, { exact: true }).first().waitFor();
  const runsUrl = (search = "") => `${stage.url}/#/experiments/${stage.seeded.experimentId}${search}`;
  const runUrl = (id: string, search = "") => `${runsUrl()}/runs/${id}${search}`;
  const searchOf = (values: Record<string, unknown>) =>
    `?${Object.entries(values)
      .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`)
      .join("&")}`;
  /** Loads the application anew at an address, and waits for what it shows first. */
  const open = async (page: Page, url: string) => {
    await page.goto("about:blank");
    await page.goto(url);
    // A table of runs listens to the server for as long as it is open: its network is idle only for a while.
    await page.locator("main :is(h1, h2, form, p)").first().waitFor();
    await settled(page);
  };

  it.each(LANGUAGES)(
    "leads from the experiments to a run, a comparison and a model's evidence in %s",
    async (language) => {
      const { page, complaints } = await stage.visit({ language });
      const words = WORDS[language];
      await open(page, stage.url);
      await page.getByRole("heading", { name: words.experiments }).waitFor();
      expect(await page.locator("html").getAttribute("lang")).toBe(language);
      await seen(page, "empty & <b>odd</b> name 🧪");

      await page.getByRole("link", { name: "pix-fraud", exact: true }).click();
      await page.getByRole("columnheader", { name: words.runs, exact: false }).first().waitFor();
      await page.getByRole("button", { name: /xgboost-search/ }).click();
      await page.getByRole("link", { name: "candidate-2", exact: true }).click();
      await page.getByRole("heading", { name: "candidate-2" }).waitFor();
      for (const text of [words.finished, words.auc, "transfers-2026-10", "b1f0c2a7", "ledger/2026-10.parquet"]) {
        await seen(page, text);
      }
      await page.getByRole("link", { name: `pix-fraud · ${words.version}` }).waitFor();

      await page.getByRole("tab", { name: words.charts }).click();
      await page.locator("canvas").nth(2).waitFor();
      expect(await page.locator("canvas").count()).toBe(3);

      const [first, second] = stage.seeded.childRunIds;
      await open(page, runsUrl(searchOf({ selected: [first, second] })));
      await page.getByRole("button", { name: words.compare, exact: true }).click();
      await page.getByRole("heading", { name: words.comparing }).waitFor();
      await page.getByRole("rowheader", { name: "seed" }).waitFor();
      await page.getByRole("switch", { name: words.differences }).check();
      await page.getByRole("rowheader", { name: "max_depth" }).waitFor();
      expect(await page.getByRole("rowheader", { name: "seed" }).count()).toBe(0);

      await open(page, `${stage.url}/#/models`);
      await page.getByRole("heading", { name: words.models }).waitFor();
      await page.getByRole("link", { name: "pix-fraud", exact: true }).click();
      for (const text of [words.production, words.passed, words.refused, "@champion"]) await seen(page, text);
      await page.getByRole("link", { name: words.version, exact: true }).click();
      for (const text of [words.inputs, "amount_brl", "payee_age_days"]) await seen(page, text);
      await page.getByRole("link", { name: /^evid/ }).click();
      await page.getByText("1.021").waitFor();
      expect(complaints).toEqual([]);
    },
  );

  it("sorts by a metric, keeps that in the address and draws only the rows in view", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, runsUrl());
    await seen(page, `${stage.seeded.runCount} runs`);
    await page.getByRole("button", { name: "auc_pr", exact: true }).click();
    await page.waitForURL(/sort=metrics\.auc_pr/);
    await page.locator("th[aria-sort=descending]").waitFor();
    await settled(page);
    const values = await page.locator("tbody tr td:nth-child(5)").allInnerTexts();
    const numbers = values.filter((text) => text !== "").map(Number);
    expect(numbers.length).toBeGreaterThan(10);
    expect(numbers).toEqual([...numbers].sort((a, b) => b - a));

    await page.locator("tbody").hover();
    await page.mouse.wheel(0, 100_000);
    // Those without the metric come last.
    await page.getByRole("link", { name: "retrain-nightly" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBeLessThan(80);
    expect(complaints).toEqual([]);
  });

  it("shows the server's words about a wrong filter, and what a right one finds", async () => {
    const { page } = await stage.visit();
    await open(page, runsUrl());
    const field = page.getByLabel("Filter runs");
    await field.fill("metrics.auc_pr >>> 1");
    await field.press("Enter");
    await page.getByText(/Invalid/).waitFor();
    await field.fill("attributes.status = 'FAILED'");
    await field.press("Enter");
    await seen(page, "1 run");
    await page.getByRole("link", { name: "spark-baseline" }).click();
    await page
      .getByRole("alert")
      .getByText(/3 negative values/)
      .waitFor();
    await page.goBack();
    expect(await page.getByLabel("Filter runs").inputValue()).toBe("attributes.status = 'FAILED'");
  });

  it("shows nested runs that match a filter under their parent, which does not", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, runsUrl(searchOf({ filter: "params.max_depth = '7' and params.subsample = '0.8'" })));
    await page.getByRole("link", { name: "candidate-4" }).waitFor();
    // The parent does not match: it is asked for when a run under it has come.
    const hide = page.getByRole("button", { name: "Hide the runs under xgboost-search" });
    await hide.waitFor();
    expect(await page.locator("tbody tr").count()).toBe(2);
    await hide.click();
    await page.getByRole("link", { name: "candidate-4" }).waitFor({ state: "detached" });
    expect(await page.locator("tbody tr").count()).toBe(1);
    await page.getByRole("switch", { name: "Nested" }).uncheck();
    await page.getByRole("link", { name: "xgboost-search" }).waitFor({ state: "detached" });
    await page.getByRole("link", { name: "candidate-4" }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(1);
    expect(complaints).toEqual([]);
  });

  it("lets columns be chosen", async () => {
    const { page } = await stage.visit();
    await open(page, runsUrl());
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByLabel("Search columns").fill("typ");
    await page.getByLabel("typology").check();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "typology" }).waitFor();
    await page.waitForURL(/tags\.typology/);
  });

  it("shows files of each kind, and none of them acts as the page", async () => {
    const { page, complaints } = await stage.visit();
    const id = stage.seeded.childRunIds[1] ?? "";
    const file = (path: string) => open(page, runUrl(id, searchOf({ tab: "artifacts", path })));
    await file("metrics.csv");
    await page.getByRole("columnheader", { name: "value, R$" }).waitFor();
    await seen(page, 'quoted "twice"');
    await file("curves/learning.svg");
    const image = page.getByRole("img", { name: "curves/learning.svg" });
    await image.waitFor();
    expect(await image.evaluate((element: HTMLImageElement) => element.naturalWidth)).toBeGreaterThan(0);
    await file("gate/evidence.json");
    await page.getByText('"passed"').waitFor();
    await file("report.html");
    await page.frameLocator("iframe").getByRole("heading", { name: "Monitoring report" }).waitFor();
    expect(complaints).toEqual([]);

    await file("trap.html");
    const trap = page.frameLocator("iframe");
    await trap.getByText("Trap").waitFor();
    expect(await trap.getByText("script ran").count()).toBe(0);
    expect(await page.title()).toBe("candidate-2 · Esteira");
  });

  it("shows notes and names as they were written, never as HTML", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, runUrl(stage.seeded.parentRunId));
    await page.getByText("<script>alert(1)</script>").waitFor();
    await page.getByRole("link", { name: "candidate-6" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("opens the addresses that MLflow's clients print", async () => {
    const { page } = await stage.visit();
    const id = stage.seeded.childRunIds[0] ?? "";
    await open(page, runUrl(id, "/artifacts/metrics.csv"));
    await page.getByRole("columnheader", { name: "typology" }).waitFor();
    await open(page, `${runUrl(id)}/model-metrics`);
    await page.locator("canvas").first().waitFor();
  });

  it("remembers the language and the theme that were chosen", async () => {
    const { page } = await stage.visit({ language: "de" });
    await open(page, stage.url);
    await page.getByRole("button", { name: "Language: English" }).click();
    await page.getByRole("menuitem", { name: "Português (Brasil)" }).click();
    await page.getByRole("heading", { name: "Experimentos" }).waitFor();
    await page.getByRole("button", { name: "Tema" }).click();
    await page.getByRole("menuitem", { name: "Escuro" }).click();
    await page.reload();
    await page.getByRole("heading", { name: "Experimentos" }).waitFor();
    expect(await page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
  });

  it("can be walked by keyboard from the skip link on", async () => {
    const { page } = await stage.visit();
    await open(page, runsUrl());
    // The network may be idle before anything is drawn: a key would go nowhere.
    await page.locator("main a").first().waitFor();
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.activeElement?.tagName === "BUTTON");
    await page.keyboard.press("Enter");
    await page.waitForFunction(() => document.activeElement?.id === "main");
    await page.keyboard.press("Tab");
    await page.waitForFunction(() => document.activeElement?.id !== "main");
    const focused = await page.evaluate(() => ({
      href: document.activeElement?.getAttribute("href"),
      inMain: document.activeElement?.closest("main") !== null,
    }));
    expect(focused).toEqual({ href: "/#/experiments", inMain: true });
  });

  it.each(LANGUAGES)("fits a phone in %s: no page is wider than its screen", async (language) => {
    const { page, complaints } = await stage.visit({ language, width: 390, theme: "dark" });
    const [first = "", second = ""] = stage.seeded.childRunIds;
    const urls = [
      `${stage.url}/#/experiments`,
      runsUrl(),
      `${stage.url}/#/experiments/${stage.seeded.emptyExperimentId}`,
      ...["overview", "charts", "artifacts", "model"].map((tab) => runUrl(first, searchOf({ tab }))),
      `${stage.url}/#/compare-runs${searchOf({ runs: [first, second] })}`,
      `${stage.url}/#/models`,
      `${stage.url}/#/models/pix-fraud`,
      `${stage.url}/#/models/pix-fraud/versions/2`,
    ];
    for (const url of urls) {
      await open(page, url);
      await page.locator("main h1").waitFor();
      const excess = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect(excess, url).toBeLessThanOrEqual(0);
    }
    expect(complaints).toEqual([]);
  });

  it("says what is wrong when something does not exist or the server has gone, and recovers", async () => {
    const { page } = await stage.visit();
    await open(page, runUrl("0".repeat(32)));
    await page.getByText(/does not exist on the server/).waitFor();
    await open(page, `${stage.url}/#/nowhere`);
    await seen(page, "There is no page at this address.");
    await open(page, `${stage.url}/#/experiments`);
    await page.route("**/ajax-api/**", (route) => route.abort());
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await page
      .getByText(/The server does not answer/)
      .first()
      .waitFor();
    await page.unroute("**/ajax-api/**");
    // By itself: somebody may have left the page open for the night.
    await page.getByRole("link", { name: "pix-typology" }).waitFor();
  });

  it("shows what a run that is going on logs, as it is told by events", async () => {
    const client = createClient({ baseUrl: stage.url });
    const experimentId = await client.experiments.ensure("live");
    const { info } = await client.runs.create({ experimentId, runName: "going-on", startTime: Date.now() });
    const { page, complaints } = await stage.visit();
    const told = page.waitForRequest(/esteira\/v1\/runs\/events\?/);
    await page.goto(`${stage.url}/#/experiments/${experimentId}/runs/${info.runId}`);
    await page.getByRole("heading", { name: "going-on" }).waitFor();
    await told;
    const metrics = [0, 1, 2].map((step) => ({ key: "live_loss", value: 0.625 - step / 8, timestamp: 1, step }));
    await client.runs.logBatch(info.runId, { metrics });
    await seen(page, "live_loss");
    await seen(page, "0.375");
    await client.runs.update(info.runId, { status: "FINISHED", endTime: Date.now() });
    await seen(page, "Finished");
    expect(complaints).toEqual([]);
  });
});
