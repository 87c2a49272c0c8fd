import { createClient } from "@esteira/sdk/client";
import { createContext } from "@esteira/store/database/context";
import { openSession } from "@esteira/store/open";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

const LONG = 100_000;
/** HTML, emoji, letters of the other direction and a sign that turns what follows around. */
const ODD = '<img src=x onerror="alert(1)"> 🧪 عربي \u202Eabc';

const WORDS = {
  en: {
    noMetrics: "This run has no metrics yet.",
    search: "Search metrics",
    absent: /does not exist on the server/,
    all: "Show all 100,000 characters",
  },
  "pt-BR": {
    noMetrics: "Esta execução ainda não tem métricas.",
    search: "Buscar métricas",
    absent: /não existe no servidor/,
    all: "Mostrar todos os 100.000 caracteres",
  },
} as const;

describe.skipIf(browserPath === undefined)("what nobody would log on purpose", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const client = () => createClient({ baseUrl: stage.url });
  const newRun = async (runName: string) =>
    (await client().runs.create({ experimentId: stage.seeded.experimentId, runName, startTime: 1 })).info.runId;
  const runPage = (id: string, search = "") =>
    `${stage.url}/#/experiments/${stage.seeded.experimentId}/runs/${id}${search}`;
  const compared = (...ids: readonly string[]) =>
    `${stage.url}/#/compare-runs?runs=${encodeURIComponent(JSON.stringify(ids))}`;
  /** Nothing of a name became an element. */
  const expectNoElement = async (page: Page) => expect(await page.locator('img[src="x"]').count()).toBe(0);

  it.each(LOOKS)("is a param of 100,000 characters, in %s", async (...look) => {
    const [language, width, theme] = look;
    const name = `long-${language}`;
    const id = await newRun(name);
    // MLflow takes 6,000; a database of another's may have any.
    const session = await openSession(stage.storeUri, createContext({ artifactRoot: "mlflow-artifacts:/" }));
    try {
      const value = `${"word ".repeat(LONG / 10)}${"x".repeat(LONG / 2 - 7)}the end`;
      await session.write((db) => db.insertInto("params").values({ run_uuid: id, key: "prompt", value }).execute());
    } finally {
      await session.close();
    }
    const { page, complaints } = await stage.visit({ language, width, theme });
    const columns = encodeURIComponent(JSON.stringify(["params.prompt"]));
    const filter = encodeURIComponent(`attributes.run_name = '${name}'`);
    await openFresh(
      page,
      `${stage.url}/#/experiments/${stage.seeded.experimentId}?columns=${columns}&filter=${filter}`,
    );
    await page.getByRole("link", { name }).waitFor();
    await expectFaultless(page);
    await openFresh(page, runPage(id));
    await page.getByText("prompt", { exact: true }).waitFor();
    await expectFaultless(page);
    await openFresh(page, compared(id, stage.seeded.parentRunId));
    await page.getByRole("button", { name: WORDS[language].all }).click();
    await page.getByText(/the end$/).waitFor();
    await expectFaultless(page);
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)(
    "are runs without anything, in %s",
    async (...look) => {
      const [language, width, theme] = look;
      const [one, other] = [await newRun("nothing"), await newRun("nothing at all")];
      const { page, complaints } = await stage.visit({ language, width, theme });
      await openFresh(page, runPage(one));
      await page.getByText(WORDS[language].noMetrics).waitFor();
      await expectFaultless(page);
      for (const tab of ["charts", "artifacts", "model"]) {
        await openFresh(page, runPage(one, `?tab=${tab}`));
        await expectFaultless(page);
      }
      await openFresh(page, compared(one, other));
      await expectFaultless(page);
      const empty = await client().experiments.ensure(`only empty runs ${language}`);
      await client().runs.create({ experimentId: empty, runName: "empty", startTime: 1 });
      for (const view of ["lines", "parallel", "scatter", "contour", "importance", "curves"]) {
        await openFresh(page, `${stage.url}/#/experiments/${empty}/charts?view=${view}`);
        await expectFaultless(page);
      }
      expect(complaints).toEqual([]);
    },
    180_000,
  );

  it.each(LOOKS)(
    "are names, tags and descriptions that look like something else, in %s",
    async (...look) => {
      const [language, width, theme] = look;
      const name = `${ODD} ${language}`.replaceAll(/[/:]/g, "");
      const experimentId = await client().experiments.create({ name });
      const { info } = await client().runs.create({ experimentId, runName: `${name}\nsecond line`, startTime: 1 });
      await client().registeredModels.create({ name, description: `${ODD}\n${"d".repeat(5000)}` });
      await client().registeredModels.setTag(name, { key: "long", value: "t".repeat(LONG) });
      const version = await client().modelVersions.create({ name, source: "s3://models/1", runId: info.runId });
      await client().modelVersions.setTag(name, version.version, { key: "odd", value: ODD });
      await client().registeredModels.setAlias(name, "champion", version.version);
      const { page, complaints } = await stage.visit({ language, width, theme });
      const model = `models/${encodeURIComponent(name)}`;
      for (const address of [
        "experiments",
        `experiments/${experimentId}`,
        `experiments/${experimentId}/charts`,
        `experiments/${experimentId}/runs/${info.runId}`,
        "models",
        ...["versions", "monitoring", "timeline", "flows", "protection", "details"].map((tab) => `${model}?tab=${tab}`),
        `${model}/versions/${version.version}`,
        `${model}/alerts`,
      ]) {
        await openFresh(page, `${stage.url}/#/${address}`);
        await page.getByText("onerror", { exact: false }).first().waitFor();
        await expectNoElement(page);
        await expectFaultless(page);
      }
      expect(complaints).toEqual([]);
    },
    180_000,
  );

  it.each(LOOKS)(
    "are 5,000 metrics of a run, beside as many of another, in %s",
    async (...look) => {
      const [language, width, theme] = look;
      const ids = [await newRun("many"), await newRun("as many")];
      for (const [at, id] of ids.entries())
        for (let from = 0; from < 5000; from += 1000) {
          const metrics = Array.from({ length: 1000 }, (_, i) => ({
            ...{
              key: `m/${String(from + i).padStart(4, "0")}`,
              value: from + i === 4999 ? at : 1,
              timestamp: 1,
              step: 0,
            },
          }));
          await client().runs.logBatch(id, { metrics });
        }
      const { page, complaints } = await stage.visit({ language, width, theme });
      await openFresh(page, runPage(ids[0] ?? ""));
      await page.getByLabel(WORDS[language].search).fill("4321");
      await page.getByRole("cell", { name: "m/4321" }).waitFor();
      expect(await page.getByRole("cell", { name: /^m\// }).count()).toBe(1);
      await expectFaultless(page);
      await openFresh(page, `${compared(...ids)}&differences=true`);
      await page.getByRole("rowheader", { name: "m/4999" }).waitFor();
      expect(await page.getByRole("rowheader", { name: /^m\// }).count()).toBe(1);
      await expectFaultless(page);
      expect(complaints).toEqual([]);
    },
    180_000,
  );

  it.each(LOOKS)("is deleted while it is looked at, in %s", async (...look) => {
    const [language, width, theme] = look;
    const name = `gone-${language}`;
    await client().registeredModels.create({ name });
    await client().modelVersions.create({ name, source: "s3://models/1" });
    await client().modelVersions.create({ name, source: "s3://models/2" });
    const { page } = await stage.visit({ language, width, theme });
    await openFresh(page, `${stage.url}/#/models/${name}/versions/2`);
    await client().modelVersions.delete(name, "2");
    await page.reload();
    await page.getByText(WORDS[language].absent).waitFor();
    await expectFaultless(page);
    await openFresh(page, `${stage.url}/#/models/${name}`);
    await client().registeredModels.delete(name);
    await page.reload();
    await page.getByText(WORDS[language].absent).first().waitFor();
    await expectFaultless(page);
    const experimentId = await client().experiments.create({ name: `deleted-${language}` });
    await client().runs.create({ experimentId, runName: "left", startTime: 1 });
    await openFresh(page, `${stage.url}/#/experiments/${experimentId}`);
    await page.getByRole("link", { name: "left" }).waitFor();
    await client().experiments.delete(experimentId);
    await page.reload();
    await page.locator("main h1, main [role=alert]").first().waitFor();
    await expectFaultless(page);
  });
});
