import type { Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type AccessStage, openAccessStage, ownComplaints, PASSWORD, signIn } from "./access-stage.ts";
import { findChromium } from "./chromium.ts";
import { expectFaultless, LOOKS, openFresh } from "./looks.ts";

const browserPath = findChromium(process.env);

const WORDS = {
  en: {
    people: "People",
    newPerson: "New user",
    username: "Username",
    password: "New password",
    again: "The same again",
    create: "Make the user",
    taken: "There is a user of this name already.",
    common: /^This password is one of those that are tried first/,
    none: "None beyond the server's default.",
    grant: "Grant a permission",
    which: "Which",
    level: "May",
    grantNow: "Grant it",
    edit: "edit",
    revoke: "Take back: Experiment 1",
    revokeSure: "Take it back now",
    role: "Role",
    assign: "Give the role",
    setPassword: "Set a new password",
    passwordSet: /has a new password/,
    makeAdmin: "Make an administrator",
    makeAdminSure: "Yes: may do everything",
    adminMayAll: /^Administrators may do everything/,
    undo: "Undo",
    remove: "Delete",
    removed: (name: string) => `${name} is deleted.`,
    yourself: /^This is you/,
    forAdmins: /^Only administrators/,
    unknown: /^There is no user nobody/,
    noTokens: "No service tokens.",
  },
  "pt-BR": {
    people: "Pessoas",
    newPerson: "Novo usuário",
    username: "Nome de usuário",
    password: "Nova senha",
    again: "A mesma de novo",
    create: "Criar o usuário",
    taken: "Já existe um usuário com este nome.",
    common: /^Esta senha é/,
    none: "Nenhuma além do padrão do servidor.",
    grant: "Conceder uma permissão",
    which: "Qual",
    level: "Pode",
    grantNow: "Conceder",
    edit: "editar",
    revoke: "Retirar: Experimento 1",
    revokeSure: "Retirar agora",
    role: "Papel",
    assign: "Dar o papel",
    setPassword: "Definir nova senha",
    passwordSet: /tem uma senha nova/,
    makeAdmin: "Tornar administrador",
    makeAdminSure: "Sim: poderá tudo",
    adminMayAll: /^Administradores podem tudo/,
    undo: "Desfazer",
    remove: "Excluir",
    removed: (name: string) => `${name} foi excluído.`,
    yourself: /^É você/,
    forAdmins: /^Só administradores/,
    unknown: /^Não existe o usuário nobody/,
    noTokens: "Nenhum token de serviço.",
  },
} as const;

describe.skipIf(browserPath === undefined)("people", () => {
  let stage: AccessStage;
  beforeAll(async () => {
    stage = await openAccessStage(browserPath ?? "");
  });
  afterAll(() => stage?.close());

  const asked = (username: string, password: string, path: string) =>
    fetch(`${stage.url}/api/2.0/mlflow/${path}`, {
      headers: { authorization: `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}` },
    });
  const mayRead = async (username: string, password: string) =>
    (await asked(username, password, "experiments/get?experiment_id=1")).status;
  const button = (page: Page, name: string) => page.getByRole("button", { name, exact: true });

  it.each(LOOKS)("are made, given what they may do, and removed by an administrator, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const name = `bia-${language.toLowerCase()}`;
    const { page, complaints } = await stage.visit({ language, width, theme });
    await page.goto(`${stage.url}/#/people`);
    await signIn(page, "admin", PASSWORD, language);
    await button(page, words.newPerson).click();
    const type = async (username: string, password: string) => {
      await page.getByLabel(words.username).fill(username);
      await page.getByLabel(words.password).fill(password);
      await page.getByLabel(words.again).fill(password);
      await button(page, words.create).click();
    };
    await type("ana", "a password of bia");
    await page.getByText(words.taken).waitFor();
    await expectFaultless(page);
    await type(name, "a password of bia");
    await page.getByRole("link", { name, exact: true }).click();
    await page.getByText(words.none).waitFor();
    await page.getByText(words.noTokens).waitFor();
    expect(await mayRead(name, "a password of bia")).toBe(403);
    await expectFaultless(page);

    await button(page, words.grant).click();
    await page.getByLabel(words.which).fill("1");
    await page.getByLabel(words.level, { exact: true }).selectOption({ label: words.edit });
    await button(page, words.grantNow).click();
    await page.getByRole("cell", { name: words.edit, exact: true }).waitFor();
    expect(await mayRead(name, "a password of bia")).toBe(200);
    await expectFaultless(page);
    await page.getByLabel(words.revoke).click();
    await button(page, words.revokeSure).click();
    await page.getByText(words.none).waitFor();

    await button(page, words.setPassword).click();
    await page.getByLabel(words.password).fill("another password of bia");
    await page.getByLabel(words.again).fill("another password of bia");
    await page.locator("form").getByRole("button", { name: words.setPassword }).click();
    await page.getByText(words.passwordSet).waitFor();
    expect(await mayRead(name, "a password of bia")).toBe(401);
    expect(await mayRead(name, "another password of bia")).toBe(403);

    await button(page, words.makeAdmin).click();
    await button(page, words.makeAdminSure).click();
    await page.getByText(words.adminMayAll).waitFor();
    await page.getByRole("status").getByRole("button", { name: words.undo }).click();
    await page.getByText(words.adminMayAll).waitFor({ state: "detached" });

    await button(page, words.remove).click();
    await page.getByRole("button", { name: new RegExp(name) }).click();
    await page.getByText(words.removed(name)).waitFor();
    expect(await page.getByRole("link", { name, exact: true }).count()).toBe(0);
    expect(await mayRead(name, "another password of bia")).toBe(401);
    expect(ownComplaints(complaints)).toEqual([]);
  });

  it.each(LOOKS)("cannot lock themselves out, and only administrators see them, in %s", async (...look) => {
    const [language, width, theme] = look;
    const words = WORDS[language];
    const admin = await stage.visit({ language, width, theme });
    await admin.page.goto(`${stage.url}/#/people/admin`);
    await signIn(admin.page, "admin", PASSWORD, language);
    await admin.page.getByText(words.yourself).waitFor();
    expect(await button(admin.page, words.remove).count()).toBe(0);
    await openFresh(admin.page, `${stage.url}/#/people/nobody`);
    await admin.page.getByText(words.unknown).waitFor();

    const { page } = await stage.visit({ language, width, theme });
    await page.goto(`${stage.url}/#/people`);
    await signIn(page, "eva", PASSWORD, language);
    await page.getByText(words.forAdmins).waitFor();
    expect(await page.getByRole("table").count()).toBe(0);
    await expectFaultless(page);
  });
});
