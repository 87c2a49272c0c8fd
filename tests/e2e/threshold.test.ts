import { OPERATING_POINTS } from "@esteira/core/wire/operating-points";
import { ASSUMED_COSTS } from "@esteira/models/evaluation/cost";
import { operatingPoints } from "@esteira/models/evaluation/operating-points";
import { createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);

const WORDS = {
  en: {
    explore: "Explore thresholds",
    threshold: "Threshold",
    best: "Largest net saving",
    alert: "An alert",
    own: "The model's own",
  },
  "pt-BR": {
    ...{ explore: "Explorar limiares", threshold: "Limiar", best: "Maior economia líquida", alert: "Um alerta" },
    own: "O do próprio modelo",
  },
} as const;

describe.skipIf(browserPath === undefined)("the thresholds of a run", () => {
  let stage: Stage;
  let address = "";
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
    const client = createClient({ baseUrl: stage.url });
    const runId = stage.seeded.childRunIds[0];
    if (runId === undefined) throw new Error("The seeded search has no runs.");
    const rows = 20_000;
    const labels = Uint8Array.from({ length: rows }, (_, row) => (row % 200 === 0 ? 1 : 0));
    const operating = operatingPoints(
      {
        labels,
        scores: Float64Array.from(labels, (label, row) => ((row * 7919) % rows) / rows / (label === 1 ? 1.1 : 2.5)),
        amounts: Float64Array.from(labels, (label) => (label === 1 ? 900 : 120)),
        days: Int32Array.from(labels, (_, row) => Math.floor(row / 1000)),
      },
      { threshold: 0.7, costs: ASSUMED_COSTS, currency: "BRL" },
    );
    const { info } = await client.runs.get(runId);
    await client.artifacts.write(info.artifactUri, OPERATING_POINTS, JSON.stringify(operating));
    await client.runs.logBatch(runId, { metrics: [{ key: "threshold", value: 0.7, timestamp: 0, step: 0 }] });
    address = `${stage.url}/#/experiments/${info.experimentId}/runs/${runId}`;
  }, 180_000);
  afterAll(() => stage?.close());

  for (const language of ["en", "pt-BR"] as const) {
    for (const [width, theme] of [
      [1280, "light"],
      [390, "dark"],
    ] as const) {
      it(`are explored by keys, and kept in the address (${language}, ${width} pixels, ${theme})`, async () => {
        const words = WORDS[language];
        const { page, complaints } = await stage.visit({ language, width, theme });
        await page.goto(address);
        await page.getByRole("link", { name: words.explore }).click();
        const slider = page.getByRole("slider", { name: words.threshold });
        const own = await slider.getAttribute("aria-valuenow");
        await page.getByRole("button", { name: words.best }).click();
        await expect.poll(() => slider.getAttribute("aria-valuenow")).not.toBe(own);
        const best = Number(await slider.getAttribute("aria-valuenow"));
        await slider.press("ArrowRight");
        await expect.poll(() => slider.getAttribute("aria-valuenow")).toBe(String(best + 1));
        const kept = page.url();
        expect(kept).toContain("threshold=");
        await page.reload();
        await expect.poll(() => slider.getAttribute("aria-valuenow")).toBe(String(best + 1));

        // Where an alert costs more than any fraud, the best is to alert nothing.
        await page.getByLabel(words.alert, { exact: true }).fill("2000");
        await page.getByRole("button", { name: words.best }).click();
        await expect.poll(() => slider.getAttribute("aria-valuenow")).toBe("-1");
        await page.getByRole("button", { name: words.own }).click();
        await expect.poll(() => slider.getAttribute("aria-valuenow")).toBe(own);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
        expect(complaints).toEqual([]);
      });
    }
  }

  it("are said to be unknown where a run did not keep them", async () => {
    const { page, complaints } = await stage.visit({});
    const other = stage.seeded.childRunIds[1] ?? "";
    await page.goto(address.replace(/runs\/.*/, `runs/${other}/threshold`));
    await page.getByText(OPERATING_POINTS).waitFor();
    expect(complaints).toEqual([]);
  });
});
