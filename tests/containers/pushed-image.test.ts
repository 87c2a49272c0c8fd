import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
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

  const judged = async (version: string, check: string, more: readonly string[] = []) => {
    const rows = Array.from({ length: 60 }, (_, at) => [at, at % 7, -at, at / 3, 1, 0, at % 3 === 0 ? 1 : 0].join(","));
    await writeFile(join(root, "rows.csv"), ["a,b,c,d,e,f,label", ...rows].join("\n"));
    await writeFile(join(root, "gate.yaml"), `version: 1\nname: pix\nchecks: [${check}]\n`);
    const on = ["--data", "rows.csv", "--threshold", "0.5", "--champion", "none", "--json", "verdict.json"];
    const env = { HOME: root, MLFLOW_TRACKING_URI: server.url };
    const { code, stderr } = await runEsteira(root, ["gate", "-m", `models:/pix/${version}`, ...on, ...more], env);
    expect(stderr).toBe("");
    const { checks }: { checks: { status: string; reason: string }[] } = JSON.parse(
      await readFile(join(root, "verdict.json"), "utf8"),
    );
    return { code, ...checks[0] };
  };
  const PASSES = "{ check: image, components: [fastify], advisories: true }";

  test("passes a gate that reads it, and neither the gate nor who deploys takes it for another version", async () => {
    const one = await build("1");
    await build("2");
    await writeFile(join(root, "none.json"), "[]");
    expect(await judged("1", PASSES, ["--advisories", "none.json"])).toMatchObject({
      ...{ code: 0, status: "passed", reason: expect.stringContaining("runs as 65532:65532") },
    });
    const node = { ecosystem: "x", name: "node", purl: "pkg:generic/node" };
    const known = { id: "TEST-1", affected: [{ package: node, versions: [process.versions.node] }] };
    await writeFile(join(root, "known.json"), JSON.stringify([known]));
    expect(await judged("1", PASSES, ["--advisories", "known.json"])).toMatchObject({
      ...{ code: 3, status: "refused", reason: expect.stringContaining(`TEST-1 of node ${process.versions.node}`) },
    });
    const tag = `${registry.host}/fraud/pix:1`;
    expect(await judged("1", "{ check: image }", ["--image", tag])).toMatchObject({
      ...{ code: 3, reason: expect.stringContaining("names no digest") },
    });
    const own = await tagOf("2", "esteira.image");
    await client.modelVersions.setTag("pix", "2", { key: "esteira.image", value: one });
    try {
      const { code, reason } = await judged("2", "{ check: image }");
      expect(reason).toMatch(/it holds the model [0-9a-f]{12}….*its label says.*its bill says.*its provenance says/);
      expect(code).toBe(3);
      const args = ["deploy", "docker", "models:/pix/2", "-n", "pix", "--export", "compose", "-o", join(root, "out")];
      const env = { HOME: root, MLFLOW_TRACKING_URI: server.url };
      const refused = await runEsteira(root, args, env);
      expect(refused.stderr).toMatch(/holds the model sha256:.* and version 2 of pix is sha256:.*: it is not deployed/);
      expect(refused.code).toBe(2);
      const told = await runEsteira(root, [...args, "--unchecked-image"], env);
      expect(`${told.code} ${told.stderr}`).toContain("0 The model in");
    } finally {
      await client.modelVersions.setTag("pix", "2", { key: "esteira.image", value: own ?? "" });
    }
  });

  test("holds no secret of whoever builds it", async () => {
    const secret = "s3cr3t-0f-the-builder";
    const folder = join(root, "quiet");
    const env = {
      ...{ HOME: root, XDG_CACHE_HOME: join(root, "quiet-cache"), ESTEIRA_DEPLOYMENTS: join(root, "quiet-held") },
      ...{ MLFLOW_TRACKING_URI: server.url, MLFLOW_TRACKING_TOKEN: secret, AWS_SECRET_ACCESS_KEY: secret },
      DOCKER_AUTH_CONFIG: JSON.stringify({ auths: { "registry.test": { auth: secret } } }),
    };
    const args = ["build", "-m", "models:/pix/1", "-t", "registry.test/pix:1", "-o", folder];
    const { code, stdout, stderr } = await runEsteira(root, args, env);
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    expect(stdout + stderr).not.toContain(secret);
    const blobs = join(folder, "blobs", "sha256");
    for (const name of await readdir(blobs)) {
      const bytes = await readFile(join(blobs, name));
      const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes;
      expect(plain.includes(secret) || plain.includes(server.url), name).toBe(false);
    }
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
