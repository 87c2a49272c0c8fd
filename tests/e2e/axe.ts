import axe from "axe-core";
import type { Page } from "playwright-core";

/** WCAG 2.2 up to AA, and what axe knows of good practice at its surest. */
const TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"];

/** What axe finds against WCAG 2.2 AA on the page as it is now: a line a fault, with the first element that has it. */
export async function accessibilityFaults(page: Page): Promise<readonly string[]> {
  await page.evaluate(axe.source);
  return page.evaluate(async (tags) => {
    const axe: unknown = Reflect.get(globalThis, "axe");
    const run = typeof axe === "object" && axe !== null ? Reflect.get(axe, "run") : undefined;
    if (typeof run !== "function") throw new Error("axe was not loaded.");
    const { violations } = await run.call(axe, document, { runOnly: { type: "tag", values: tags } });
    return violations.map(
      (one: { id: string; help: string; nodes: { target: string[]; failureSummary: string }[] }) =>
        `${one.id}: ${one.help}: ${one.nodes[0]?.target.join(" ")} (${one.nodes.length}) ${one.nodes[0]?.failureSummary ?? ""}`,
    );
  }, TAGS);
}
