import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { openRepository } from "@esteira/deploy/registry/client";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { startRegistry, type TestRegistry } from "./docker-registry.ts";
import { missing, run } from "./programs.ts";

describe.skipIf(missing("docker-registry", "skopeo"))("a version's image in a registry", () => {
  let root: string;
  let registry: TestRegistry;
  let server: RunningServer;
  let client: Client;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "esteira-pushed-"));
    registry = await startRegistry();
    server = await startServer({
      host: "127.0.0.1",
      port: 0,
      backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
      artifactsDestination: join(root, "artifacts"),
    });
    client = createClient({ baseUrl: server.url });
    const experimentId = await client.experiments.ensure("images");
    await client.registeredModels.create({ name: "pix" });
    for (const file of ["dart.ubj", "forest.ubj"]) {
      await startRun({ client, experimentId }, async (run) => {
        const model = await logModel(client, run, { name: "model" }, async ({ modelId }) => {
          const folder = join(root, file);
          const signature = { inputs: columnsOf(["a", "b", "c", "d", "e", "f"], "double") };
          await writeModelFolder(folder, { ubj: modelBytes(file), createdAt: 0, modelUuid: modelId, signature });
          return folder;
        });
        await client.modelVersions.create({ name: "pix", source: `models:/${model.modelId}`, modelId: model.modelId });
      });
    }
  });
  afterAll(async () => {
    await server?.close();
    await registry?.stop();
    await rm(root, { recursive: true, force: true });
  });

  const build = async (version: string, more: readonly string[] = []): Promise<string> => {
    const args = ["build", "-m", `models:/pix/${version}`, "-t", `${registry.host}/fraud/pix:${version}`, ...more];
    const { code, stdout, stderr } = await runEsteira(root, args, {
      HOME: root,
      XDG_CACHE_HOME: join(root, "cache"),
      ESTEIRA_DEPLOYMENTS: join(root, "deployments"),
      MLFLOW_TRACKING_URI: server.url,
    });
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    return stdout.trim();
  };
  const tagOf = async (version: string, key: string): Promise<string | undefined> =>
    (await client.modelVersions.get("pix", version)).tags.find((tag) => tag.key === key)?.value;
  const inspect = async (name: string): Promise<{ Digest: string; Layers: readonly string[] }> =>
    JSON.parse((await run("skopeo", ["inspect", "--tls-verify=false", `docker://${name}`])).stdout);

  test("is pushed by the build with what is about it, and the version names it for who deploys", async () => {
    const pinned = await build("1");
    const [name, digest = ""] = pinned.split("@");
    expect(name).toBe(`${registry.host}/fraud/pix`);
    expect(await tagOf("1", "esteira.image")).toBe(pinned);
    expect(await tagOf("1", "esteira.image.digest")).toBe(digest);
    expect(await inspect(pinned)).toMatchObject({ Digest: digest });
    expect(await inspect(`${registry.host}/fraud/pix:1`)).toMatchObject({ Digest: digest });
    const repository = openRepository(
      { registry: registry.host, repository: "fraud/pix" },
      { credentials: async () => undefined },
    );
    const about = await repository.referrers(digest);
    expect(about.map(({ artifactType }) => artifactType).sort()).toEqual([
      "application/vnd.cyclonedx+json",
      "application/vnd.in-toto+json",
    ]);
  });

  test("is a base by its digest, and by a tag it is refused", async () => {
    const below = await build("1");
    const above = await build("2", ["--base", below]);
    const [one, other] = [await inspect(below), await inspect(above)];
    expect(other.Layers.slice(0, one.Layers.length)).toEqual(one.Layers);
    const { code, stderr } = await runEsteira(root, [
      ...["build", "-m", join(root, "dart.ubj"), "-t", "pix", "-o", join(root, "refused")],
      ...["--base", `${registry.host}/fraud/pix:1`],
    ]);
    expect(stderr).toContain("name it by its digest");
    expect(code).toBe(2);
  });
});
