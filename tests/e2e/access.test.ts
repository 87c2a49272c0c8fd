import { createClient } from "@esteira/sdk/client";
import { basic } from "@esteira/sdk/credentials";
import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccessStage, openAccessStage, ownComplaints, PASSWORD, signIn } from "./access-stage.ts";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS } from "./looks.ts";
import type { Visit } from "./stage.ts";

const browserPath = findChromium(process.env);
if (browserPath === undefined) {
  console.log("Skipped: no Chromium. Install it or name it in CHROMIUM_PATH.");
}

const WORDS = {
  en: {
    signIn: "Sign in",
    wrong: "The username or the password is wrong.",
    account: "Account",
    signOut: "Sign out",
    provider: "Sign in with Banco Central",
    notAllowed: /may not use this server/,
  },
  "pt-BR": {
    signIn: "Entrar",
    wrong: "O nome de usuário ou a senha não confere.",
    account: "Conta",
    signOut: "Sair",
    provider: "Entrar com Banco Central",
    notAllowed: /não pode usar este servidor/,
  },
} as const;
const LANGUAGES = ["en", "pt-BR"] as const;

/** What the provider's pages themselves complain of is not ours: their fonts, for instance, come from elsewhere. */
async function atProvider({ page, complaints }: Visit, url: string, act: () => Promise<void>) {
  const ours = [...complaints];
  await act();
  await page.waitForURL(`${url}/**`);
  complaints.splice(0, complaints.length, ...ours);
}

const signInAtProvider = (visit: Visit, url: string, button: string, login: string) =>
  atProvider(visit, url, async () => {
    await visit.page.getByRole("link", { name: button }).click();
    await visit.page.locator('input[name="login"]').fill(login);
    await visit.page.locator('input[name="password"]').fill("any");
    await visit.page.locator('button[type="submit"]').click();
  });

describe.skipIf(browserPath === undefined)("signing in with a browser", () => {
  let stage: AccessStage;
  beforeAll(async () => {
    stage = await openAccessStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());
  const header = (page: Page, name: string) => page.getByRole("button", { name });

  it.each(LANGUAGES)("leads back to the page that was asked for, and out again, in %s", async (language) => {
    const { page, complaints } = await stage.visit({ language });
    const words = WORDS[language];
    await page.goto(`${stage.url}/#/experiments/1?tab=x`);
    await page.getByRole("heading", { name: /Esteira/ }).waitFor();
    expect(await page.getByRole("navigation").count()).toBe(0);
    await signIn(page, "ana", "not the password", language);
    await page.getByText(words.wrong).waitFor();
    await signIn(page, "ana", PASSWORD, language);
    await page.getByRole("heading", { name: "pix-fraud" }).waitFor();
    expect(new URL(page.url()).hash).toMatch(/^#\/experiments\/1/);
    await header(page, "ana").click();
    await page.getByRole("menuitem", { name: words.signOut }).click();
    await page.getByRole("button", { name: words.signIn, exact: true }).waitFor();
    await page.goto(`${stage.url}/#/models`);
    await page.getByRole("button", { name: words.signIn, exact: true }).waitFor();
    expect(ownComplaints(complaints)).toEqual([]);
  });

  it("comes back to its page when the session has ended in the middle", async () => {
    const { page } = await stage.visit();
    await page.goto(`${stage.url}/#/experiments/1`);
    await signIn(page, "ana");
    await page.getByRole("heading", { name: "pix-fraud" }).waitFor();
    await stage.endSessions("ana");
    await page.getByRole("link", { name: "Models", exact: true }).click();
    await page.getByRole("button", { name: "Sign in", exact: true }).waitFor();
    await signIn(page, "ana");
    await page.getByRole("heading", { name: "Registered models" }).waitFor();
    expect(new URL(page.url()).hash).toBe("#/models");
  });

  it("keeps what was being written when the session ends in the middle, for its writer alone", async () => {
    const { page } = await stage.visit();
    await page.goto(`${stage.url}/#/experiments/1`);
    await signIn(page, "ana");
    await page.locator("tbody tr[data-index='0'] a").first().click();
    await page.getByRole("button", { name: "Edit", exact: true }).click();
    const field = page.getByRole("textbox", { name: "Notes" });
    await field.fill("Half a thought");
    await stage.endSessions("ana");
    await page.getByRole("button", { name: "Save the notes" }).click();
    await page.getByText(/^Your session has ended/).waitFor();
    await signIn(page, "eva");
    await page.locator("main h1").waitFor();
    expect(await page.getByText("Half a thought").count()).toBe(0);
    await stage.endSessions("eva");
    await page.reload();
    await signIn(page, "ana");
    await expect.poll(() => field.inputValue()).toBe("Half a thought");
    await page.getByRole("button", { name: "Save the notes" }).click();
    await field.waitFor({ state: "detached" });
    await page.getByText("Half a thought").waitFor();
  });

  it("comes back to the runs table as it was, which asks for its runs in a way of its own", async () => {
    const { page } = await stage.visit();
    await page.goto(`${stage.url}/#/experiments/1?sort=attributes.start_time`);
    await signIn(page, "ana");
    const row = page.locator("tbody tr[data-index='0']");
    await row.waitFor();
    await stage.endSessions("ana");
    // A page that asks by itself meanwhile has no such button any more.
    const isAsked = await page
      .getByRole("button", { name: "Refresh" })
      .click({ timeout: 5000 })
      .then(
        () => true,
        () => false,
      );
    await page.getByText(/^Your session has ended/).waitFor();
    expect(isAsked || (await page.getByRole("button", { name: "Refresh" }).count()) === 0).toBe(true);
    await signIn(page, "ana");
    await row.waitFor();
    expect(new URL(page.url()).hash).toContain("sort=");
  });

  it("lets a person of the role approve a version, which is said to all who look", async () => {
    const admin = createClient({ baseUrl: stage.url, credentials: basic("admin", PASSWORD) });
    const made = await fetch(`${stage.url}/api/3.0/mlflow/roles/create`, {
      method: "POST",
      headers: { ...(await basic("admin", PASSWORD).headers()), "content-type": "application/json" },
      body: JSON.stringify({ name: "risk", workspace: "default" }),
    });
    expect(made.status).toBe(200);
    const risk = (await admin.people.roles()).find(({ name }) => name === "risk");
    await admin.people.assign("eva", risk?.id ?? 0);
    await admin.policies.set("pix-fraud", { aliases: ["champion"], stages: [], approvals: { count: 1, role: "risk" } });
    try {
      const { page } = await stage.visit();
      await page.goto(`${stage.url}/#/models/pix-fraud/versions/1?tab=promotion`);
      await signIn(page, "eva");
      await page.getByText("Nobody has approved it yet.").waitFor();
      await page.getByRole("button", { name: "Approve", exact: true }).click();
      await page.getByText(/^You have approved this version for/).waitFor();
      await page.getByText("Nobody has approved it yet.").waitFor({ state: "detached" });
      await page.getByText("eva", { exact: true }).last().waitFor();
      expect((await admin.policies.prospect("pix-fraud", "1", { alias: "champion" })).approvers).toEqual(["eva"]);
    } finally {
      await admin.policies.remove("pix-fraud");
    }
  });

  it.each(LOOKS)("offers nothing that would be refused, and says why, in %s", async (...look) => {
    const [language, width, theme] = look;
    const reads = language === "en" ? /^You may read this/ : /^Você pode ler est/;
    const { page, complaints } = await stage.visit({ language, width, theme });
    await page.goto(`${stage.url}/#/models/pix-fraud/versions/1`);
    await signIn(page, "eva", PASSWORD, language);
    const promote = page.getByRole("button", { name: language === "en" ? "Promote…" : "Promover…" });
    await page.getByText(reads).waitFor();
    expect(await promote.isDisabled()).toBe(true);
    await expectFaultless(page);
    await page.goto(`${stage.url}/#/models/pix-fraud?tab=protection`);
    await page.getByText(language === "en" ? /^Only an administrator/ : /^Só um administrador/).waitFor();
    await page.goto(`${stage.url}/#/experiments/1`);
    await page.locator("tbody tr[data-index='0'] a").first().click();
    await page.getByText(reads).first().waitFor();
    const actions = page.getByRole("button", { name: language === "en" ? "Actions" : "Ações", exact: true });
    expect(await actions.count()).toBe(0);
    await expectFaultless(page);
    expect(ownComplaints(complaints)).toEqual([]);
  });

  it.each(LANGUAGES)("goes through the identity provider and back in %s", async (language) => {
    const visit = await stage.visit({ language });
    const { page, complaints } = visit;
    const words = WORDS[language];
    await page.goto(`${stage.url}/#/account`);
    await signInAtProvider(visit, stage.url, words.provider, "davi");
    await page.getByText(words.notAllowed).waitFor();
    await page.context().clearCookies();
    await signInAtProvider(visit, stage.url, words.provider, "carla");
    await page.getByRole("heading", { name: words.account }).waitFor();
    expect(page.url()).toBe(`${stage.url}/#/account`);
    await header(page, "carla").click();
    await page.getByRole("menuitem", { name: words.signOut }).click();
    const there = page.getByRole("link", { name: language === "en" ? "Sign out there too" : "Sair de lá também" });
    expect(await there.getAttribute("href")).toContain(`${stage.providerUrl}/session/end?`);
    await atProvider(visit, stage.url, async () => {
      await there.click();
      await page.getByRole("button", { name: /Yes, sign me out/ }).click();
    });
    await page.getByRole("link", { name: words.provider }).waitFor();
    expect(ownComplaints(complaints)).toEqual([]);
  });

  it("makes a service token that works, and revokes it", async () => {
    const { page, complaints } = await stage.visit();
    await page.goto(`${stage.url}/#/account`);
    await signIn(page, "ana");
    await page.getByRole("button", { name: "New token" }).click();
    await page.getByLabel("Name", { exact: true }).fill("dashboard");
    await page.getByLabel("Only these experiments").fill("1");
    await page.getByRole("button", { name: "Create the token" }).click();
    const token = (await page.getByText(/^est_/).textContent()) ?? "";
    await page.getByText(/only on experiment 1/).waitFor();
    const ask = () => fetch(`${stage.url}/api/2.0/mlflow/experiments/get?experiment_id=1`, { headers: bearer(token) });
    expect((await ask()).status).toBe(200);
    await page.reload();
    await page.getByText("dashboard", { exact: true }).waitFor();
    expect(await page.getByText(/^est_/).count()).toBe(0);
    await page.getByRole("button", { name: "Revoke dashboard" }).click();
    await page.getByRole("button", { name: "Revoke it now" }).click();
    await page.getByText("Revoked", { exact: true }).waitFor();
    expect((await ask()).status).toBe(401);
    expect(complaints).toEqual([]);
  });

  it("changes the user's own password", async () => {
    const { page } = await stage.visit();
    await page.goto(`${stage.url}/#/account`);
    await signIn(page, "admin");
    const change = async (current: string, next: string, again = next) => {
      await page.getByLabel("Current password").fill(current);
      await page.getByLabel("New password").fill(next);
      await page.getByLabel("The same again").fill(again);
      await page.getByRole("button", { name: "Change the password" }).click();
    };
    await change(PASSWORD, "short");
    await page.getByText("This is shorter than 12 characters.").waitFor();
    await change(PASSWORD, "another long password", "another long passwore");
    await page.getByText("The two are not the same.").waitFor();
    await change("not the password", "another long password");
    await page.getByText("The current password is wrong.").waitFor();
    await change(PASSWORD, "another long password");
    await page.getByText("The password is changed.").waitFor();
    await page.reload();
    await page.getByRole("heading", { name: "Account", exact: true }).waitFor();
  });

  it.each(["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"])(
    "does not lead to %s",
    async (address) => {
      const { page } = await stage.visit();
      await page.goto(`${stage.url}/#/sign-in?return_to=${encodeURIComponent(address)}`);
      await signIn(page, "ana");
      await page.getByRole("heading", { name: "Experiments" }).waitFor();
      expect(page.url()).toBe(`${stage.url}/#/experiments`);
    },
  );

  it.each(LANGUAGES)("fits a phone in %s", async (language) => {
    const { page } = await stage.visit({ language, width: 360, theme: "dark" });
    const excess = () => page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    await page.goto(`${stage.url}/#/account`);
    await page.getByRole("button", { name: WORDS[language].signIn, exact: true }).waitFor();
    expect(await excess()).toBeLessThanOrEqual(0);
    await signIn(page, "ana", PASSWORD, language);
    await page.getByRole("heading", { name: WORDS[language].account, exact: true }).waitFor();
    await page.getByRole("button", { name: /New token|Novo token/ }).click();
    expect(await excess()).toBeLessThanOrEqual(0);
  });
});

describe.skipIf(browserPath === undefined)("a server without an admin", () => {
  it("is set up with the token that it has printed, once", async () => {
    const stage = await openAccessStage(browserPath ?? "", { empty: true });
    try {
      const { page, complaints } = await stage.visit();
      await page.goto(`${stage.url}/#/sign-in?setup=wrong`);
      await page.getByLabel("New password").fill(PASSWORD);
      await page.getByLabel("The same again").fill(PASSWORD);
      await page.getByRole("button", { name: "Make the admin" }).click();
      await page.getByText(/This token is not valid/).waitFor();
      await page.getByLabel("Set-up token").fill(stage.setupToken ?? "");
      await page.getByRole("button", { name: "Make the admin" }).click();
      await page.getByRole("heading", { name: "Experiments" }).waitFor();
      expect(ownComplaints(complaints)).toEqual([]);
      const other = await stage.visit();
      await other.page.goto(`${stage.url}/#/sign-in`);
      await signIn(other.page, "admin");
      await other.page.getByRole("heading", { name: "Experiments" }).waitFor();
    } finally {
      await stage.close();
    }
  });
});

const bearer = (token: string) => ({ authorization: `Bearer ${token}` });
