import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunId } from "@esteira/core/ids";
import { localBackend } from "@esteira/projects/backends/local";
import { reproduceRun } from "@esteira/projects/reproduce/reproduce-run";
import { runProject } from "@esteira/projects/run-project";
import { runSweep } from "@esteira/projects/sweep/run-sweep";
import { parseDistribution } from "@esteira/projects/sweep/space";
import { createClient } from "@esteira/sdk/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { commitAll, TRAINING, write } from "../default/git-project.testing.ts";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const WORDS = {
  en: {
    steps: "Steps",
    reused: "reused",
    same: "Reproduced, bit by bit",
    other: "Not reproduced",
    code: "Other code",
    parallel: "Parallel coordinates",
    trials: /2 axes.*4 runs|4 runs.*2 axes/,
  },
  "pt-BR": {
    steps: "Etapas",
    reused: "reaproveitada",
    same: "Reproduzida, bit a bit",
    other: "Não reproduzida",
    code: "Outro código",
    parallel: "Coordenadas paralelas",
    trials: /2 eixos.*4 execuções|4 execuções.*2 eixos/,
  },
} as const;

const STEPS = `entry_points:
  fit: {parameters: {rate: float}, outputs: [model.json], command: "node train.mjs rows.csv {rate}"}
  check: {parameters: {model: path}, command: "cat {model} > /dev/null", cached: false}
  main:
    parameters: {rate: {type: float, default: 0.5}}
    steps:
      fit: {parameters: {rate: "{rate}"}}
      check: {parameters: {model: "{fit.model.json}"}}
`;

describe.skipIf(browserPath === undefined)("the page of a project's run", () => {
  let stage: Stage;
  let home: string;
  const runs: Record<"workflow" | "same" | "other" | "sweep", string> = {
    workflow: "",
    same: "",
    other: "",
    sweep: "",
  };

  beforeAll(async () => {
    [stage, home] = await Promise.all([openStage(browserPath ?? ""), mkdtemp(join(tmpdir(), "esteira-e2e-project-"))]);
    const [steps, training] = [join(home, "steps"), join(home, "training")];
    await write(steps, { ...TRAINING, MLproject: STEPS });
    await write(training, TRAINING);
    for (const folder of [steps, training]) commitAll(folder);
    const never = new AbortController().signal;
    const common = {
      client: createClient({ baseUrl: stage.url }),
      user: "ana",
      backend: localBackend(),
      settings: { timeoutSeconds: undefined, retries: 0 },
      cwd: home,
      env: { ...process.env, MLFLOW_TRACKING_URI: stage.url },
      onOutput: () => undefined,
      note: () => undefined,
      stop: { cancelled: never, killed: never },
    };
    const started = {
      entryPoint: "main",
      parameters: new Map<string, string>(),
      experimentId: stage.seeded.experimentId,
    };
    const run = async (uri: string): Promise<RunId> => {
      const { runId, status, reason } = await runProject({ ...common, ...started, uri });
      expect([status, reason]).toEqual(["FINISHED", undefined]);
      return runId;
    };
    await run(steps);
    runs.workflow = await run(steps);
    const first = await run(training);
    runs.same = first;
    const again = { ...common, run: first, data: new Map(), tolerances: [], ignored: [], explain: false };
    const keyFile = join(home, "key.pem");
    await reproduceRun({ ...again, keyFile });
    const changed = (TRAINING["train.mjs"] ?? "").replace("noise = () => 0", "noise = () => 1");
    await write(training, { "train.mjs": changed });
    runs.other = (await reproduceRun({ ...again, keyFile, code: training })).verdict.reproduction;
    const space = new Map([["rate", parseDistribution("rate", "uniform(0.1, 0.9)")]]);
    const sweep = await runSweep({
      ...{ ...common, ...started, uri: training, space, method: "random", trials: 4, seed: 1, workers: 2 },
      ...{ metric: "loss", goal: "min", onTrial: () => undefined },
    });
    runs.sweep = sweep.runId;
  }, 300_000);
  afterAll(async () => {
    await stage?.close();
    await rm(home, { recursive: true, force: true });
  });

  it.each(LOOKS)(
    "shows steps, verdicts with their causes, and a sweep's trials in %s",
    async (language, width, theme) => {
      const words = WORDS[language];
      const { page, complaints } = await stage.visit({ language, width, theme });
      const open = (at: Page, id: string) =>
        openFresh(at, `${stage.url}/#/experiments/${stage.seeded.experimentId}/runs/${id}`);

      await open(page, runs.workflow);
      const picture = page.locator("section", { has: page.getByRole("heading", { name: words.steps }) });
      expect(await picture.getByRole("link").allTextContents()).toEqual([
        expect.stringContaining("fit"),
        expect.stringContaining("check"),
      ]);
      expect(await picture.getByText(words.reused).count()).toBe(1);
      await expectFaultless(page);

      await open(page, runs.same);
      await page.getByText(words.same).waitFor();
      expect(await page.getByText(words.code).count()).toBe(0);
      await open(page, runs.other);
      await page.getByText(words.other).waitFor();
      await page
        .getByRole("listitem")
        .filter({ hasText: words.code })
        .getByText(/uncommitted changes: none → sha256 [0-9a-f]{12}$/)
        .waitFor();
      await expectFaultless(page);

      await open(page, runs.sweep);
      await page.getByRole("link", { name: words.parallel }).click();
      await page.getByRole("group", { name: words.trials }).getByText("rate", { exact: true }).first().waitFor();
      await expectFaultless(page);
      expect(complaints).toEqual([]);
    },
  );
});
