import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { webAssets } from "@esteira/web/node/assets";
import { type Browser, chromium, type Page } from "playwright-core";
import { type Seeded, seed } from "./seed.ts";

export interface Visit {
  readonly page: Page;
  /** What the page complained of: console errors, uncaught exceptions, requests to other origins. */
  readonly complaints: string[];
}

/** The language, screen width in pixels and theme that somebody has. */
export interface VisitOptions {
  readonly language?: string;
  readonly width?: number;
  readonly theme?: "light" | "dark";
}

/** A server with seeded data and a browser before it. */
export interface Stage {
  readonly url: string;
  /** The server's database. */
  readonly storeUri: string;
  readonly seeded: Seeded;
  /** A page in a fresh profile. */
  visit(options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

/** More than one page of runs, so that paging is tried too. */
const FLAT_RUNS = 230;

export async function openStage(executablePath: string): Promise<Stage> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-e2e-"));
  const webRoot = await webAssets({ onProgress: (line) => console.log(line) });
  if (webRoot === undefined) throw new Error("The web UI could not be built: run npm ci first.");
  const storeUri = `sqlite:///${join(folder, "store.db")}`;
  const server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: storeUri,
    artifactsDestination: join(folder, "artifacts"),
    webRoot,
  });
  const seeded = await seed(createClient({ baseUrl: server.url }), { flatRuns: FLAT_RUNS });
  // Containers run as root, where Chromium's own sandbox cannot start; the pages are ours.
  const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    url: server.url,
    storeUri,
    seeded,
    visit: (options) => visit(browser, [server.url], options),
    close: async () => {
      await browser.close();
      await server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

/** A page in a fresh profile; requests to other addresses than these are complaints. */
export async function visit(browser: Browser, urls: readonly string[], options: VisitOptions = {}): Promise<Visit> {
  const { language = "en", width = 1280, theme = "light" } = options;
  const context = await browser.newContext({
    locale: language,
    colorScheme: theme,
    viewport: { width, height: 844 },
  });
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints: string[] = [];
  page.on("console", (message) => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(error.message));
  page.on("request", (request) => {
    const address = request.url();
    if (!urls.some((url) => address.startsWith(url)) && !/^(data|blob|about):/.test(address))
      complaints.push(`request to ${address}`);
  });
  return { page, complaints };
}
