import { createClient } from "@esteira/sdk/client";
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
    refused: "Promotion refused",
    broken: "Glass broken: the policy is set aside",
    under: "Alias set while the glass was broken",
    chain: /Chain checked here/,
    verify: "Verify the whole chain",
    sound: "The whole chain is sound",
    refusals: "Refusals",
    reigns: "Who stood where, and when",
    promote: "Promote…",
    target: "What it becomes",
    confirm: "Promote",
    undo: "Undo",
    unmet: "1 condition is not met",
    cancel: "Cancel",
    conflict: /^Meanwhile somebody else has changed this/,
    lookAgain: "Look again",
    notEnough: "Not enough evidence",
    flow: /^Flow \d+ · Version \d$/,
    cancelFlow: "Cancel the flow…",
    reason: "Reason",
    sureCancel: "Cancel the flow",
    cancelled: "Cancelled",
    pick: (version: string) => `Choose version ${version} for comparing`,
    compare: "Compare two versions",
    compared: "Versions 1 and 2",
  },
  "pt-BR": {
    refused: "Promoção recusada",
    broken: "Vidro quebrado: a política está suspensa",
    under: "Apelido definido com o vidro quebrado",
    chain: /Cadeia conferida aqui/,
    verify: "Verificar a cadeia inteira",
    sound: "A cadeia inteira está íntegra",
    refusals: "Recusas",
    reigns: "Quem esteve onde, e quando",
    promote: "Promover…",
    target: "O que ela passa a ser",
    confirm: "Promover",
    undo: "Desfazer",
    unmet: "1 condição não cumprida",
    cancel: "Cancelar",
    conflict: /^Enquanto isso, outra pessoa alterou/,
    lookAgain: "Olhar de novo",
    notEnough: "Evidência insuficiente",
    flow: /^Fluxo \d+ · Versão \d$/,
    cancelFlow: "Cancelar o fluxo…",
    reason: "Motivo",
    sureCancel: "Cancelar o fluxo",
    cancelled: "Cancelada",
    pick: (version: string) => `Escolher a versão ${version} para comparar`,
    compare: "Comparar duas versões",
    compared: "Versões 1 e 2",
  },
} as const;

const VERDICT = {
  gate: "pix",
  outcome: "refused",
  evaluated_at: 1_700_000_000_000,
  digests: { model: "sha256:aa", data: "d", gate: "g", code: "c" },
  checks: [
    { check: "metric", title: "auc_pr at least 0.2", status: "passed", found: "0.31", reason: "It is.", evidence: {} },
    {
      ...{ check: "champion", title: "auc_pr against the champion", status: "not_enough_evidence", found: "9 frauds" },
      ...{ reason: "Too few frauds <script>alert(1)</script>.", blocking: true, evidence: { frauds: 9 } },
    },
  ],
};

describe.skipIf(browserPath === undefined)("a model's life", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const open = (page: Page, path: string) => openFresh(page, `${stage.url}/#/models/${path}`);

  it.each(LOOKS)("tells refusals and broken glass loudly, and who was champion when, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const client = createClient({ baseUrl: stage.url });
    const name = `life-${language.toLowerCase()}`;
    await client.registeredModels.create({ name });
    for (const version of ["1", "2"]) await client.modelVersions.create({ name, source: `s3://models/${version}` });
    await client.registeredModels.setAlias(name, "champion", "1");
    await client.policies.set(name, { aliases: ["champion"], approvals: { count: 1, role: "risk" } });
    await expect(client.registeredModels.setAlias(name, "champion", "2")).rejects.toThrow("because of its policy");
    const reason = "version 1 declines <b>all</b> payments";
    await client.policies.breakGlass(name, reason, 5);
    await client.registeredModels.setAlias(name, "champion", "2");

    const { page, complaints } = await stage.visit({ language, width, theme });
    await open(page, `${name}?tab=timeline`);
    for (const text of [words.refused, words.broken, words.under]) await page.getByText(text).waitFor();
    await page.getByText(reason, { exact: true }).waitFor();
    await page.getByText(words.chain).waitFor();
    await expectFaultless(page);
    await page.getByRole("button", { name: words.verify }).click();
    await page.getByText(words.sound).waitFor();
    await page.getByText(words.refusals, { exact: true }).click();
    await page.getByText(words.under).waitFor({ state: "detached" });
    expect(page.url()).toContain("show=refusals");

    await open(page, name);
    await page.getByRole("heading", { name: words.reigns }).waitFor();
    expect(await page.getByRole("link", { name: / · anonymous$/ }).count()).toBe(2);
    await expectFaultless(page);
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)("shows what a promotion would change, does it, and takes it back, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const client = createClient({ baseUrl: stage.url });
    const name = `steps-${language.toLowerCase()}`;
    await client.registeredModels.create({ name });
    for (const version of ["1", "2"]) await client.modelVersions.create({ name, source: `s3://models/${version}` });
    await client.registeredModels.setAlias(name, "live", "1");
    const liveIs = async () => (await client.registeredModels.getByAlias(name, "live")).version;

    const { page, complaints } = await stage.visit({ language, width, theme });
    await open(page, `${name}/versions/2`);
    const dialog = page.getByRole("dialog");
    const choose = async (target: string) => {
      await page.getByRole("button", { name: words.promote }).first().click();
      await dialog.getByLabel(words.target).selectOption(target);
    };
    await choose("alias:live");
    await expectFaultless(page);
    await dialog.getByRole("button", { name: words.confirm, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    await page.getByRole("button", { name: words.undo }).waitFor();
    expect(await liveIs()).toBe("2");
    await page.getByRole("button", { name: words.undo }).click();
    await expect.poll(liveIs).toBe("1");

    // Somebody else is faster: it is said, nothing is written over, and the next look shows what is so now.
    await choose("alias:live");
    await client.registeredModels.deleteAlias(name, "live");
    await dialog.getByRole("button", { name: words.confirm, exact: true }).click();
    await dialog.getByText(words.conflict).waitFor();
    await dialog.getByRole("button", { name: words.lookAgain }).click();
    await dialog.getByRole("button", { name: words.confirm, exact: true }).click();
    await dialog.waitFor({ state: "detached" });
    expect(await liveIs()).toBe("2");

    // Under a policy what is missing is said before anybody asks, in the words of the refusal.
    await client.policies.set(name, { stages: ["Production"], approvals: { count: 1, role: "risk" } });
    await open(page, `${name}/versions/1?tab=promotion`);
    await page.getByText(words.unmet).waitFor();
    await page.getByText("it needs 1 approvals of the role risk and has none").waitFor();
    await choose("stage:Production");
    await dialog.getByText(words.unmet).waitFor();
    expect(await dialog.getByRole("button", { name: words.confirm, exact: true }).isDisabled()).toBe(true);
    await page.keyboard.press("Escape");
    await dialog.waitFor({ state: "detached" });
    await expectFaultless(page);
    expect(complaints).toEqual([]);
  });

  it("leads from a version back to its run and its data", async () => {
    const { page, complaints } = await stage.visit();
    await openFresh(page, `${stage.url}/#/models/${stage.seeded.modelName}/versions/2`);
    const stops = page.getByRole("listitem");
    await stops.filter({ hasText: /^Data.*transfers-2026-10/ }).waitFor();
    await stops.filter({ hasText: /^Stands as.*champion.*Production/ }).waitFor();
    await stops.filter({ hasText: /^Deployment.*by no flow/ }).waitFor();
    await stops.filter({ hasText: /^Run/ }).getByRole("link", { name: "candidate-2" }).click();
    await page.getByRole("heading", { name: "candidate-2" }).waitFor();
    expect(complaints).toEqual([]);
  });

  it.each(LOOKS)("shows a gate's checks, a flow's steps and two versions beside each other in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const client = createClient({ baseUrl: stage.url });
    const name = stage.seeded.modelName;
    const run = await client.runs.get(stage.seeded.childRunIds[2] ?? stage.seeded.parentRunId);
    await client.artifacts.write(run.info.artifactUri, "gate/evidence.json", JSON.stringify(VERDICT));

    const { page, complaints } = await stage.visit({ language, width, theme });
    await open(page, `${name}/versions/3?tab=evidence`);
    await page.getByText(words.notEnough).waitFor();
    await page.getByText("auc_pr against the champion").click();
    await page.getByText("Too few frauds <script>alert(1)</script>.").waitFor();
    await expectFaultless(page);

    // Nobody works on flows here: what one began is never put back, and its version is not free for the other language.
    const flowed = language === "en" ? "3" : "1";
    await client.flows.set(name, { alias: "challenger", approval: true, canary: {} });
    await client.flows.start(name, flowed);
    await open(page, `${name}?tab=flows`);
    await page.getByRole("heading", { name: words.flow }).waitFor();
    await expectFaultless(page);
    await page.getByRole("button", { name: words.cancelFlow }).click();
    await page.getByRole("dialog").getByLabel(words.reason).fill("not today");
    await page.getByRole("dialog").getByRole("button", { name: words.sureCancel }).click();
    await page.getByText("not today").first().waitFor();

    await open(page, name);
    for (const version of ["1", "2"]) await page.getByRole("checkbox", { name: words.pick(version) }).check();
    await page.getByRole("button", { name: words.compare }).click();
    await page.getByRole("heading", { name: words.compared }).waitFor();
    await page.getByText("max_depth").waitFor();
    await expectFaultless(page);
    for (const path of [`${name}/versions/2`, `${name}/versions/2?tab=card`, `${name}?tab=protection`]) {
      await open(page, path);
      await expectFaultless(page);
    }
    expect(complaints).toEqual([]);
  });
});
