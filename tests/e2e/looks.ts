import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityFaults } from "./axe.ts";

/** Language, width in pixels and theme: both of each, without all eight. */
export const LOOKS = [
  ["en", 1280, "light"],
  ["pt-BR", 390, "dark"],
] as const;

/** Opens a page anew, whatever was open before; resolves when its heading is there and it asks for nothing. */
export async function openFresh(page: Page, address: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  // On a busy machine a page may be idle before it has begun to ask.
  await page.locator("main h1").first().waitFor();
  await page.waitForLoadState("networkidle");
}

/** Nothing of WCAG 2.2 AA is missed, and nothing is wider than the screen. */
export async function expectFaultless(page: Page): Promise<void> {
  expect(await accessibilityFaults(page)).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}
