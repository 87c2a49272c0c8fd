import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseDocument } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { modelDigest } from "@esteira/models/format/digest";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { startRun } from "@esteira/sdk/active-run";
import { type Client, createClient } from "@esteira/sdk/client";
import { logModel } from "@esteira/sdk/node/log-model";
import { type RunningServer, startServer } from "@esteira/server/start";
import { afterAll, beforeAll, expect, it } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "./run-esteira.testing.ts";

let root: string;
let server: RunningServer;
let client: Client;
let runId: string;
let digest: string;

/** Version 1 of `pix`, which says its digest, as its champion. */
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-build-"));
  server = await startServer({
    host: "127.0.0.1",
    port: 0,
    backendStoreUri: `sqlite:///${join(root, "esteira.db")}`,
    artifactsDestination: join(root, "artifacts"),
  });
  client = createClient({ baseUrl: server.url });
  const experimentId = await client.experiments.ensure("build");
  await client.registeredModels.create({ name: "pix" });
  await startRun({ client, experimentId }, async (run) => {
    runId = run.id;
    await client.runs.setTag(run.id, { key: "mlflow.source.git.commit", value: "c0ffee" });
    const model = await logModel(client, run, { name: "model" }, async ({ modelId }) => {
      const folder = join(root, "folder");
      const signature = { inputs: columnsOf(["a", "b", "c", "d", "e", "f"], "double") };
      await writeModelFolder(folder, { ubj: modelBytes("dart.ubj"), createdAt: 0, modelUuid: modelId, signature });
      digest = (await modelDigest(folder)).replace(/^sha256:/, "");
      return folder;
    });
    await client.modelVersions.create({
      name: "pix",
      source: `models:/${model.modelId}`,
      modelId: model.modelId,
      runId: run.id,
      tags: [{ key: "esteira.model.sha256", value: digest }],
    });
  });
  await client.registeredModels.setAlias("pix", "champion", "1");
}, 120_000);
afterAll(async () => {
  await server?.close();
  await rm(root, { recursive: true, force: true });
});

const build = (output: string) =>
  runEsteira(root, ["build", "-m", "models:/pix@champion", "-t", "registry.test/pix:1", "-o", output], {
    HOME: root,
    XDG_CACHE_HOME: join(root, "cache"),
    ESTEIRA_DEPLOYMENTS: join(root, "deployments"),
    MLFLOW_TRACKING_URI: server.url,
  });

const tagOf = async (key: string): Promise<string | undefined> =>
  (await client.modelVersions.get("pix", "1")).tags.find((tag) => tag.key === key)?.value;

// Without a base the image holds this machine's Node, which Linux has.
it.skipIf(process.platform !== "linux")(
  "builds a version's image with its lineage, and the version says which it is",
  async () => {
    const output = join(root, "image");
    const { code, stdout, stderr } = await build(output);
    expect(`${code} ${stderr}`).toMatch(/^0 /);
    const [name, built = ""] = stdout.trim().split("@");
    expect(name).toBe("registry.test/pix");
    const layout = await openLayout(output);
    const image = await layout.resolve("1");
    expect(image?.digest).toBe(built);
    const document = parseDocument(await layout.bytes(built), image?.mediaType ?? "", "it");
    if (document.kind !== "manifest") throw new Error("an index");
    const config: unknown = JSON.parse(Buffer.from(await layout.bytes(document.manifest.config.digest)).toString());
    expect(config).toMatchObject({
      config: {
        Labels: {
          "dev.esteira.model.name": "pix",
          "dev.esteira.model.version": "1",
          "dev.esteira.model.digest": `sha256:${digest}`,
          "dev.esteira.model.run": runId,
          "org.opencontainers.image.revision": "c0ffee",
        },
      },
    });
    expect(await tagOf("esteira.image.digest")).toBe(built);
    // It lies in a folder: nobody can pull it yet.
    expect(await tagOf("esteira.image")).toBeUndefined();
  },
);

it("refuses a version whose files are not what its digest says", async () => {
  const wrong = "0".repeat(64);
  await client.modelVersions.setTag("pix", "1", { key: "esteira.model.sha256", value: wrong });
  const { code, stderr } = await build(join(root, "refused"));
  expect(stderr).toContain(`says that its digest is sha256:${wrong}`);
  expect(code).toBe(2);
});
