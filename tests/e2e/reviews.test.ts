import type { ReviewableAlert } from "@esteira/core/entities/review";
import { createClient } from "@esteira/sdk/client";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";
import { openStage, type Stage } from "./stage.ts";

const browserPath = findChromium(process.env);
const HOUR = 3_600_000;

const WORDS = {
  en: {
    ...{ none: /^No alerts of this model/, link: "Review alerts", queue: "Alerts to review", fraud: /^Fraud/ },
    ...{ legitimate: /^Not fraud/, undo: "Undo", next: /^Next/, state: "State", reason: "Strongest reason" },
    ...{ noMatch: "No alert matches.", capacity: "in 24 hours; the team can do 40", typology: "Kind of fraud" },
    ...{ note: "Note", saved: "Saved: Fraud.", back: "Back to the list", erased: /^What was personal/ },
  },
  "pt-BR": {
    ...{ none: /^Nenhum alerta deste modelo/, link: "Revisar alertas", queue: "Alertas a revisar", fraud: /^Fraude/ },
    ...{ legitimate: /^Não é fraude/, undo: "Desfazer", next: /^Próximo/, state: "Estado", reason: "Razão mais forte" },
    ...{ noMatch: "Nenhum alerta corresponde.", capacity: "em 24 horas; a equipe dá conta de 40" },
    ...{ typology: "Tipo de fraude", note: "Nota", saved: "Gravado: Fraude.", back: "Voltar à lista" },
    erased: /^O que era pessoal/,
  },
} as const;

describe.skipIf(browserPath === undefined)("the queue of alerts", () => {
  let stage: Stage;
  beforeAll(async () => {
    stage = await openStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const client = () => createClient({ baseUrl: stage.url });
  const alert = (decisionId: string, amount: number, more: Partial<ReviewableAlert> = {}): ReviewableAlert => ({
    ...{ decisionId, version: "2", decidedAt: Date.now() - HOUR, score: 0.9, threshold: 0.5, amount },
    subjects: ["9f86d081884c7d659a2feaa0c55ad015", "a3bf4f1b2b0b822cd15d6c15b0f00a08"],
    reasons: [
      { feature: "payee_age_days", contribution: 1.9, value: "0.5" },
      { feature: "hour", contribution: 0.7, value: "3" },
      { feature: "channel", contribution: -0.2, value: "app" },
    ],
    ...more,
  });
  async function filled(name: string, alerts: readonly ReviewableAlert[]): Promise<string> {
    await client().registeredModels.create({ name });
    await client().reviews.put(name, alerts, { currency: "BRL", capacity: 40 });
    return `${stage.url}/#/models/${name}/alerts`;
  }
  const judgedAs = async (name: string, id: string) => (await client().reviews.get(name, id)).review.state;
  const lines = (page: Page, words: (typeof WORDS)[keyof typeof WORDS]) =>
    page.getByRole("list", { name: words.queue }).getByRole("button");

  it.each(LOOKS)("is read and judged, one after the other, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const name = `queue-${language.toLowerCase()}`;
    await client().registeredModels.create({ name });
    const { page, complaints } = await stage.visit({ language, width, theme });
    await openFresh(page, `${stage.url}/#/models/${name}?tab=monitoring`);
    await page.getByRole("link", { name: words.link }).click();
    await page.getByText(words.none).waitFor();
    await page.getByText(`npx esteira monitor review --ledger ledger --model ${name}`).waitFor();
    await expectFaultless(page);

    const second = alert("second", 900, { hint: "mule", reasons: [{ feature: "hour", contribution: 1.1 }] });
    const gone = alert("gone", 10, { erased: true, subjects: [], reasons: [] });
    await client().reviews.put(name, [second, alert("first", 4200), gone], { currency: "BRL", capacity: 40 });
    await openFresh(page, `${stage.url}/#/models/${name}/alerts`);
    await page.getByText(words.capacity).waitFor();
    await expect.poll(() => lines(page, words).count()).toBe(3);
    await expectFaultless(page);

    // The largest risk first; the address says what is looked at.
    await page.keyboard.press("j");
    await page.getByText("payee_age_days").last().waitFor();
    await expect.poll(() => page.url()).toContain("alert=first");
    await expectFaultless(page);
    await page.getByLabel(words.typology).fill("takeover");
    await page.getByLabel(words.note).fill("Called: not his.");
    await page.getByRole("button", { name: words.fraud }).first().click();
    await page.getByText(words.saved).waitFor();
    await expect.poll(() => page.url()).toContain("alert=second");
    expect((await client().reviews.get(name, "first")).review).toMatchObject({
      ...{ state: "fraud", typology: "takeover", note: "Called: not his." },
    });

    // Letters written in a field judge nothing; outside of it they do.
    await page.getByLabel(words.note).fill("");
    await page.getByLabel(words.note).pressSequentially("fnc");
    expect(await judgedAs(name, "second")).toBe("waiting");
    await page.getByRole("heading", { level: 1 }).click();
    await page.keyboard.press("n");
    await expect.poll(() => judgedAs(name, "second")).toBe("legitimate");
    await page.getByText(words.erased).waitFor();
    await expectFaultless(page);
    await page.keyboard.press("u");
    await expect.poll(() => judgedAs(name, "second")).toBe("waiting");
    await expect.poll(() => page.url()).toContain("alert=second");
    expect(complaints).toEqual([]);
  });

  it("keeps its filters in the address, and says what does not match", async () => {
    const words = WORDS.en;
    const other = alert("other", 50, { reasons: [{ feature: "hour", contribution: 2 }], version: "1" });
    const known = alert("known", 70, { known: { label: "fraud", source: "med" } });
    const address = await filled("filtered", [alert("big", 5000), other, known]);
    const { page, complaints } = await stage.visit();
    await openFresh(page, address);
    await expect.poll(() => lines(page, words).count()).toBe(2);
    await page.getByLabel(words.reason).selectOption("hour");
    await expect.poll(() => lines(page, words).count()).toBe(1);
    await page.getByLabel("Version").selectOption("2");
    await page.getByText(words.noMatch).waitFor();
    const kept = page.url();
    expect(kept).toMatch(/reason=hour.*version=|version=.*reason=hour/);
    await openFresh(page, kept);
    await page.getByText(words.noMatch).waitFor();
    expect(await page.getByLabel(words.reason).inputValue()).toBe("hour");
    await openFresh(page, `${address}?state=settled`);
    await expect.poll(() => lines(page, words).count()).toBe(1);
    await lines(page, words).getByText("Known elsewhere").waitFor();
    await openFresh(page, `${address}?alert=none`);
    await page.getByText("No alert none is to be reviewed").waitFor();
    expect(complaints.filter((text) => !text.includes("404"))).toEqual([]);
  });

  it("tells two people of each other, and loses nothing of either", async () => {
    const words = WORDS.en;
    const address = await filled("shared", [alert("one", 900), alert("two", 800)]);
    const [ana, bia] = [(await stage.visit()).page, (await stage.visit()).page];
    await openFresh(ana, `${address}?alert=one`);
    await ana.getByLabel(words.note).fill("Looked at twice.");
    await openFresh(bia, address);
    // What Ana looks at is said, and walked over.
    await bia.getByText("Somebody else looks at it").waitFor();
    await bia.keyboard.press("j");
    await expect.poll(() => bia.url()).toContain("alert=two");
    await bia.keyboard.press("k");
    expect(bia.url()).toContain("alert=two");
    await lines(bia, words).first().click();
    await bia.getByText("Somebody else looks at this alert now.").waitFor();
    await bia.getByRole("button", { name: words.legitimate }).click();
    await bia.getByText("Saved: Not fraud.").waitFor();

    await ana.getByRole("button", { name: words.fraud }).first().click();
    await ana.getByText(/has changed this alert meanwhile .*: Not fraud\. Nothing of yours was saved/).waitFor();
    await expectFaultless(ana);
    expect(await judgedAs("shared", "one")).toBe("legitimate");
    expect(await ana.getByLabel(words.note).inputValue()).toBe("Looked at twice.");
    await ana.getByRole("button", { name: "I have seen it: judge it too" }).click();
    await ana.getByRole("button", { name: words.fraud }).first().click();
    await expect.poll(() => judgedAs("shared", "one")).toBe("fraud");
    const { changes } = await client().reviews.get("shared", "one");
    expect(changes.map(({ judgement, note }) => [judgement, note])).toEqual([
      ["fraud", "Looked at twice."],
      ["legitimate", undefined],
    ]);
  });
});
