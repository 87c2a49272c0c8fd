/**
 * Pictures of the pages and of the monitoring report, from the data of a finished main job, for the docs and for eyes.
 *
 *   npm run pix -- --data DIR
 *   npm run screenshots -- --data DIR [--out docs/images] [--all] [--only NAME]
 *
 * Without --all: the pictures that the docs show. With it: every page at desktop and phone width, in both languages and
 * themes. With --only: of one page alone.
 */
import { mkdir, mkdtemp, readdir, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { collectDecisions } from "@esteira/monitor/ledger/collect";
import { listDays } from "@esteira/monitor/ledger/parts";
import { exchangeReviews } from "@esteira/monitor/review/exchange-reviews";
import { type Client, createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { webAssets } from "@esteira/web/node/assets";
import { type Browser, chromium } from "playwright-core";
import { findChromium } from "./chromium.ts";

interface Look {
  readonly language: "en" | "pt-BR";
  readonly theme: "light" | "dark";
  readonly width: number;
  readonly height: number;
}

interface Sight {
  readonly name: string;
  readonly address: string;
}

const DESKTOP = { width: 1360, height: 860 };
const PHONE = { width: 390, height: 844 };
const DAY_MS = 86_400_000;
const LONGEST_MS = 60_000;
const PLAIN: Look = { language: "en", theme: "light", ...DESKTOP };
/** What the README shows, and so its Portuguese twin. */
const IN_README = ["model", "threshold"];

const { values: options } = parseArgs({
  options: {
    data: { type: "string", default: "esteira-data" },
    out: { type: "string", default: "docs/images" },
    all: { type: "boolean", default: false },
    only: { type: "string" },
  },
});
const data = resolve(options.data);
const out = resolve(options.out);

const executablePath = findChromium(process.env);
if (executablePath === undefined) throw new Error("No Chromium was found: install one or set CHROMIUM_PATH.");
await mkdir(out, { recursive: true });
const webRoot = await webAssets({ onProgress: (line) => console.log(line) });
const server = await startServer({
  host: "127.0.0.1",
  port: 0,
  backendStoreUri: `sqlite:///${join(data, "esteira.db")}`,
  artifactsDestination: join(data, "artifacts"),
  webRoot,
});
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const sights = [...(await pages(server.url)), ...(await reports())].filter(
    ({ name }) => (options.only ?? name) === name,
  );
  for (const { sight, look, file } of options.all ? everyLook(sights) : docsLooks(sights)) {
    await picture(browser, sight, look, join(out, file));
    console.log(file);
  }
} finally {
  await browser.close();
  await server.close();
}

/** The pages of the job's champion and of what led to it. */
async function pages(url: string): Promise<Sight[]> {
  const client = createClient({ baseUrl: url });
  const [model] = (await client.registeredModels.search({})).items;
  if (model === undefined) throw new Error(`${data} holds no registered model: run npm run pix -- --data first.`);
  const champion = await client.registeredModels.findByAlias(model.name, "champion");
  if (champion?.runId === undefined) throw new Error(`${model.name} in ${data} has no champion with a run.`);
  const { info } = await client.runs.get(champion.runId);
  const { items } = await client.runs.search({ experimentIds: [info.experimentId], maxResults: 50 });
  const trained = items.filter(({ data }) => data.metrics.some(({ key }) => key === "auc_pr"));
  const run = `#/experiments/${info.experimentId}/runs/${info.runId}`;
  const ids = encodeURIComponent(JSON.stringify(trained.slice(0, 2).map((each) => each.info.runId)));
  const at = (name: string, path: string): Sight => ({ name, address: `${url}/${path}` });
  return [
    at("experiments", "#/experiments"),
    at("runs", `#/experiments/${info.experimentId}`),
    at("run", run),
    at("run-charts", `${run}?tab=charts`),
    at("run-artifacts", `${run}?tab=artifacts&path=${encodeURIComponent("pictures/shap_beeswarm.svg")}`),
    at("threshold", `${run}/threshold?capacity=20`),
    at("compare", `#/compare-runs?runs=${ids}`),
    at("models", "#/models"),
    at("model", `#/models/${model.name}`),
    at("monitoring", `#/models/${model.name}?tab=monitoring`),
    at("alerts", `#/models/${model.name}/alerts?alert=${encodeURIComponent(await filledQueue(client, model.name))}`),
    at("version", `#/models/${model.name}/versions/${champion.version}`),
  ];
}

/** The alerts of the job's replay, in the queue that analysts work; answers the one with the largest risk. */
async function filledQueue(client: Client, model: string): Promise<string> {
  const ledger = await mkdtemp(join(tmpdir(), "esteira-screenshots-"));
  try {
    await collectDecisions({ ledger, decisions: join(data, "decisions"), now: Date.now() });
    const days = await listDays(ledger);
    const now = Date.parse(`${days.at(-1)}T23:59:59Z`);
    await exchangeReviews({
      ...{ ledger, client, model, now, keepMs: 14 * DAY_MS, currency: "BRL", logAmount: "amount_log", capacity: 200 },
    });
  } finally {
    await rm(ledger, { recursive: true });
  }
  const { reviews } = await client.reviews.list(model, { state: "waiting" });
  return reviews[0]?.decisionId ?? "";
}

async function reports(): Promise<Sight[]> {
  const folder = join(data, "reports");
  const files = (await readdir(folder)).filter((file) => file.endsWith(".en.html")).sort();
  return files.slice(-1).map((file) => ({ name: "report", address: pathToFileURL(join(folder, file)).href }));
}

function docsLooks(sights: readonly Sight[]) {
  return sights.flatMap((sight) => [
    { sight, look: PLAIN, file: `${sight.name}.png` },
    ...(IN_README.includes(sight.name)
      ? [{ sight, look: { ...PLAIN, language: "pt-BR" } as const, file: `${sight.name}.pt-BR.png` }]
      : []),
  ]);
}

function everyLook(sights: readonly Sight[]) {
  const looks = (["en", "pt-BR"] as const).flatMap((language) =>
    (["light", "dark"] as const).flatMap((theme) =>
      [DESKTOP, PHONE].map((size): Look => ({ language, theme, ...size })),
    ),
  );
  return sights.flatMap((sight) =>
    looks.map((look) => ({
      sight,
      look,
      file: `${sight.name}.${look.language}.${look.theme}.${look.width === PHONE.width ? "phone" : "desktop"}.png`,
    })),
  );
}

async function picture(browser: Browser, { address }: Sight, look: Look, path: string): Promise<void> {
  const { language, theme, width, height } = look;
  const context = await browser.newContext({ locale: language, colorScheme: theme, viewport: { width, height } });
  try {
    const page = await context.newPage();
    await page.goto(language === "pt-BR" ? address.replace(".en.html", ".pt-BR.html") : address);
    const isPage = !address.startsWith("file:");
    if (isPage) await page.locator("main h1, main h2, main table").first().waitFor({ timeout: LONGEST_MS });
    // A table of runs goes on listening to the server.
    await Promise.race([page.waitForLoadState("networkidle", { timeout: LONGEST_MS }), page.waitForTimeout(5000)]);
    // On a busy machine a page may be idle before it has begun to ask. What is below its end waits to be scrolled to.
    await page.waitForFunction(
      () =>
        [...document.querySelectorAll('[class*="Skeleton"]')].every(
          (place) => place.getBoundingClientRect().top >= window.innerHeight,
        ),
      null,
      { timeout: LONGEST_MS },
    );
    // Charts draw themselves a frame after their data has come.
    await page.waitForTimeout(400);
    await page.screenshot({ path, fullPage: address.startsWith("file:") });
  } finally {
    await context.close();
  }
}
