import { readFile } from "node:fs/promises";
import type { Client } from "@esteira/sdk/client";
import { createClient } from "@esteira/sdk/client";
import type { Download, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { settled } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const LONG = 20_000;
const ODD_NAME = "<b>odd</b> 🧪 \u202Eabc";

describe.skipIf(browserPath === undefined)("charts", () => {
  let stage: Stage;
  let odd = "";
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
    odd = await oddRun(createClient({ baseUrl: stage.url }), stage);
  });
  afterAll(() => stage?.close());

  const charts = (search: string) => `${stage.url}/#/experiments/${stage.seeded.experimentId}/charts${search}`;
  const runCharts = (id: string, search = "") =>
    `${stage.url}/#/experiments/${stage.seeded.experimentId}/runs/${id}?tab=charts${search}`;
  const open = async (page: Page, url: string) => {
    await page.goto("about:blank");
    await page.goto(url);
  };
  const slider = (page: Page, name: string) => page.getByRole("slider", { name: new RegExp(`^${name}`) });

  it("draws a metric along steps, time and another metric, and keeps all of it in the address", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, runCharts(stage.seeded.childRunIds[0] ?? ""));
    await slider(page, "train/logloss").waitFor();
    for (const [axis, word] of [
      ["relative", /x=relative/],
      ["time", /x=time/],
      ["metrics.valid/auc_pr", /x=metrics\.valid/],
    ] as const) {
      await page.getByLabel("Along").selectOption(axis);
      await page.waitForURL(word);
      await slider(page, "train/logloss").waitFor();
    }
    await page.getByRole("switch", { name: "Log scale" }).check();
    await page.getByRole("switch", { name: "Log axis" }).check();
    await page.getByRole("switch", { name: "Clip outliers" }).check();
    await page.waitForURL(/log=true.*logX=true.*clip=true/);
    await page.reload();
    await slider(page, "train/logloss").waitFor();
    expect(await page.getByRole("switch", { name: "Log axis" }).isChecked()).toBe(true);
    expect(await page.getByLabel("Along").inputValue()).toBe("metrics.valid/auc_pr");
    expect(complaints).toEqual([]);
  });

  it("zooms by dragging on all charts together, asks for what was thinned away, and goes back", async () => {
    const { page } = await stage.visit();
    await open(page, runCharts(odd, "&find=long"));
    await page.getByText(new RegExp(`of ${LONG.toLocaleString("en")} points`)).waitFor();
    const finer = page.waitForRequest(/metrics\/history\?.*start_step=/);
    await drag(page, 0.4, 0.45);
    await page.waitForURL(/from=.*to=/);
    await finer;
    // 1,000 of 20,000 points in view, and as many to each side: the server sends them whole.
    await page.getByText(/points; every peak/).waitFor();
    await page.getByRole("button", { name: "Whole range" }).click();
    await page.waitForURL((url) => !url.href.includes("from="));
  });

  it("is used by keys alone, and reads out what the crosshair points at", async () => {
    const { page } = await stage.visit();
    await open(page, runCharts(odd, "&find=flat"));
    const chart = slider(page, "flat");
    await chart.waitFor();
    await chart.focus();
    await page.keyboard.press("Home");
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() =>
      /Step 2; .*: 7/.test(document.activeElement?.getAttribute("aria-valuetext") ?? ""),
    );
    await page.keyboard.press("+");
    await page.waitForURL(/from=/);
    await page.keyboard.press("Shift+ArrowRight");
    await page.keyboard.press("0");
    await page.waitForURL((url) => !url.href.includes("from="));
  });

  it("points at one step on all charts at once", async () => {
    const { page } = await stage.visit();
    await open(page, runCharts(stage.seeded.childRunIds[0] ?? ""));
    await slider(page, "train/logloss").waitFor();
    await slider(page, "valid/logloss").waitFor();
    const hair = page.locator(".u-over .u-cursor-x");
    await expect.poll(() => hair.count()).toBeGreaterThan(2);
    const box = (await page.locator(".u-over").first().boundingBox())!;
    /** Where each chart's crosshair is, in pixels from its chart's left. */
    const places = () =>
      hair.evaluateAll((lines) =>
        lines.map((line) =>
          Math.round(line.getBoundingClientRect().left - line.parentElement!.getBoundingClientRect().left),
        ),
      );
    for (const share of [0.25, 0.75]) {
      await page.mouse.move(box.x + share * box.width, box.y + box.height / 2);
      await expect
        .poll(async () => (await places()).every((left) => Math.abs(left - share * box.width) < 12), {
          timeout: 15_000,
        })
        .toBe(true);
    }
  });

  it("says what cannot be drawn: NaN, infinities, negatives on a log scale", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, runCharts(odd, "&find=oddities"));
    await page.getByText("Not drawn: 2 NaN, 1 infinite.").waitFor();
    await page.getByRole("switch", { name: "Log scale" }).check();
    await page.getByText(/3 values are zero or negative/).waitFor();
    await open(page, runCharts(odd, "&find=negative&log=true"));
    await page.getByText("No values to draw on these scales.").waitFor();
    await open(page, runCharts(odd, "&find=single"));
    await slider(page, "single").waitFor();
    expect(complaints).toEqual([]);
  });

  it("saves a picture and its points, and shows both full screen and as a table", async () => {
    const { page } = await stage.visit();
    await open(page, runCharts(odd, "&find=flat"));
    const save = async (item: string): Promise<Download> => {
      await page.getByRole("button", { name: "Save flat" }).first().click();
      const [download] = await Promise.all([
        page.waitForEvent("download"),
        page.getByRole("menuitem", { name: item }).click(),
      ]);
      return download;
    };
    const svg = await readFile(await (await save("Picture (SVG)")).path(), "utf8");
    expect(svg).toMatch(/^<svg xmlns/);
    expect(svg).toContain("&lt;b&gt;odd&lt;/b&gt;");
    const csv = await readFile(await (await save("Points (CSV)")).path(), "utf8");
    expect(csv.split("\r\n")).toHaveLength(5);
    const png = await readFile(await (await save("Picture (PNG)")).path());
    expect(png.subarray(1, 4).toString()).toBe("PNG");

    await page.getByRole("button", { name: "Full screen: flat" }).click();
    const dialog = page.getByRole("dialog", { name: "flat" });
    await dialog.getByRole("cell", { name: ODD_NAME }).waitFor();
    await page.waitForURL(/full=flat/);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
  });

  it("draws groups as one line with a band", async () => {
    const { page, complaints } = await stage.visit();
    await open(
      page,
      `${stage.url}/#/compare-runs?runs=${encodeURIComponent(JSON.stringify(stage.seeded.childRunIds))}&group=params.model`,
    );
    await page.mouse.move(400, 400);
    await page.getByRole("heading", { name: "Charts" }).scrollIntoViewIfNeeded();
    await slider(page, "train/logloss: 1 line").waitFor();
    await page.getByRole("button", { name: "Values of train/logloss as a table" }).click();
    await page.getByRole("cell", { name: "xgboost (6)" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it("asks only for charts in view among thousands, and finds one by its name", async () => {
    const client = createClient({ baseUrl: stage.url });
    const { info } = await client.runs.create({
      experimentId: stage.seeded.experimentId,
      runName: "many",
      startTime: 1,
    });
    const keys = Array.from({ length: 5000 }, (_, at) => `layer/${String(at).padStart(4, "0")}/norm`);
    for (let from = 0; from < keys.length; from += 1000) {
      const metrics = keys.slice(from, from + 1000).map((key, at) => ({ key, value: at, timestamp: 1, step: 1 }));
      await client.runs.logBatch(info.runId, { metrics });
    }
    const { page, complaints } = await stage.visit();
    const asked: string[] = [];
    page.on("request", (request) => {
      const key = new URL(request.url()).searchParams.get("metric_key");
      if (key !== null) asked.push(key);
    });
    await open(page, runCharts(info.runId));
    await slider(page, "layer/0000/norm").waitFor();
    expect(new Set(asked).size).toBeLessThan(20);
    await page.getByLabel("Search charts").fill("4321");
    await slider(page, "layer/4321/norm").waitFor();
    expect(complaints).toEqual([]);
  });

  it("goes on by itself when the server was away", async () => {
    const { page } = await stage.visit();
    await open(page, runCharts(odd, "&find=flat"));
    await slider(page, "flat").waitFor();
    await page.route("**/metrics/history**", (route) => route.abort());
    await page.evaluate(`location.hash = location.hash.replace("find=flat", "find=single")`);
    await page
      .getByText(/The server does not answer/)
      .first()
      .waitFor();
    await page.unroute("**/metrics/history**");
    await slider(page, "single").waitFor({ timeout: 30_000 });
  });

  it("chooses runs by the axes of parallel coordinates by keys", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, charts("?view=parallel"));
    const all = page.getByText(/^(\d+) of \1 runs chosen/);
    await all.waitFor();
    await page.getByRole("slider", { name: "learning_rate, to" }).focus();
    await page.keyboard.press("PageDown");
    await page.keyboard.press("PageDown");
    await page.waitForURL(/brushes=/);
    await all.waitFor({ state: "detached" });
    await page.getByText(/^\d+ of \d+ runs chosen/).waitFor();
    await page.getByRole("button", { name: "Choose all" }).click();
    await all.waitFor();
    expect(complaints).toEqual([]);
  });

  it("opens a run from a scatter by keys, and colours the plane of a contour", async () => {
    const { page, complaints } = await stage.visit();
    await open(page, charts("?view=contour"));
    await page.getByText(/\(Shepard\)/).waitFor();
    await page.getByRole("tab", { name: "Scatter" }).click();
    const plot = page.getByRole("slider", { name: /by learning_rate/ });
    await plot.focus();
    await page.keyboard.press("ArrowRight");
    await page.waitForFunction(() =>
      /learning_rate/.test(document.activeElement?.getAttribute("aria-valuetext") ?? ""),
    );
    await page.keyboard.press("Enter");
    await page.waitForURL(/\/runs\/[0-9a-f]{32}/);
    expect(complaints).toEqual([]);
  });

  it("weighs parameters and says how, and how little they explain of noise", async () => {
    const { page } = await stage.visit({ language: "pt-BR" });
    await open(page, charts("?view=importance"));
    await page.getByText(/floresta aleatória de 120 árvores/).waitFor();
    await page.getByText(/É pouco/).waitFor();
  });

  it("lays curves of evaluation.json over each other, and says which runs have none", async () => {
    const client = createClient({ baseUrl: stage.url });
    const [first = "", second = "", third = ""] = stage.seeded.childRunIds;
    for (const [at, id] of stage.seeded.childRunIds.slice(0, 2).entries()) {
      const { info } = await client.runs.get(id);
      const evaluation = {
        pr: { x: [0, 0.5, 1], y: [1, 0.8 - at / 10, 0.1], threshold: [0.9, 0.5, 0.1] },
        calibration: [{ rows: 10, predicted: 0.01, observed: 0.02, positives: 1 }],
        prevalence: 0.1,
        metrics: { auc_pr: 0.75 - at / 10 },
      };
      await client.artifacts.write(info.artifactUri, "evaluation.json", JSON.stringify(evaluation));
    }
    const { page, complaints } = await stage.visit();
    const runs = encodeURIComponent(JSON.stringify([first, second, third]));
    await open(page, `${stage.url}/#/compare-runs?runs=${runs}&view=curves`);
    await page.getByRole("heading", { name: "Charts" }).scrollIntoViewIfNeeded();
    await page.getByText("AP 0.75 · candidate-1").waitFor();
    await page.getByText("Without this curve in their evaluation.json: candidate-3.").waitFor();
    await page.getByText("ROC", { exact: true }).click();
    await page.getByText(/None of these runs has this curve/).waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(["lines", "parallel", "scatter", "contour", "importance", "curves"])(
    "fits a phone in Portuguese: %s",
    async (view) => {
      const { page, complaints } = await stage.visit({ language: "pt-BR", width: 390, theme: "dark" });
      await open(page, charts(`?view=${view}`));
      await page.getByRole("tab", { selected: true }).waitFor();
      await settled(page);
      expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(
        0,
      );
      expect(complaints).toEqual([]);
    },
  );
});

/** Drags over the first chart, from one share of its width to another. */
async function drag(page: Page, from: number, to: number): Promise<void> {
  const box = (await page.locator(".u-over").first().boundingBox())!;
  const place = (share: number) => [box.x + share * box.width, box.y + box.height / 2] as const;
  await page.mouse.move(...place(from));
  await page.mouse.down();
  await page.mouse.move(...place((from + to) / 2));
  await page.mouse.move(...place(to));
  await page.mouse.up();
}

/** A run whose metrics are what charts must bear. */
async function oddRun(client: Client, { seeded }: Stage): Promise<string> {
  const { info } = await client.runs.create({ experimentId: seeded.experimentId, runName: ODD_NAME, startTime: 1000 });
  const point = (key: string, step: number, value: number) => ({ key, step, value, timestamp: 1000 + step * 10 });
  await client.runs.logBatch(info.runId, {
    metrics: [
      ...[1, 2, 3].map((step) => point("flat", step, 7)),
      point("single", 4, 3),
      ...[1, 2, 3].map((step) => point("negative", step, -step)),
      ...[Number.NaN, 1, Number.POSITIVE_INFINITY, -1, Number.NaN, 0, -2, 5].map((value, step) =>
        point("oddities", step + 1, value),
      ),
    ],
  });
  for (let from = 0; from < LONG; from += 1000) {
    const steps = Array.from({ length: 1000 }, (_, at) => from + at);
    await client.runs.logBatch(info.runId, { metrics: steps.map((step) => point("long", step, Math.sin(step / 500))) });
  }
  await client.runs.update(info.runId, { status: "FINISHED", endTime: 10_000 });
  return info.runId;
}
