import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { type Descriptor, MEDIA_TYPES } from "../oci/descriptor.ts";
import { sha256 } from "../oci/digest.ts";
import { type Layout, openLayout } from "../oci/layout.ts";
import { layoutPlace } from "../registry/place.ts";
import { examineImage } from "./examine.ts";
import { writeJson } from "./image.ts";
import { unpackModel } from "./image-model.ts";
import { readImages } from "./image-reader.ts";
import { PROVENANCE_TYPE } from "./provenance.ts";
import { attach } from "./referrer.ts";
import { SBOM_TYPE } from "./sbom.ts";
import { foldersAbove, type TarEntry, tar } from "./tar.ts";

let folder: string;
let layout: Layout;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-examine-"));
  layout = await openLayout(join(folder, "image"));
});
afterEach(() => rm(folder, { recursive: true }));

type Files = Readonly<Record<string, string | { readonly text: string; readonly mode: number }>>;

async function archive(files: Files): Promise<Buffer> {
  const entries: TarEntry[] = Object.entries(files).map(([path, given]) => {
    const { text, mode } = typeof given === "string" ? { text: given, mode: 0o644 } : given;
    const content = Buffer.from(text);
    return { kind: "file", path, mode, size: content.length, content };
  });
  const pieces: Uint8Array[] = [];
  for await (const piece of tar([...foldersAbove(Object.keys(files)), ...entries])) pieces.push(piece);
  return Buffer.concat(pieces);
}

const DIGEST = "a".repeat(64);

async function imageOf(
  layers: readonly Files[],
  config: object = {},
  diffIds?: readonly string[],
): Promise<Descriptor> {
  const plain = await Promise.all(layers.map(archive));
  const named = [];
  for (const bytes of plain) named.push({ mediaType: MEDIA_TYPES.layer, ...(await layout.write(gzipSync(bytes))) });
  const rootfs = { type: "layers", diff_ids: diffIds ?? plain.map(sha256) };
  const document = { os: "linux", architecture: "amd64", config, rootfs };
  const manifest = {
    ...{ schemaVersion: 2, mediaType: MEDIA_TYPES.manifest, layers: named },
    config: { mediaType: MEDIA_TYPES.config, ...(await writeJson(layout, document)) },
  };
  const descriptor = { mediaType: MEDIA_TYPES.manifest, ...(await writeJson(layout, manifest)) };
  await layout.tag("it", descriptor);
  return descriptor;
}

async function read() {
  const place = await layoutPlace(layout.folder, "it", true);
  const [image] = (await readImages(place)).images;
  if (image === undefined) throw new Error("no image");
  return { place, image };
}
const examined = async () => {
  const { place, image } = await read();
  return examineImage(place, image);
};

test("an image is what its layers make together, and what is about it", async () => {
  const image = await imageOf(
    [
      { "usr/bin/node": { text: "node", mode: 0o755 }, "bin/su": { text: "su", mode: 0o4755 } },
      { "bin/.wh.su": "", "opt/wall": { text: "", mode: 0o2755 } },
      { "app/model/MLmodel": "flavors: {}\n" },
    ],
    { User: "65532:65532", Env: ["PATH=/bin"], Labels: { "dev.esteira.model.digest": `sha256:${DIGEST}` } },
  );
  const component = (name: string, path: string, text: string) => ({
    ...{ type: "library", "bom-ref": path, name, hashes: [{ alg: "SHA-256", content: sha256(text).slice(7) }] },
    properties: [{ name: "path", value: path }],
  });
  await attach(layout, image, {
    type: SBOM_TYPE,
    document: {
      bomFormat: "CycloneDX",
      components: [
        component("node", "/usr/bin/node", "node"),
        component("wall", "/opt/wall", "another"),
        component("gone", "/opt/gone", ""),
        {
          type: "machine-learning-model",
          "bom-ref": "model",
          name: "pix",
          hashes: [{ alg: "SHA-256", content: DIGEST }],
        },
      ],
    },
  });
  const statement = (subject: string) => ({
    subject: [{ name: "x", digest: { sha256: subject.slice(7) } }],
    predicate: { buildDefinition: { externalParameters: { model: { digest: `sha256:${DIGEST}` } } } },
  });
  await attach(layout, image, { type: PROVENANCE_TYPE, document: statement(image.digest) });
  const seen = await examined();
  expect(seen).toMatchObject({
    ...{ digest: image.digest, platform: "linux/amd64", user: "65532:65532", raising: ["/opt/wall"], secrets: [] },
    provenance: { isOfImage: true, modelDigest: `sha256:${DIGEST}` },
    bill: { wrongFiles: ["/opt/wall", "/opt/gone"] },
  });
  expect(seen.bill?.components.map(({ name, sha256: own }) => [name, own?.slice(0, 4)])).toContainEqual([
    "pix",
    "aaaa",
  ]);
});

test("what looks like a secret is said by its place, and never itself", async () => {
  await imageOf([{ "root/.aws/credentials": "x", "app/model/.env": "y", "usr/lib/x/test/id_rsa": "z" }], {
    Env: ["DB_PASSWORD=hunter2", "EMPTY_TOKEN=", "URL=https://me:hunter2@example.test/", "TOKENIZER=fast"],
    Labels: { key: "AKIAABCDEFGHIJKLMNOP", "org.opencontainers.image.authors": "me" },
  });
  const { secrets } = await examined();
  expect(secrets).toEqual([
    "/app/model/.env",
    "/root/.aws/credentials",
    "the label key",
    "the variable DB_PASSWORD",
    "the variable URL",
  ]);
  expect(JSON.stringify(secrets)).not.toContain("hunter2");
});

test("a layer that is not what the config says, or is no layer, is refused", async () => {
  await imageOf([{ "app/model/MLmodel": "x" }], {}, [sha256("another")]);
  await expect(examined()).rejects.toThrow("and the image's config says");
  const { digest } = (await read()).image.layers[0]!.descriptor;
  const { writeFile } = await import("node:fs/promises");
  await writeFile(join(layout.folder, "blobs", "sha256", digest.slice(7)), "no gzip");
  await expect(examined()).rejects.toMatchObject({ code: "INVALID_STATE" });
});

test("the model is unpacked from the highest layer, and from no image that could hide another", async () => {
  const unpacked = async () => {
    const { place, image } = await read();
    const to = await mkdtemp(join(folder, "model-"));
    await unpackModel(place, image, to);
    return readFile(join(to, "data/trees"), "utf8");
  };
  const model = { "app/model/MLmodel": "x", "app/model/data/trees": "trees" };
  await imageOf([{ "app/scorer/scorer.js": "s" }, model]);
  expect(await unpacked()).toBe("trees");
  for (const [layers, sentence] of [
    [[model, { "app/scorer/scorer.js": "s" }], "its highest layer holds 'app/scorer"],
    [[{ ...model, "app/scorer/scorer.js": "s" }], "its highest layer holds 'app/scorer"],
    [[{ ...model, "app/model/.wh.other": "" }], "neither a file nor a folder"],
    [[model, {}], "holds no model"],
    [[], "it has no layers"],
  ] as const) {
    await imageOf(layers);
    await expect(unpacked()).rejects.toThrow(sentence);
  }
});
