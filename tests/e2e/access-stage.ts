import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openAdministration } from "@esteira/server/administration";
import { startServer } from "@esteira/server/start";
import { CLIENT, startProvider } from "@esteira/server/testing/identity-provider";
import { webAssets } from "@esteira/web/node/assets";
import { type Browser, chromium, type Page } from "playwright-core";
import { type Visit, type VisitOptions, visit } from "./stage.ts";

/** Of the users that a stage has from the start: `admin`, `ana`, who may change the experiment, and `eva`, who may read it and its model. */
export const PASSWORD = "a long enough password";
/** Whom the identity provider knows; any password opens its page. */
const PEOPLE = { carla: { preferred_username: "carla", groups: ["fraud"] }, davi: { preferred_username: "davi" } };

const SIGN_IN = {
  en: { username: "Username", password: "Password", button: "Sign in" },
  "pt-BR": { username: "Nome de usuário", password: "Senha", button: "Entrar" },
} as const;

/** Fills the page of signing in. */
export async function signIn(
  page: Page,
  username: string,
  password = PASSWORD,
  language: keyof typeof SIGN_IN = "en",
): Promise<void> {
  const words = SIGN_IN[language];
  await page.getByLabel(words.username).fill(username);
  await page.getByLabel(words.password, { exact: true }).fill(password);
  await page.getByRole("button", { name: words.button, exact: true }).click();
}

/** The browser itself notes each refused request; what a page does with a refusal is what the tests look at. */
export const ownComplaints = (complaints: readonly string[]): readonly string[] =>
  complaints.filter((text) => !/status of 401|status of 403|status of 400/.test(text));

/** A server with access control, a real identity provider beside it, and a browser before both. */
export interface AccessStage {
  readonly url: string;
  readonly providerUrl: string;
  /** Ends every session of a user, as a new password from an admin does. */
  endSessions(username: string): Promise<void>;
  visit(options?: VisitOptions): Promise<Visit>;
  close(): Promise<void>;
}

export async function openAccessStage(
  executablePath: string,
  options: { readonly empty?: boolean } = {},
): Promise<AccessStage & { readonly setupToken: string | undefined }> {
  const folder = await mkdtemp(join(tmpdir(), "esteira-access-"));
  const webRoot = await webAssets({ onProgress: (line) => console.log(line) });
  if (webRoot === undefined) throw new Error("The web UI could not be built: run npm ci first.");
  const backendStoreUri = `sqlite:///${join(folder, "store.db")}`;
  const administration = await openAdministration(backendStoreUri);
  if (options.empty !== true) {
    await administration.accounts.create({ username: "admin", password: PASSWORD, isAdmin: true });
    await administration.accounts.create({ username: "ana", password: PASSWORD });
    const experiment = await administration.store.createExperiment({ name: "pix-fraud", tags: [] });
    await administration.store.grant("ana", {
      resourceType: "experiment",
      resourcePattern: experiment,
      permission: "MANAGE",
    });
    await administration.accounts.create({ username: "eva", password: PASSWORD });
    await administration.store.createRun({
      experimentId: experiment,
      userId: "ana",
      startTime: 1_700_000_000_000,
      tags: [],
    });
    await administration.store.createRegisteredModel({ name: "pix-fraud", tags: [] });
    await administration.store.createModelVersion({ name: "pix-fraud", source: "s3://models/1", tags: [] });
    for (const [resourceType, resourcePattern] of [
      ["experiment", experiment],
      ["registered_model", "pix-fraud"],
    ] as const)
      await administration.store.grant("eva", { resourceType, resourcePattern, permission: "READ" });
  }
  // The provider must know the server's address and the server the provider's: one of the two is chosen beforehand.
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const provider = await startProvider({
    redirectUris: [`${url}/api/esteira/v1/access/oidc/callback`],
    afterSignOut: [`${url}/`],
    people: PEOPLE,
  });
  const server = await startServer({
    host: "127.0.0.1",
    port,
    backendStoreUri,
    artifactsDestination: join(folder, "artifacts"),
    webRoot,
    access: {
      publicUrl: url,
      oidc: {
        issuer: provider.issuer,
        clientId: CLIENT.id,
        clientSecret: CLIENT.secret,
        name: "Banco Central",
        allowedGroups: ["fraud"],
        createUsers: true,
      },
    },
  });
  const browser: Browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
  return {
    url,
    providerUrl: provider.issuer,
    setupToken: server.setupToken,
    endSessions: (username) => administration.accounts.setPassword(username, PASSWORD),
    visit: (options) => visit(browser, [url, provider.issuer], options),
    close: async () => {
      await browser.close();
      await server.close();
      await provider.close();
      await administration.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, "127.0.0.1", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (typeof address !== "object" || address === null) throw new Error("No port is free.");
  return address.port;
}
