import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type Descriptor, MEDIA_TYPES, type Platform, parseDocument } from "../oci/descriptor.ts";
import { sha256 } from "../oci/digest.ts";
import { type Layout, openLayout } from "../oci/layout.ts";
import { writeJson } from "./image.ts";
import { provenance } from "./provenance.ts";
import { attach } from "./referrer.ts";
import { sbom } from "./sbom.ts";
import { buildScorerImage, type ScorerImageOptions } from "./scorer-image.ts";

const AMD64: Platform = { os: "linux", architecture: "amd64" };
const ARM64: Platform = { os: "linux", architecture: "arm64" };
const FACTS = { name: "pix", version: "3", digest: "a".repeat(64), runId: "r1", commit: "c0ffee" };

let root: string;
let base: Layout;
let layout: Layout;
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-scorer-image-"));
  base = await openLayout(join(root, "base"));
  layout = await openLayout(join(root, "out"));
  await files("scorer", { "scorer.js": "serve()", "package.json": "{}" });
  await files("model", {
    MLmodel: "flavors: {}\n",
    "data/trees.ubj": "trees",
    registered_model_meta: "other",
    "esteira_parity.json": "{}",
  });
});
afterEach(() => rm(root, { recursive: true }));

async function files(folder: string, contents: Readonly<Record<string, string>>): Promise<void> {
  for (const [name, text] of Object.entries(contents)) {
    await mkdir(join(root, folder, name, ".."), { recursive: true });
    await writeFile(join(root, folder, name), text);
  }
}

/** A base as Docker writes it, of one layer. */
async function baseImage(platform: Platform, diffIds = 1): Promise<Descriptor> {
  const config = {
    ...platform,
    config: { Env: ["PATH=/opt/node/bin:/bin", "EMPTY="], Cmd: ["bash"], User: "node" },
    rootfs: { type: "layers", diff_ids: Array.from({ length: diffIds }, (_, at) => sha256(`diff ${at}`)) },
    history: [{ created_by: "ADD rootfs" }, { created_by: "CMD bash", empty_layer: true }],
  };
  const layer = await base.write(Buffer.from(`a layer for ${platform.architecture}`));
  const manifest = {
    schemaVersion: 2,
    mediaType: MEDIA_TYPES.dockerManifest,
    config: { mediaType: MEDIA_TYPES.dockerConfig, ...(await writeJson(base, config)) },
    layers: [{ mediaType: MEDIA_TYPES.dockerLayer, ...layer }],
  };
  return { mediaType: MEDIA_TYPES.dockerManifest, ...(await writeJson(base, manifest)), platform };
}

async function baseIndex(): Promise<Descriptor> {
  const manifests = [await baseImage(AMD64), await baseImage(ARM64)];
  const index = { schemaVersion: 2, mediaType: MEDIA_TYPES.index, manifests };
  const descriptor = { mediaType: MEDIA_TYPES.index, ...(await writeJson(base, index)) };
  await base.tag("node", descriptor);
  return descriptor;
}

const build = (more: Partial<ScorerImageOptions> = {}) =>
  buildScorerImage(layout, {
    platform: AMD64,
    base: { kind: "layout", layout: base, name: "node", node: "node" },
    scorer: join(root, "scorer"),
    model: { folder: join(root, "model"), facts: FACTS },
    variant: "standard",
    version: "0.1.0",
    createdAt: 0,
    cache: join(root, "cache"),
    ...more,
  });

const json = async (digest: string): Promise<unknown> => JSON.parse(Buffer.from(await layout.bytes(digest)).toString());

describe("an image upon a base", () => {
  test("takes the layers of the base's image for its platform, and says how ours is started", async () => {
    await baseIndex();
    const image = await build({ platform: ARM64 });
    const manifest = parseDocument(await layout.bytes(image.descriptor.digest), image.descriptor.mediaType, "it");
    if (manifest.kind !== "manifest") throw new Error("an index");
    expect(manifest.manifest.layers[0]).toEqual({
      mediaType: MEDIA_TYPES.layer,
      digest: sha256("a layer for arm64"),
      size: 17,
    });
    expect(String(await layout.bytes(sha256("a layer for arm64")))).toBe("a layer for arm64");
    expect(image.descriptor.platform).toEqual(ARM64);
    expect(await json(image.config.digest)).toEqual({
      created: "1970-01-01T00:00:00Z",
      architecture: "arm64",
      os: "linux",
      config: {
        User: "65532:65532",
        ExposedPorts: { "8080/tcp": {} },
        Env: ["EMPTY=", "NODE_ENV=production", "PATH=/opt/node/bin:/bin"],
        Entrypoint: ["node", "/app/scorer/scorer.js"],
        Cmd: ["serve"],
        WorkingDir: "/",
        Labels: {
          "dev.esteira.model.digest": `sha256:${FACTS.digest}`,
          "dev.esteira.model.name": "pix",
          "dev.esteira.model.run": "r1",
          "dev.esteira.model.version": "3",
          "dev.esteira.platform": "linux/arm64",
          "dev.esteira.version": "0.1.0",
          "org.opencontainers.image.base.digest": image.baseDigest,
          "org.opencontainers.image.revision": "c0ffee",
          "org.opencontainers.image.title": "pix",
          "org.opencontainers.image.version": "3",
        },
        StopSignal: "SIGTERM",
      },
      rootfs: { type: "layers", diff_ids: [sha256("diff 0"), image.layers[1]?.diffId, image.layers[2]?.diffId] },
      history: [
        { created: "1970-01-01T00:00:00Z", created_by: "ADD rootfs" },
        { created: "1970-01-01T00:00:00Z", created_by: "Esteira 0.1.0, what scores" },
        { created: "1970-01-01T00:00:00Z", created_by: `pix version 3, sha256:${FACTS.digest}` },
      ],
    });
  });

  test("is the same whatever lies beside the model, and another for another model or time", async () => {
    await baseIndex();
    const first = await build();
    await files("model", { registered_model_meta: "again", "esteira_parity.json": "{ }" });
    expect((await build()).descriptor).toEqual(first.descriptor);
    const digests = new Set([first.descriptor.digest]);
    for (const more of [
      { createdAt: 1000 },
      { variant: "sagemaker" } as const,
      { model: { folder: join(root, "model"), facts: { ...FACTS, version: "4" } } },
    ])
      digests.add((await build(more)).descriptor.digest);
    await files("model", { "data/trees.ubj": "other trees" });
    const last = await build();
    digests.add(last.descriptor.digest);
    expect(digests.size).toBe(5);
    expect(last.layers.slice(0, 2).map(({ diffId }) => diffId)).toEqual(
      first.layers.slice(0, 2).map(({ diffId }) => diffId),
    );
  });

  test("for SageMaker it is root's, and its port may be given", async () => {
    await baseIndex();
    const { config } = await build({ variant: "sagemaker" });
    const said = JSON.stringify(await json(config.digest));
    expect(said).not.toContain('"User"');
    expect(said).toContain('"com.amazonaws.sagemaker.capabilities.accept-bind-to-port":"true"');
  });

  const refused: readonly (readonly [{ base?: string; platform?: Platform; model?: string }, string])[] = [
    [{ base: "none there" }, "the folder holds no image of that name"],
    [{ platform: { os: "linux", architecture: "s390x" } }, "no image for linux/s390x: it has linux/amd64, linux/arm64"],
    [{ model: "scorer" }, "is no model folder"],
  ];
  test.each(refused)("%j is refused", async ({ base: name = "node", platform = AMD64, model = "model" }, sentence) => {
    await baseIndex();
    const attempt = build({
      platform,
      base: { kind: "layout", layout: base, name, node: "node" },
      model: { folder: join(root, model), facts: FACTS },
    });
    await expect(attempt).rejects.toThrow(sentence);
  });

  test("of another platform, or of a config that does not fit, is refused", async () => {
    await base.tag("node", await baseImage(ARM64));
    await expect(build()).rejects.toThrow("is for linux/arm64, and linux/amd64 was asked for");
    await base.tag("node", await baseImage(AMD64, 2));
    await expect(build()).rejects.toThrow("has 1 layers, and its config says 2");
  });
});

test("without a base, another platform than this machine's is refused with what to do", async () => {
  const platform = { os: "linux", architecture: "riscv64" };
  await expect(build({ platform, base: { kind: "machine" } })).rejects.toThrow(/takes Node from this machine.*--base/);
});

test("what is about an image names it as its subject, and says what is in it", async () => {
  await baseIndex();
  const image = await build();
  const about = { image, model: FACTS, version: "0.1.0", repository: "registry.test/pix" };
  const packages = [
    { name: "@opentelemetry/api", version: "1.9.1", license: "Apache-2.0" },
    { name: "fastify", version: "5.12.0" },
  ];
  const bill = await attach(layout, image.descriptor, await sbom({ ...about, packages, cache: join(root, "cache") }));
  const made = await attach(
    layout,
    image.descriptor,
    provenance({ ...about, variant: "standard", modelUri: "models:/pix/3" }),
  );
  expect(await layout.referrers(image.descriptor.digest)).toEqual([bill, made]);
  const document = async ({ digest, mediaType }: Descriptor): Promise<unknown> => {
    const parsed = parseDocument(await layout.bytes(digest), mediaType, "it");
    return parsed.kind === "manifest" ? json(parsed.manifest.layers[0]?.digest ?? "") : undefined;
  };
  expect(await document(bill)).toMatchObject({
    metadata: { component: { name: "registry.test/pix", version: image.descriptor.digest } },
    components: [
      { type: "container", version: image.baseDigest },
      { type: "application", name: "esteira", version: "0.1.0" },
      { group: "@opentelemetry", name: "api", purl: "pkg:npm/%40opentelemetry/api@1.9.1" },
      { name: "fastify", purl: "pkg:npm/fastify@5.12.0" },
      { type: "machine-learning-model", name: "pix", hashes: [{ alg: "SHA-256", content: FACTS.digest }] },
    ],
  });
  expect(await document(made)).toMatchObject({
    _type: "https://in-toto.io/Statement/v1",
    subject: [{ name: "registry.test/pix", digest: { sha256: image.descriptor.digest.slice(7) } }],
    predicateType: "https://slsa.dev/provenance/v1",
    predicate: {
      buildDefinition: {
        externalParameters: { model: { uri: "models:/pix/3", digest: `sha256:${FACTS.digest}`, commit: "c0ffee" } },
        resolvedDependencies: [{ name: "base" }, { name: "scorer layer" }, { name: "model layer" }],
      },
    },
  });
});
