import type { Page } from "playwright-core";
import { expect } from "vitest";
import { accessibilityFaults } from "./axe.ts";

/** Language, width in pixels and theme: both of each, without all eight. */
export const LOOKS = [
  ["en", 1280, "light"],
  ["pt-BR", 390, "dark"],
] as const;

/** Until a page asks for nothing. One that follows a run by events always asks for something, and gets three seconds. */
export const settled = (page: Page): Promise<void> =>
  Promise.race([page.waitForLoadState("networkidle"), page.waitForTimeout(3000)]);

/** Opens a page anew, whatever was open before; resolves when its heading is there and it has settled. */
export async function openFresh(page: Page, address: string): Promise<void> {
  await page.goto("about:blank");
  await page.goto(address);
  // On a busy machine a page may be idle before it has begun to ask.
  await page.locator("main h1").first().waitFor();
  await settled(page);
}

/** Nothing of WCAG 2.2 AA is missed once what fades has faded, and nothing is wider than the screen. */
export async function expectFaultless(page: Page): Promise<void> {
  await expect.poll(() => accessibilityFaults(page), { timeout: 10_000, interval: 500 }).toEqual([]);
  expect(await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth)).toBeLessThanOrEqual(0);
}
