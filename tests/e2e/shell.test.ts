import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const WORDS = {
  en: {
    help: "Keyboard shortcuts",
    search: "Search",
    toDark: "Use the dark theme",
    away: /The server does not answer/,
  },
  "pt-BR": {
    help: "Atalhos de teclado",
    search: "Buscar",
    toDark: "Usar o tema escuro",
    away: /O servidor não responde/,
  },
} as const;

describe.skipIf(browserPath === undefined)("what stands around every page", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const open = (page: Page, path: string) => openFresh(page, `${stage.url}/#${path}`);

  it.each(LOOKS)("goes to models, experiments and runs by a few letters in %s", async (language, width, theme) => {
    const words = WORDS[language];
    const { page, complaints } = await stage.visit({ language, width, theme });
    await open(page, "/experiments");
    const field = page.getByRole("combobox");
    await page.keyboard.press("Control+k");
    await field.waitFor();
    await field.fill("pxty");
    await page.getByRole("option", { name: "pix-typology", exact: true }).waitFor();
    await expectFaultless(page);
    await page.keyboard.press("Enter");
    await page.getByRole("heading", { name: "pix-typology" }).waitFor();
    // The new page has the focus, and its title is the browser's.
    await expect.poll(() => page.evaluate(() => document.activeElement?.id)).toBe("main");
    expect(await page.title()).toBe("pix-typology · Esteira");

    await page.getByRole("button", { name: words.search }).first().click();
    await field.fill("candidate-4");
    await page.getByRole("option", { name: /candidate-4/ }).click();
    await page.getByRole("heading", { name: "candidate-4" }).waitFor();

    await page.keyboard.press("Control+k");
    await field.fill(words.toDark.slice(0, 12));
    await page.getByRole("option", { name: words.toDark }).click();
    await expect.poll(() => page.locator("html").getAttribute("data-mantine-color-scheme")).toBe("dark");
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)(
    "has shortcuts, a sheet that names them, and a switch that turns letters off in %s",
    async (...look) => {
      const [language, width, theme] = look;
      const words = WORDS[language];
      const { page, complaints } = await stage.visit({ language, width, theme });
      await open(page, "/experiments");
      await page.keyboard.press("g");
      await page.keyboard.press("m");
      await expect.poll(() => page.url()).toContain("#/models");
      await page.getByRole("link", { name: "pix-typology" }).waitFor();
      await page.keyboard.press("/");
      expect(await page.evaluate(() => document.activeElement?.tagName)).toBe("INPUT");
      await page.keyboard.type("g?e");
      expect(page.url()).toContain("#/models");
      await page.locator("#main").focus();

      await page.keyboard.press("?");
      const sheet = page.getByRole("dialog", { name: words.help });
      await sheet.waitFor();
      await expectFaultless(page);
      await sheet.getByRole("switch").uncheck();
      await page.keyboard.press("Escape");
      await sheet.waitFor({ state: "detached" });
      await page.keyboard.press("?");
      await page.keyboard.press("Control+k");
      await page.getByRole("combobox").waitFor();
      expect(await sheet.count()).toBe(0);
      expect(complaints).toEqual([]);
    },
  );

  it.each(LOOKS)("tells that the server is away, and is up to date when it is back, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const { page } = await stage.visit({ language, width, theme });
    await open(page, "/models");
    await page.getByRole("link", { name: "pix-typology" }).waitFor();
    await page.context().setOffline(true);
    await page.getByText(words.away).first().waitFor();
    await expectFaultless(page);
    await page.context().setOffline(false);
    await page.getByText(words.away).first().waitFor({ state: "detached" });
    await page.getByRole("link", { name: "pix-typology" }).waitFor();
  });
});
