import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import type { Run } from "@esteira/core/entities/run";
import type { Client } from "@esteira/sdk/client";
import { chromium } from "playwright-core";
import { describe, expect, it, onTestFinished } from "vitest";
import { findChromium } from "../e2e/chromium.ts";
import { visit } from "../e2e/stage.ts";
import { servingAgain } from "./serve-again.ts";
import { LENIENT_GATE, runJob, SMALL } from "./spawn-job.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) console.info("skipped: a first user's walk; it needs Chromium");

async function runOf(client: Client, { name, version, runId }: ModelVersion): Promise<Run> {
  if (runId === undefined) throw new Error(`Version ${version} of ${name} names no run.`);
  return client.runs.get(runId);
}

describe.skipIf(browserPath === undefined)("somebody who has run the job and never seen a page of it", () => {
  it("knows in under ten clicks which model won, and why", async () => {
    const data = await mkdtemp(join(tmpdir(), "esteira-walk-"));
    const browser = await chromium.launch({ executablePath: browserPath ?? "", args: ["--no-sandbox"] });
    onTestFinished(async () => {
      await browser.close();
      await rm(data, { recursive: true, force: true });
    });
    const end = await runJob([...SMALL, "--gate", LENIENT_GATE, "--data", data]);
    expect(end.code, end.stdout + end.stderr).toBe(0);
    await servingAgain(end.stdout, async (client, url) => {
      const champion = await client.registeredModels.getByAlias("pix-fraud", "champion");
      const run = await runOf(client, champion);
      const { page, complaints } = await visit(browser, [url]);
      page.setDefaultTimeout(60_000);
      let clicks = 0;
      const click = async (role: "link" | "button" | "tab" | "checkbox", name: string | RegExp) => {
        clicks += 1;
        await page.getByRole(role, { name }).first().click();
      };
      await page.goto(url);
      // Which model won: the one that the alias names.
      await click("link", "Models");
      // The page before has a link of this name too: the experiment's.
      await page.getByRole("heading", { name: "Models", level: 1 }).waitFor();
      await click("link", "pix-fraud");
      await page.getByText(`@champion → ${champion.version}`).waitFor();
      await page.getByRole("link", { name: run.info.runName }).first().waitFor();
      // Why: the two, measured on the same rows.
      await click("checkbox", /version 1 /);
      await click("checkbox", /version 2 /);
      await click("button", "Compare two versions");
      const auc = page.getByRole("row", { name: /^auc_pr / });
      for (const version of ["1", "2"]) {
        const { data: judged } = await runOf(client, await client.modelVersions.get("pix-fraud", version));
        const metric = judged.metrics.find(({ key }) => key === "auc_pr");
        await expect.poll(() => auc.textContent()).toContain(String(Number(metric?.value.toPrecision(5))));
      }
      // And what it had to pass.
      clicks += 1;
      await page.goBack();
      await click("link", `Version ${champion.version}`);
      await click("tab", "Gate");
      await page.getByText("windows").first().waitFor();
      await page.getByText("Passed").first().waitFor();
      expect(clicks).toBeLessThan(10);
      expect(complaints).toEqual([]);
    });
  }, 600_000);
});
