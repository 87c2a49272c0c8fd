import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { renderCardHtml } from "@esteira/lifecycle/card/render-html";
import { chromium } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { hostileCard } from "../../packages/lifecycle/src/card/hostile-card.testing.ts";
import { findChromium } from "./chromium.ts";

const executablePath = findChromium(process.env);

describe.skipIf(executablePath === undefined)("a model card whose every text is long and means harm", () => {
  it("runs nothing, fetches nothing and fits a phone and a desk", async () => {
    const folder = await mkdtemp(join(tmpdir(), "esteira-card-page-"));
    const browser = await chromium.launch({ executablePath: executablePath ?? "", args: ["--no-sandbox"] });
    onTestFinished(async () => {
      await browser.close();
      await rm(folder, { recursive: true, force: true });
    });
    for (const language of ["en", "pt-BR"] as const) {
      const file = join(folder, `${language}.html`);
      await writeFile(file, renderCardHtml(hostileCard(), { language }));
      for (const [width, colorScheme] of [
        [390, "light"],
        [1280, "dark"],
      ] as const) {
        const page = await browser.newPage({ viewport: { width, height: 844 }, colorScheme });
        const asked: string[] = [];
        page.on("request", (request) => asked.push(request.url()));
        page.on("dialog", () => asked.push("a dialog"));
        await page.goto(pathToFileURL(file).href);
        expect(asked).toEqual([pathToFileURL(file).href]);
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        expect(await page.evaluate(() => document.querySelectorAll("script,a,img").length)).toBe(0);
        await page.close();
      }
    }
  });
});
