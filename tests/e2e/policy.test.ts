import { createClient } from "@esteira/sdk/client";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const KEY = "ab".repeat(32);
const WORDS = {
  en: {
    none: /No policy: whoever may change this model/,
    set: "Set a policy",
    change: "Change the policy",
    keys: "Trusted keys",
    approvals: "Ask for approvals, never the author's own",
    role: "Role",
    addFreeze: "Add a freeze",
    from: "From",
    until: "Until",
    reason: "Reason",
    save: "Save the policy",
    ofRole: "2 people of the role risk",
    remove: "Remove the policy",
    sure: "Remove it: nothing is protected then",
  },
  "pt-BR": {
    none: /Sem política: quem pode alterar este modelo/,
    set: "Definir uma política",
    change: "Alterar a política",
    keys: "Chaves confiáveis",
    approvals: "Exigir aprovações, nunca a do próprio autor",
    role: "Papel",
    addFreeze: "Adicionar um congelamento",
    from: "De",
    until: "Até",
    reason: "Motivo",
    save: "Salvar a política",
    ofRole: "2 pessoas do papel risk",
    remove: "Remover a política",
    sure: "Remover: nada fica protegido",
  },
} as const;

describe.skipIf(browserPath === undefined)("a model's protection", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  it.each([
    ["en", 1280, "light"],
    ["pt-BR", 390, "dark"],
  ] as const)("is set, shown, changed and removed in %s at %d pixels", async (language, width, theme) => {
    const words = WORDS[language];
    const { page, complaints } = await stage.visit({ language, width, theme });
    const client = createClient({ baseUrl: stage.url });
    const name = stage.seeded.modelName;
    await page.goto(`${stage.url}/#/models/${name}?tab=protection`);
    await page.getByText(words.none).waitFor();
    await page.getByRole("button", { name: words.set }).click();

    // Refused by the server, whose words are shown; what was written stays.
    await page.getByLabel(words.keys).fill("a key");
    await page.getByRole("button", { name: words.save }).click();
    await page.getByRole("alert").filter({ hasText: "evidence.keys.0" }).waitFor();
    expect(await page.getByLabel(words.keys).inputValue()).toBe("a key");

    await page.getByLabel(words.keys).fill(KEY);
    await page.getByLabel(words.approvals).check();
    await page.getByLabel(words.role, { exact: true }).fill("risk");
    await page.getByRole("button", { name: words.addFreeze }).click();
    await page.getByLabel(words.from, { exact: true }).fill("2031-11-27T00:00");
    await page.getByLabel(words.until, { exact: true }).fill("2031-11-30T00:00");
    await page.getByLabel(words.reason).fill("Black Friday");
    const isWide = () => page.evaluate(() => document.documentElement.scrollWidth > window.innerWidth);
    expect(await isWide()).toBe(false);
    await page.getByRole("button", { name: words.save }).click();
    await page.getByText(words.ofRole).waitFor();
    await page.getByText("Black Friday").waitFor();
    expect(await isWide()).toBe(false);
    expect(await client.policies.get(name)).toMatchObject({
      ...{ aliases: ["champion"], stages: ["Production"], approvals: { count: 2, role: "risk" } },
      evidence: { keys: [KEY], max_age_days: 30 },
    });
    await expect(client.registeredModels.setAlias(name, "champion", "1")).rejects.toMatchObject({
      code: "PERMISSION_DENIED",
    });

    await page.getByRole("button", { name: words.change }).click();
    await page.getByLabel(words.approvals).uncheck();
    await page.getByRole("button", { name: words.save }).click();
    await page.getByText(words.ofRole).waitFor({ state: "detached" });
    expect((await client.policies.get(name)).approvals).toBeUndefined();

    await page.getByRole("button", { name: words.remove }).click();
    await page.getByRole("button", { name: words.sure }).click();
    await page.getByText(words.none).waitFor();
    expect(await client.policies.find(name)).toBeUndefined();
    // The browser itself notes the one that was refused.
    expect(complaints.filter((text) => !/status of 400/.test(text))).toEqual([]);
  });
});
