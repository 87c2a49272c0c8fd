import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@esteira/sdk/client";
import { basic, bearer } from "@esteira/sdk/credentials";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, test } from "vitest";

const PASSWORD = "the first long password";
const CHEAP = { n: 1024, r: 8, p: 1 };

describe("the client's calls about access", () => {
  let folder: string;
  let server: RunningServer;
  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "esteira-sdk-access-"));
    server = await startServer({
      host: "127.0.0.1",
      port: 0,
      backendStoreUri: `sqlite:///${join(folder, "store.db")}`,
      artifactsDestination: join(folder, "artifacts"),
      access: { passwordCost: CHEAP },
    });
  });
  afterAll(async () => {
    await server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  test("set a server up, tell who calls, and make tokens that end when they are revoked", async () => {
    const nobody = createClient({ baseUrl: server.url });
    expect(await nobody.access.info()).toMatchObject({ enabled: true, needsSetup: true, user: undefined });
    await expect(
      nobody.access.setUp({ token: "another token", username: "ana", password: PASSWORD }),
    ).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    const ana = await nobody.access.setUp({ token: server.setupToken ?? "", username: "ana", password: PASSWORD });
    expect(ana).toEqual({ id: 1, username: "ana", isAdmin: true });
    await expect(nobody.access.signIn("ana", "not the password")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
    expect(await nobody.access.signIn("ana", PASSWORD)).toEqual(ana);

    const client = createClient({ baseUrl: server.url, credentials: basic("ana", PASSWORD) });
    expect(await client.access.info()).toMatchObject({ user: ana, hasSession: false, hasPassword: true });
    const experiment = await client.experiments.create({ name: "pix" });
    const { token, info } = await client.access.createToken({
      name: "dashboard",
      scopes: ["read"],
      experimentIds: [experiment],
      expiresInDays: 1,
    });
    expect(info).toMatchObject({ name: "dashboard", resources: [{ type: "experiment", id: experiment }] });
    const program = createClient({ baseUrl: server.url, credentials: bearer(token) });
    expect((await program.experiments.get(experiment)).name).toBe("pix");
    expect((await client.access.listTokens()).map(({ id }) => id)).toEqual([info.id]);
    await client.access.revokeToken(info.id);
    await expect(program.experiments.get(experiment)).rejects.toMatchObject({ code: "UNAUTHENTICATED" });

    await client.access.changePassword("ana", { password: "the second long password", currentPassword: PASSWORD });
    await expect(client.access.info()).resolves.toMatchObject({ user: undefined });
  });
});
