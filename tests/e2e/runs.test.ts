import { readFile } from "node:fs/promises";
import { createClient } from "@esteira/sdk/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");

const searchOf = (values: Record<string, unknown>) =>
  `?${Object.entries(values)
    .map(([key, value]) => `${key}=${encodeURIComponent(typeof value === "string" ? value : JSON.stringify(value))}`)
    .join("&")}`;

describe.skipIf(browserPath === undefined)("the table of runs", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const urlOf = (experiment: string, search: Record<string, unknown> = {}) =>
    `${stage.url}/#/experiments/${experiment}${searchOf(search)}`;
  const open = async (page: Page, search: Record<string, unknown> = {}) => {
    await page.goto("about:blank");
    await page.goto(urlOf(stage.seeded.experimentId, search));
    await page.locator("tbody tr").first().waitFor();
  };
  const seen = (page: Page, text: string | RegExp) => page.getByText(text).first().waitFor();
  const names = (page: Page) => page.locator("tbody [data-stop=name]").allInnerTexts();

  it("groups runs by params, group in group, with the mean of their numbers, and sorts groups by it", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, { sort: "metrics.auc_pr desc" });
    await page.getByRole("button", { name: "Group", exact: true }).click();
    const menu = page.getByRole("dialog");
    await menu.getByRole("button", { name: /^model/ }).click();
    await menu.getByRole("button", { name: /^max_depth/ }).click();
    await page.keyboard.press("Escape");
    await page.waitForURL(/groups=/);
    await seen(page, /239 runs · 3 groups/);
    expect(await names(page)).toEqual([
      expect.stringMatching(/model\s*(xgboost|random-forest)/),
      expect.stringMatching(/model\s*(xgboost|random-forest)/),
      expect.stringMatching(/model\s*\(none\)/),
    ]);
    const column = page.locator("tbody tr td:nth-child(5)");
    const means = (await column.allInnerTexts()).filter((text) => text !== "").map(Number);
    expect(means).toEqual([...means].sort((a, b) => b - a));
    expect(await column.first().getByRole("img").getAttribute("aria-label")).toMatch(
      /^From 0\.\d+ to 0\.\d+, mean 0\./,
    );

    await page
      .getByRole("button", { name: /xgboost/ })
      .first()
      .click();
    await page.getByRole("button", { name: /max_depth\s*3/ }).click();
    await page
      .getByRole("link", { name: /^sweep-/ })
      .first()
      .waitFor();
    expect(complaints).toEqual([]);
  });

  it("completes names, operators and values of a filter by keys alone", async () => {
    const { page, complaints } = await stage.visit();
    await open(page);
    const field = page.getByLabel("Filter runs");
    await field.focus();
    await field.pressSequentially("typ");
    await page.getByRole("option", { name: "tags.typology" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    await page.getByRole("option", { name: "ILIKE", exact: true }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Tab");
    await page.getByRole("option", { name: "'mule'" }).waitFor();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("Enter");
    expect(await field.inputValue()).toBe("tags.typology = 'mule' ");
    await field.pressSequentially("and metrics.auc_pr > 0.85");
    await page.keyboard.press("Enter");
    await page.waitForURL(/filter=/);
    await seen(page, /^\d+ runs$/);
    expect(complaints).toEqual([]);
  });

  it("shows where a filter is wrong, and finds by the server what only it can", async () => {
    const { page } = await stage.visit();
    await open(page);
    const field = page.getByLabel("Filter runs");
    await field.fill("metrics.auc_pr > 0.5 and params.model = xgboost");
    await field.press("Enter");
    expect(await page.getByRole("alert").locator("mark").textContent()).toBe("xgboost");
    await page.getByTitle("Go to the fault in the filter").click();
    expect(await field.evaluate((input: HTMLInputElement) => input.value.slice(input.selectionStart ?? 0))).toBe(
      "xgboost",
    );
    await field.fill("attributes.run_name RLIKE '^sweep-00[0-4]$' or dataset.name = 'transfers-2026-10'");
    await field.press("Enter");
    await seen(page, /^11 runs$/);
    await field.fill("attributes.run_name RLIKE '['");
    await field.press("Enter");
    await seen(page, /Invalid regular expression/);
  });

  it("sorts numbers in params as numbers, and missing values last either way", async () => {
    const { page } = await stage.visit();
    await open(page, { sort: "params.max_depth desc", nested: false, columns: ["params.max_depth"] });
    await page.waitForFunction(() => document.querySelector("tbody td:nth-child(3)")?.textContent === "10");
    await page.getByRole("button", { name: "max_depth", exact: true }).click();
    await page.waitForFunction(() => document.querySelector("tbody td:nth-child(3)")?.textContent === "3");
  });

  it("pins, moves, widens and hides columns by the head's menu, and keeps it in the address", async () => {
    const { page, complaints } = await stage.visit();
    await open(page);
    const menu = (column: string) => page.getByRole("button", { name: `Menu of ${column}` });
    await menu("brier").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Pin to the left" }).click();
    await page.waitForURL(/pinned=.*brier/);
    const heads = () => page.locator("thead tr:nth-child(2) th").allInnerTexts();
    expect((await heads())[2]).toBe("brier");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await menu("auc_roc").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Move left" }).click();
    await page.getByRole("menuitem", { name: "Wider" }).click();
    await page.keyboard.press("Escape");
    await page.getByRole("menu").waitFor({ state: "detached" });
    await page.waitForURL(/widths=.*auc_roc/);
    const order = await heads();
    expect(order.indexOf("auc_roc")).toBeLessThan(order.indexOf("auc_pr"));
    await menu("auc_roc").focus();
    await page.keyboard.press("Enter");
    await page.getByRole("menuitem", { name: "Hide" }).click();
    await page.getByRole("columnheader", { name: "auc_roc" }).waitFor({ state: "detached" });
    expect(complaints).toEqual([]);
  });

  it("moves a column by dragging its head", async () => {
    const { page } = await stage.visit();
    await open(page);
    const head = (name: string) => page.getByRole("columnheader", { name }).first();
    await head("brier").dragTo(head("auc_pr"), { targetPosition: { x: 8, y: 10 } });
    await page.waitForURL(/columns=/);
    const heads = await page.locator("thead tr:nth-child(2) th").allInnerTexts();
    expect(heads.indexOf("brier")).toBe(heads.indexOf("auc_pr") - 1);
  });

  it("is walked by arrow keys, from row to row and into what is nested", async () => {
    const { page } = await stage.visit();
    await open(page);
    await page.getByRole("link", { name: "retrain-nightly" }).focus();
    await page.keyboard.press("ArrowDown");
    await page.keyboard.press("ArrowDown");
    const focused = () => page.evaluate(() => document.activeElement?.textContent);
    await expect.poll(focused).toBe("xgboost-search");
    await page.keyboard.press("ArrowRight");
    await page.getByRole("link", { name: "candidate-1" }).waitFor();
    await page.keyboard.press(" ");
    await seen(page, "1 run selected");
    await page.keyboard.press("End");
    await expect.poll(focused).toBe("sweep-229");
  });

  it("saves a view for everybody, opens it by its link alone, and takes its removal back", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, { filter: "params.model = 'xgboost'", sort: "metrics.auc_pr desc", groups: ["tags.typology"] });
    await page.getByRole("button", { name: "Views" }).click();
    await page.getByLabel("Save this view as").fill('Mules & <b>"friends"</b> 🧪');
    await page.getByRole("button", { name: "Save view" }).click();
    await seen(page, /is saved\./);
    const id = new URL(page.url().replace("/#", "")).searchParams.get("view");

    const other = await stage.visit({ language: "pt-BR" });
    await other.page.goto(urlOf(stage.seeded.experimentId, { view: id }));
    await other.page.waitForURL(/groups=/);
    await seen(other.page, /3 grupos/);
    await other.page.getByRole("button", { name: 'Mules & <b>"friends"</b> 🧪' }).click();
    await other.page.getByRole("button", { name: /Remover a visão/ }).click();
    await other.page.getByRole("button", { name: "Desfazer" }).click();
    await seen(other.page, "Desfeito.");
    const client = createClient({ baseUrl: stage.url });
    const { tags } = await client.experiments.get(stage.seeded.experimentId);
    expect(tags.map(({ key }) => key)).toContain(`esteira.view.${id}`);
    await client.experiments.deleteTag(stage.seeded.experimentId, `esteira.view.${id}`);
    expect([...complaints, ...other.complaints]).toEqual([]);
  });

  it("does not write over a view that somebody else has changed meanwhile", async () => {
    const { page } = await stage.visit();
    const client = createClient({ baseUrl: stage.url });
    const view = (sort: string) => JSON.stringify({ name: "shared", state: { sort } });
    const tag = { key: "esteira.view.shared", value: view("metrics.auc_pr desc") };
    await client.experiments.setTag(stage.seeded.experimentId, tag);
    await open(page, { view: "shared", sort: "metrics.brier asc" });
    await client.experiments.setTag(stage.seeded.experimentId, { ...tag, value: view("metrics.auc_roc desc") });
    await page.getByRole("button", { name: "shared · changed" }).click();
    await page.getByRole("button", { name: "Save the changes to “shared”" }).click();
    await seen(page, /Somebody else has changed this view/);
    const { tags } = await client.experiments.get(stage.seeded.experimentId);
    expect(tags.find(({ key }) => key === tag.key)?.value).toBe(view("metrics.auc_roc desc"));
    await client.experiments.deleteTag(stage.seeded.experimentId, tag.key);
  });

  it("tags, archives, deletes and restores many runs at once, and each is undone by one click", async () => {
    const { page, complaints } = await stage.visit();
    const client = createClient({ baseUrl: stage.url });
    const experimentId = await client.experiments.ensure("bulk");
    const ids: string[] = [];
    for (let index = 0; index < 5; index++) {
      const tags = index === 0 ? [{ key: "phase", value: "early" }] : [];
      const { info } = await client.runs.create({ experimentId, runName: `b${index}`, startTime: index + 1, tags });
      ids.push(info.runId);
    }
    const phases = async () => {
      const { items } = await client.runs.search({ experimentIds: [experimentId], orderBy: ["start_time ASC"] });
      return items.map(({ data }) => data.tags.find(({ key }) => key === "phase")?.value);
    };
    await page.goto(urlOf(experimentId));
    await page.getByRole("checkbox", { name: "Select b4" }).click();
    await page.getByRole("checkbox", { name: "Select b1" }).click({ modifiers: ["Shift"] });
    await seen(page, "4 runs selected");
    await page.getByRole("checkbox", { name: "Select b0" }).click();
    await page.getByRole("button", { name: "Tag", exact: true }).click();
    await page.getByRole("textbox", { name: "Tag" }).fill("phase");
    await page.getByLabel("Value").fill("late");
    await page.getByRole("button", { name: "Set on the selected runs" }).click();
    await seen(page, "phase is set on 5 runs.");
    expect(await phases()).toEqual(Array(5).fill("late"));
    await page.getByRole("button", { name: "Undo" }).click();
    await seen(page, "Undone.");
    expect(await phases()).toEqual(["early", undefined, undefined, undefined, undefined]);

    await page.getByRole("button", { name: "Archive", exact: true }).click();
    await seen(page, "5 runs archived.");
    await seen(page, /has no runs yet|No run/);
    await page.getByText("Archived", { exact: true }).click();
    await page.getByRole("link", { name: "b3" }).waitFor();
    await page.getByText("Active", { exact: true }).click();
    await page.getByRole("button", { name: "Undo" }).click();
    await page.getByRole("link", { name: "b3" }).waitFor();

    await page.getByRole("checkbox", { name: "Select b2" }).click();
    await page.getByRole("button", { name: "Delete", exact: true }).click();
    await seen(page, "1 run deleted.");
    await page.getByRole("link", { name: "b2" }).waitFor({ state: "detached" });
    await page.getByText("Deleted", { exact: true }).click();
    await page.getByRole("checkbox", { name: "Select b2" }).click();
    await page.getByRole("button", { name: "Restore" }).click();
    await seen(page, "1 run restored.");
    expect((await client.runs.search({ experimentIds: [experimentId] })).items).toHaveLength(5);
    expect(complaints).toEqual([]);
  });

  it("writes all matching runs to CSV and Parquet, with whole texts and safe cells", async () => {
    const { page, complaints } = await stage.visit();
    const client = createClient({ baseUrl: stage.url });
    const experimentId = await client.experiments.ensure("export");
    const long = 'say "hi", ok\n'.repeat(400);
    const values = ["=1+1", long, "-0.5"];
    for (const [index, value] of values.entries()) {
      const { info } = await client.runs.create({ experimentId, runName: `e${index}`, startTime: index + 1 });
      await client.runs.logBatch(info.runId, {
        params: [{ key: "p", value }],
        metrics: [{ key: "m", value: index === 2 ? Number.NaN : 0.1 * (index + 1), timestamp: 1, step: 0 }],
      });
    }
    await page.goto(urlOf(experimentId, { columns: ["metrics.m", "params.p"] }));
    await page.getByRole("link", { name: "e0" }).waitFor();
    const file = async (format: string) => {
      await page.getByRole("button", { name: "Export" }).click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("menuitem", { name: format, exact: true }).click(),
      ]);
      await seen(page, "3 runs written to a file.");
      return { name: download.suggestedFilename(), path: await download.path() };
    };
    const csv = await file("CSV");
    expect(csv.name).toBe("export-runs.csv");
    const lines = (await readFile(csv.path, "utf8")).split("\r\n");
    expect(lines[0]).toBe("run_id,run_name,metrics.m,params.p");
    expect(lines[1]).toMatch(/^[0-9a-f]{32},e2,NaN,-0\.5$/);
    expect(lines[2]).toContain(`,e1,0.2,"${long.replaceAll('"', '""')}"`);
    expect(lines[3]).toMatch(/,e0,0\.1,'=1\+1$/);

    const parquet = await file("Parquet");
    const { asyncBufferFromFile, parquetReadObjects } = await import("hyparquet");
    const rows = await parquetReadObjects({ file: await asyncBufferFromFile(parquet.path) });
    expect(rows).toEqual([
      { run_id: expect.any(String), run_name: "e2", "metrics.m": Number.NaN, "params.p": "-0.5" },
      { run_id: expect.any(String), run_name: "e1", "metrics.m": 0.2, "params.p": long },
      { run_id: expect.any(String), run_name: "e0", "metrics.m": 0.1, "params.p": "=1+1" },
    ]);
    expect(complaints).toEqual([]);
  });

  it("takes new runs and their values in as they are logged, and lives through a server that is away", async () => {
    const { page } = await stage.visit();
    const client = createClient({ baseUrl: stage.url });
    const experimentId = await client.experiments.ensure("live table");
    const begin = (runName: string) => client.runs.create({ experimentId, runName, startTime: Date.now() });
    await begin("first");
    await page.goto(urlOf(experimentId, { columns: ["metrics.loss", "attributes.status"] }));
    await page.getByRole("link", { name: "first" }).waitFor();
    const { info } = await begin("second");
    await page.getByRole("link", { name: "second" }).waitFor();
    await client.runs.logBatch(info.runId, { metrics: [{ key: "loss", value: 0.625, timestamp: 1, step: 0 }] });
    await seen(page, "0.625");
    await client.runs.update(info.runId, { status: "FAILED", endTime: Date.now() });
    await seen(page, "Failed");

    await page.route("**/ajax-api/**", (route) => route.abort());
    await page.getByRole("button", { name: "Refresh" }).click();
    await seen(page, /The server does not answer/);
    await page.getByRole("link", { name: "second" }).waitFor();
    await page.unroute("**/ajax-api/**");
    await page
      .getByText(/The server does not answer/)
      .first()
      .waitFor({ state: "detached" });
  });

  it("shows whatever names and values are, as they were logged, and nothing of it acts", async () => {
    const { page, complaints } = await stage.visit();
    const client = createClient({ baseUrl: stage.url });
    const experimentId = await client.experiments.ensure('<img src=x onerror="alert(1)"> عربي 🧪');
    const odd = ["<script>alert(1)</script>", "عربى من اليمين", "two\nlines 🧪", "x".repeat(5000)];
    for (const [index, name] of odd.entries()) {
      const { info } = await client.runs.create({
        experimentId,
        runName: name.slice(0, 200),
        startTime: index + 1,
        tags: [{ key: "t", value: name }],
      });
      if (index === 3) continue;
      await client.runs.logBatch(info.runId, {
        params: [{ key: "odd key/with: signs", value: name }],
        metrics: [
          {
            key: "m",
            value: [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY][index] ?? 0,
            timestamp: 1,
            step: 0,
          },
        ],
      });
      for (let from = 0; index === 0 && from < 5000; from += 1000) {
        const metrics = Array.from({ length: 1000 }, (_, at) => ({
          key: `many/${from + at}`,
          value: at,
          timestamp: 1,
          step: 0,
        }));
        await client.runs.logBatch(info.runId, { metrics });
      }
    }
    await page.goto(urlOf(experimentId, { columns: ["metrics.m", "params.odd key/with: signs", "tags.t"] }));
    await page.getByRole("link", { name: "<script>alert(1)</script>" }).waitFor();
    for (const text of ["NaN", "∞", "−∞"]) await page.getByRole("cell", { name: text, exact: true }).waitFor();
    expect(await page.locator("tbody tr").count()).toBe(4);
    await page.getByRole("button", { name: "Columns" }).click();
    await page.getByLabel("Search columns").fill("many/4899");
    await page.getByLabel("many/4899").check();
    await page.keyboard.press("Escape");
    await page.getByRole("columnheader", { name: "many/4899" }).waitFor();
    const field = page.getByLabel("Filter runs");
    await field.fill("params.`odd key/with: signs` LIKE '%lines%'");
    await field.press("Enter");
    await seen(page, /^1 run$/);
    expect(complaints).toEqual([]);
  });
});
