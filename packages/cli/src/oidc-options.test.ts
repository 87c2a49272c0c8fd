import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { accessStart } from "./access-start.ts";
import { oidcSettings } from "./oidc-options.ts";

const MINIMUM = { oidcIssuer: "https://id.example", oidcClientId: "esteira" };

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-oidc-"));
  await writeFile(join(folder, "secret"), "from the file\n");
  await writeFile(join(folder, "empty"), "\n");
});
afterAll(() => rm(folder, { recursive: true }));

describe("the options of an identity provider", () => {
  it("are nothing where none is named", async () => {
    expect(await oidcSettings({}, {})).toBeUndefined();
    await expect(oidcSettings({ oidcClientId: "x" }, {})).rejects.toThrow("--oidc-client-id has no meaning");
    await expect(oidcSettings({ oidcCreateUsers: true }, {})).rejects.toThrow("--oidc-create-users has no meaning");
  });

  it("come from the command line and from variables", async () => {
    const values = { ...MINIMUM, oidcAllowedGroups: "fraud, data", oidcRoles: "cn=fraud,data = readers" };
    expect(await oidcSettings(values, {})).toMatchObject({
      issuer: "https://id.example",
      clientId: "esteira",
      clientSecret: undefined,
      allowedGroups: ["fraud", "data"],
      roles: [
        { group: "cn", role: "fraud" },
        { group: "data", role: "readers" },
      ],
      createUsers: false,
    });
    const env = {
      ESTEIRA_OIDC_ISSUER: "https://id.example",
      ESTEIRA_OIDC_CLIENT_ID: "esteira",
      ESTEIRA_OIDC_CLIENT_SECRET: "from the environment",
      ESTEIRA_OIDC_USERNAME_CLAIM: "email",
      ESTEIRA_OIDC_CREATE_USERS: "true",
    };
    expect(await oidcSettings({}, env)).toMatchObject({
      clientSecret: "from the environment",
      usernameClaim: "email",
      createUsers: true,
    });
  });

  it("read the secret from a file", async () => {
    const values = { ...MINIMUM, oidcClientSecretFile: join(folder, "secret") };
    expect(await oidcSettings(values, {})).toMatchObject({ clientSecret: "from the file" });
  });

  it.each([
    [{ oidcIssuer: "https://id.example" }, {}, "needs --oidc-client-id"],
    [{ ...MINIMUM, oidcRoles: "fraud" }, {}, "expected group=role"],
    [{ ...MINIMUM, oidcRoles: "=editors" }, {}, "expected group=role"],
    [{ ...MINIMUM, oidcClientSecretFile: "empty" }, {}, "is empty"],
    [{ ...MINIMUM, oidcClientSecretFile: "nowhere" }, {}, "cannot be read"],
    [{ ...MINIMUM, oidcClientSecretFile: "secret" }, { ESTEIRA_OIDC_CLIENT_SECRET: "x" }, "not in both"],
  ])("are refused: %j", async (values, env, reason) => {
    const inFolder = "oidcClientSecretFile" in values ? join(folder, values.oidcClientSecretFile) : undefined;
    const read = oidcSettings(
      { ...values, ...(inFolder === undefined ? {} : { oidcClientSecretFile: inFolder }) },
      env,
    );
    await expect(read).rejects.toThrow(reason);
  });

  it("are a part of access control", async () => {
    await expect(accessStart(MINIMUM, {})).rejects.toThrow("--app-name basic-auth");
    expect(await accessStart({ ...MINIMUM, appName: "basic-auth" }, {})).toMatchObject({
      oidc: { clientId: "esteira" },
    });
  });
});
