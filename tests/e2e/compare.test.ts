import { createClient } from "@esteira/sdk/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const patch = (depth: number) =>
  `diff --git a/train.py b/train.py\n@@ -1,3 +1,3 @@\n import xgboost\n-depth = 3\n+depth = ${depth}\n rows = load()\n`;

describe.skipIf(browserPath === undefined)("comparing runs", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
    const client = createClient({ baseUrl: stage.url });
    for (const [at, id] of stage.seeded.childRunIds.slice(0, 2).entries()) {
      const { info } = await client.runs.get(id);
      await client.runs.logBatch(id, {
        tags: [
          { key: "esteira.git.dirty", value: "true" },
          { key: "mlflow.source.git.repoURL", value: "https://github.com/acme/pix.git" },
        ],
      });
      await client.artifacts.write(info.artifactUri, "uncommitted.diff", patch(4 + at));
      await client.artifacts.write(info.artifactUri, "environment.json", JSON.stringify({ node: `v20.20.${at}` }));
      await client.artifacts.write(info.artifactUri, "requirements.txt", `xgboost==3.${at}.0\n<b>odd</b>==1\n`);
    }
  });
  afterAll(() => stage?.close());

  const open = async (page: Page, ids: readonly string[], search = "") => {
    await page.goto("about:blank");
    await page.goto(`${stage.url}/#/compare-runs?runs=${encodeURIComponent(JSON.stringify(ids))}${search}`);
    await page.locator("main h1").waitFor();
  };
  const section = async (page: Page, title: string) => {
    await page.getByRole("heading", { name: title, exact: true }).scrollIntoViewIfNeeded();
  };

  it("measures against a baseline, and keeps it in the address", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, stage.seeded.childRunIds.slice(0, 3));
    await page.getByLabel("Baseline").selectOption({ label: "Against candidate-1" });
    await page.getByText("+0.01 (+1.25 %)").waitFor();
    await page.getByText("+0.02 (+2.5 %)").waitFor();
    await page.waitForURL(/baseline=/);
    expect(complaints).toEqual([]);
  });

  it("goes from difference to difference by keys, and round again", async () => {
    const { page } = await stage.visit();
    await open(page, stage.seeded.childRunIds.slice(0, 2));
    await page.getByRole("rowheader", { name: "seed" }).waitFor();
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await page.keyboard.press("Alt+ArrowDown");
    const first = await focused();
    await page.getByText(/^Difference 1 of \d+$/).waitFor();
    await page.keyboard.press("Alt+ArrowDown");
    expect(await focused()).not.toBe(first);
    await page.getByRole("button", { name: "Previous" }).focus();
    await page.keyboard.press("Alt+ArrowUp");
    await page.getByText(/^Difference \d+ of \d+$/).waitFor();
    // What does not differ is no stop.
    expect(await page.locator("[data-difference]").filter({ hasText: "seed" }).count()).toBe(0);
  });

  it("shows what code, environment and files differ by", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, stage.seeded.childRunIds.slice(0, 3));
    await section(page, "Code");
    const diff = page.getByRole("region", { name: "What differs between the uncommitted changes" });
    await diff.getByText("- +depth = 4").waitFor();
    await diff.getByText("+ +depth = 5").waitFor();
    await page.getByText(/esteira diff [0-9a-f]{32} [0-9a-f]{32}/).waitFor();
    await section(page, "Environment");
    await page.getByRole("row", { name: /node.*v20\.20\.0.*v20\.20\.1.*–/ }).waitFor();
    await page.getByRole("row", { name: /package xgboost.*3\.0\.0.*3\.1\.0/ }).waitFor();
    await section(page, "Artifacts");
    await page.getByRole("img", { name: "curves/learning.svg" }).nth(2).waitFor();
    await page.getByLabel("Side by side").selectOption("environment.json");
    await page.getByText("This run has no such file.").waitFor();
    expect(complaints).toEqual([]);
  });

  it("compares a hundred runs, each in its column, and leaves out what is gone", async () => {
    const client = createClient({ baseUrl: stage.url });
    const { items } = await client.runs.search({ experimentIds: [stage.seeded.experimentId], maxResults: 100 });
    const { page, complaints } = await stage.visit();
    await open(page, [...items.map((run) => run.info.runId), "0".repeat(32)]);
    await page.getByRole("heading", { name: "Compare 100 runs" }).waitFor({ timeout: 60_000 });
    await page.getByText("1 run could not be loaded.").waitFor();
    const widths = await page
      .locator("table")
      .first()
      .locator("thead th")
      .evaluateAll((heads) => heads.map((head) => head.getBoundingClientRect().width));
    expect(widths).toHaveLength(100);
    expect(Math.min(...widths)).toBeGreaterThan(100);
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });

  it("shows as much of a long param as a table has room for, and all of it to who asks", async () => {
    const client = createClient({ baseUrl: stage.url });
    const ids: string[] = [];
    for (const end of ["one end", "another end"]) {
      const { info } = await client.runs.create({ experimentId: stage.seeded.experimentId, startTime: 1 });
      await client.runs.logBatch(info.runId, { params: [{ key: "prompt", value: `${"word ".repeat(1190)}${end}` }] });
      ids.push(info.runId);
    }
    const { page, complaints } = await stage.visit({ language: "pt-BR", width: 390 });
    await open(page, ids);
    const row = page.getByRole("row", { name: /^prompt/ });
    await row.waitFor();
    expect(await page.getByText("another end").count()).toBe(0);
    await row.getByRole("button", { name: "Mostrar todos os 5.961 caracteres" }).click();
    await page.getByText("another end").waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
    await row.getByRole("button", { name: "Mostrar menos" }).click();
    expect(await page.getByText("another end").count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  it("goes on while its runs train: values, charts and states", async () => {
    const client = createClient({ baseUrl: stage.url });
    const { experimentId } = stage.seeded;
    const runs = await Promise.all(
      ["first", "second"].map((runName) => client.runs.create({ experimentId, runName, startTime: Date.now() })),
    );
    const log = (at: number, step: number, value: number) =>
      client.runs.logBatch(runs[at]!.info.runId, { metrics: [{ key: "loss", value, timestamp: 1, step }] });
    await log(0, 0, 0.9);
    const { page, complaints } = await stage.visit();
    await open(
      page,
      runs.map(({ info }) => info.runId),
    );
    await page.getByRole("cell", { name: "0.9", exact: true }).waitFor();
    await log(1, 0, 0.75);
    await log(0, 1, 0.625);
    await page.getByRole("cell", { name: "0.625", exact: true }).waitFor();
    await page.getByRole("cell", { name: "0.75", exact: true }).waitFor();
    await page.getByRole("slider", { name: /^loss: 2 lines/ }).waitFor();
    await client.runs.update(runs[0]!.info.runId, { status: "FINISHED", endTime: Date.now() });
    await page.getByText("Finished").first().waitFor();
    expect(complaints).toEqual([]);
  });

  it("says which runs are deleted, and compares them all the same", async () => {
    const client = createClient({ baseUrl: stage.url });
    const { info } = await client.runs.create({
      experimentId: stage.seeded.experimentId,
      runName: "<i>gone</i>",
      startTime: 1,
    });
    await client.runs.delete(info.runId);
    const { page } = await stage.visit({ language: "pt-BR", width: 390, theme: "dark" });
    await open(page, [stage.seeded.childRunIds[0] ?? "", info.runId]);
    await page.getByRole("link", { name: "<i>gone</i>" }).waitFor();
    await page.getByText("Excluídas", { exact: true }).waitFor();
    await section(page, "Código");
    await page
      .getByText(/lado a lado/)
      .first()
      .waitFor();
    expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
  });
});
