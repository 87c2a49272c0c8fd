/**
 * A chart of many runs and points in Debian's Chromium: from the click that opens it to its lines on the screen, and how many
 * frames a second are drawn while it is panned. Needs Chromium (CHROMIUM_PATH, or `chromium` on the PATH).
 *
 *   npm run bench -- web-charts [--runs 10] [--points 100000]
 */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import type { ExperimentId } from "@esteira/core/ids";
import { type Client, createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { webAssets } from "@esteira/web/node/assets";
import { chromium, type Page } from "playwright-core";
import { findChromium } from "../tests/e2e/chromium.ts";
import { printFigure, printMachine, thousands } from "./figure.ts";

const PAINTED_MS = 500;
const FRAMES = 50;
const ROUNDS = 5;
const BATCH = 1000;
const PAN_MS = 3000;

/** A script of the page, as a text: what compiles this file would put names of its own into a function. */
const paintedAfter = (address: string) => `new Promise((resolve) => {
  const begin = performance.now();
  location.hash = ${JSON.stringify(address)};
  const look = () => {
    const canvas = document.querySelector(".uplot canvas");
    const paper = canvas?.getContext("2d");
    const pixels = canvas?.width > 0 ? paper.getImageData(0, 0, canvas.width, canvas.height).data : [];
    let coloured = 0;
    for (let at = 0; at < pixels.length; at += 4) {
      // Lines are the only saturated colour on the canvas.
      const [r, g, b, alpha] = [pixels[at], pixels[at + 1], pixels[at + 2], pixels[at + 3]];
      if (alpha > 200 && Math.max(r, g, b) - Math.min(r, g, b) > 60) coloured++;
    }
    // The frame in which it is found is on the screen when the next one begins.
    if (coloured > 200) requestAnimationFrame(() => resolve(performance.now() - begin));
    else requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})`;

const framesFor = (ms: number) => `new Promise((resolve) => {
  const times = [];
  const next = (now) => {
    times.push(now);
    if (now - times[0] < ${ms}) return requestAnimationFrame(next);
    const gaps = times.slice(1).map((time, at) => time - times[at]);
    resolve({ frames: (1000 * gaps.length) / (now - times[0]), slowest: Math.max(...gaps) });
  };
  requestAnimationFrame(next);
})`;

const { values } = parseArgs({
  options: { runs: { type: "string", default: "10" }, points: { type: "string", default: "100000" } },
});
const runs = Number(values.runs);
const points = Number(values.points);

const executablePath = findChromium(process.env);
if (executablePath === undefined) throw new Error("No Chromium was found: install one or set CHROMIUM_PATH.");
const webRoot = await webAssets({ onProgress: (line) => console.log(line) });
if (webRoot === undefined) throw new Error("The web UI could not be built: run npm ci first.");

printMachine();
const folder = await mkdtemp(join(tmpdir(), "esteira-bench-"));
const server = await startServer({
  host: "127.0.0.1",
  port: 0,
  backendStoreUri: `sqlite:///${join(folder, "store.db")}`,
  artifactsDestination: join(folder, "artifacts"),
  webRoot,
});
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.create({ name: "charts" });
  for (let run = 0; run < runs; run++) await fill(client, experimentId, run);
  const page = await browser.newPage({ viewport: { width: 1360, height: 860 } });
  const painted: number[] = [];
  for (let round = 0; round < ROUNDS; round++) painted.push(await open(page, experimentId));
  const middle = [...painted].sort((a, b) => a - b)[Math.floor(ROUNDS / 2)]!;
  const what = `a chart of ${runs} runs × ${thousands(points)} points`;
  console.log(
    `painted after ${painted.map((ms) => `${Math.round(ms)} ms`).join(", ")}; the first reads every point once`,
  );
  printFigure({
    name: `${what}: from the click to its lines on the screen, median of ${ROUNDS}`,
    target: `< ${PAINTED_MS} ms`,
    measured: `${Math.round(middle)} ms (first ${Math.round(painted[0]!)} ms)`,
    isMet: middle < PAINTED_MS,
  });
  const { frames, slowest } = await pan(page);
  printFigure({
    name: `${what}: frames while it is panned`,
    target: `>= ${FRAMES} a second`,
    measured: `${frames.toFixed(0)} a second, slowest ${slowest.toFixed(0)} ms`,
    isMet: frames >= FRAMES,
  });
} finally {
  await browser.close();
  await server.close();
  await rm(folder, { recursive: true, force: true });
}

async function fill(client: Client, experimentId: ExperimentId, run: number): Promise<void> {
  const { info } = await client.runs.create({ experimentId, runName: `run-${run}`, startTime: Date.now() });
  for (let from = 0; from < points; from += BATCH) {
    const metrics = Array.from({ length: Math.min(BATCH, points - from) }, (_, at) => {
      const step = from + at;
      // A curve that falls, with waves, noise and a rare peak that no thinning may lose.
      const noise = ((step * 2654435761 + run * 40503) % 65536) / 65536;
      const value = Math.exp((-step * (1 + run / 10)) / points) + 0.1 * Math.sin(step / 700) + 0.05 * noise;
      return { key: "loss", step, timestamp: step, value: step % 9973 === 0 ? value + 1 : value };
    });
    await client.runs.logBatch(info.runId, { metrics });
  }
  await client.runs.update(info.runId, { status: "FINISHED", endTime: Date.now() });
}

/** Milliseconds from the address of the chart to its lines, in an application that was loaded and has seen no run. */
async function open(page: Page, experimentId: string): Promise<number> {
  await page.goto("about:blank");
  await page.goto(`${server.url}/#/models`);
  await page.locator("main h1").waitFor();
  await page.waitForLoadState("networkidle");
  return page.evaluate(paintedAfter(`#/experiments/${experimentId}/charts`));
}

/** Pans by hand, Shift and drag, to and fro, and counts the frames meanwhile. */
async function pan(page: Page): Promise<{ readonly frames: number; readonly slowest: number }> {
  const over = page.locator(".u-over").first();
  const box = (await over.boundingBox())!;
  const y = box.y + box.height / 2;
  await page.mouse.move(box.x + box.width / 2, y);
  await page.keyboard.down("Shift");
  await page.mouse.down();
  const counted: Promise<{ readonly frames: number; readonly slowest: number }> = page.evaluate(framesFor(PAN_MS));
  let isDone = false;
  void counted.then(() => {
    isDone = true;
  });
  for (let at = 0; !isDone; at++) await page.mouse.move(box.x + box.width * (0.5 + 0.4 * Math.sin(at / 40)), y);
  await page.mouse.up();
  await page.keyboard.up("Shift");
  return counted;
}
