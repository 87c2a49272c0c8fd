import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { LoggedModelId } from "@esteira/core/ids";
import { localTarget } from "@esteira/deploy/local/local-target";
import { modelDigest } from "@esteira/models/format/digest";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { type Client, createClient } from "@esteira/sdk/client";
import { uploadFolder } from "@esteira/sdk/node/folder";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { desired } from "../../packages/cli/src/commands/desired.ts";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];

let folder: string;
let server: RunningServer;
let client: Client;
const digests: string[] = [];
let logged: LoggedModelId;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-desired-"));
  server = await startServer({
    ...{ host: "127.0.0.1", port: 0, artifactsDestination: join(folder, "artifacts") },
    backendStoreUri: `sqlite:///${join(folder, "esteira.db")}`,
  });
  client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.create({ name: "desired" });
  await client.registeredModels.create({ name: "pix" });
  for (const file of ["dart.ubj", "forest.ubj"]) {
    const model = join(folder, file);
    const signature = { inputs: columnsOf(FEATURES, "double") };
    await writeModelFolder(model, { ubj: modelBytes(file), createdAt: 0, modelUuid: "0", signature });
    const digest = await modelDigest(model);
    digests.push(digest);
    const { modelId, artifactUri } = await client.loggedModels.create({ experimentId, name: "model" });
    logged = modelId;
    await uploadFolder(client, model, artifactUri);
    await client.loggedModels.finalize(modelId, "LOGGED_MODEL_READY");
    const tags = [{ key: "esteira.model.sha256", value: digest }];
    await client.modelVersions.create({ name: "pix", source: `models:/${modelId}`, modelId, tags });
  }
}, 60_000);
afterAll(async () => {
  await deployments().remove("live");
  await server.close();
  await rm(folder, { recursive: true, force: true });
});

const deployments = () =>
  localTarget({ root: join(folder, "deployments"), command: [process.execPath], env: process.env });

async function esteira(name: "plan" | "apply", values: Record<string, string | boolean> = {}) {
  const lines: string[] = [];
  const notes: string[] = [];
  const env = {
    ...process.env,
    ...{ NODE_OPTIONS: "", MLFLOW_TRACKING_URI: server.url, ESTEIRA_DEPLOYMENTS: join(folder, "deployments") },
  };
  const command = desired.find((one) => one.name === name);
  const code = await command?.run(
    { file: join(folder, "models.yaml"), ...values },
    {
      env,
      out: (line) => void lines.push(line),
      note: (line) => void notes.push(line),
      interrupted: () => new Promise(() => {}),
    },
  );
  return { code, out: lines.join("\n"), notes: notes.join("\n") };
}
const write = (champion: string, more = "") =>
  writeFile(
    join(folder, "models.yaml"),
    `models:\n  pix:\n    aliases:\n      champion: ${champion}\n${more}targets:\n  live: { kind: local }\n`,
  );

describe("esteira plan and apply", { timeout: 240_000 }, () => {
  it("show what differs, make it so, and find nothing to do then", async () => {
    await write(`{ digest: "${digests[0]}", version: 1, target: live }`);
    const first = await esteira("plan", { exitCode: true });
    expect(first).toMatchObject({ code: 4, out: expect.stringContaining("+ @champion: version 1") });
    expect(first.out).toMatch(/serve .*pix\/1-[0-9a-f]{16} as live/);
    expect(await esteira("apply")).toMatchObject({ code: 0, notes: expect.stringContaining("live serves version 1") });
    for (let again = 0; again < 2; again++) {
      expect(await esteira("apply")).toMatchObject({ code: 0, out: expect.stringContaining("Nothing to do") });
    }
    expect(await esteira("plan", { exitCode: true })).toMatchObject({ code: 0 });
    const history = await client.timeline.history("pix");
    expect(history.filter(({ action }) => action === "alias.set")).toHaveLength(1);

    await write(`{ digest: "${digests[1]}", target: live }`, "      trial: null\n");
    expect(await esteira("apply")).toMatchObject({ code: 0 });
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("2");
    expect(await deployments().status("live")).toMatchObject({
      wanted: { model: expect.stringContaining("/pix/2-") },
      state: "serving",
    });
  });

  it("tell a drift, by whom it came and since when", async () => {
    await client.registeredModels.setAlias("pix", "champion", "1");
    await client.registeredModels.setAlias("pix", "trial", "1");
    const { code, out } = await esteira("plan", { exitCode: true, json: true });
    expect(code).toBe(4);
    expect(JSON.parse(out)).toMatchObject({
      changes: [
        { kind: "set", alias: "champion", from: "1", to: "2", moved: expect.stringMatching(/^by anonymous .* at 20/) },
        { kind: "remove", alias: "trial", from: "1" },
      ],
      targets: [{ target: "live", changes: [] }],
    });
    expect(await esteira("apply")).toMatchObject({ code: 0 });
    expect(await client.registeredModels.findByAlias("pix", "trial")).toBeUndefined();
  });

  it("refuse with 3, and change nothing, what a policy forbids or what is another content", async () => {
    await client.policies.set("pix", { aliases: ["champion"], evidence: { keys: ["0".repeat(64)] } });
    await write(`{ digest: "${digests[0]}" }`);
    expect(await esteira("plan")).toMatchObject({ code: 0, out: expect.stringContaining("(under a policy)") });
    expect(await esteira("apply")).toMatchObject({ code: 3, notes: expect.stringContaining("there is no evidence") });
    await write(`{ digest: "${digests[0]}", version: 2 }`, `      trial: { digest: "${digests[0]}" }\n`);
    const other = { code: 3, out: expect.stringContaining("refused: Version 2 of pix has the digest") };
    expect(await esteira("plan")).toMatchObject(other);
    expect(await esteira("apply")).toMatchObject(other);
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("2");
    expect(await client.registeredModels.findByAlias("pix", "trial")).toBeUndefined();
    await client.policies.remove("pix");
    // Another model's files under this digest: it is not deployed, and so not made champion either.
    const tags = [{ key: "esteira.model.sha256", value: `sha256:${"0".repeat(64)}` }];
    const forged = await client.modelVersions.create({
      name: "pix",
      source: `models:/${logged}`,
      modelId: logged,
      tags,
    });
    await write(`{ digest: "sha256:${"0".repeat(64)}", version: ${forged.version}, target: live }`);
    await expect(esteira("apply")).rejects.toThrow("its files have sha256:");
    expect((await client.registeredModels.getByAlias("pix", "champion")).version).toBe("2");
    await write("{ digest: short }");
    await expect(esteira("plan")).rejects.toThrow("models.yaml:4:27: ");
    await expect(esteira("apply", { file: join(folder, "no.yaml") })).rejects.toThrow("cannot be read");
  });
});
