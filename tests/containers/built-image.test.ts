import { chmod, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Descriptor, type Manifest, parseDocument } from "@esteira/deploy/oci/descriptor";
import { openLayout } from "@esteira/deploy/oci/layout";
import { loadModel } from "@esteira/models/flavors/load-model";
import { writeModelFolder } from "@esteira/models/format/model-folder";
import { columnsOf } from "@esteira/models/format/signature";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { modelBytes } from "../../packages/models/src/engines/trees/fixtures/fixture.ts";
import { runEsteira } from "../default/run-esteira.testing.ts";
import { removeDisks, smallDisk } from "../tools/small-disk.ts";
import { missing, run } from "./programs.ts";
import { type Bundle, type Container, noContainers, startContainer, unpack } from "./runc.ts";

const FEATURES = ["a", "b", "c", "d", "e", "f"];
const ROWS = [
  [1, 2, 3, 4, 5, 6],
  [0.5, -2, 1e6, 0, 3, -1],
  [9, 8, 7, 6, 5, 4],
];
const REFERENCE = "registry.test/fraud/pix:3";

let root: string;
beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "esteira-image-"));
  for (const name of ["dart", "forest"]) {
    await writeModelFolder(join(root, name, "pix"), {
      ubj: modelBytes(`${name}.ubj`),
      createdAt: 0,
      modelUuid: "0".repeat(32),
      signature: { inputs: columnsOf(FEATURES, "double") },
      inputExample: { columns: FEATURES, data: [[1, 2, 3, 4, 5, 6]] },
    });
  }
});
afterAll(async () => {
  removeDisks();
  await rm(root, { recursive: true, force: true });
});

/** Builds as somebody would, and gives the digest that was said. `home` has the caches. */
async function build(output: string, more: readonly string[] = [], home = "home", model = "dart"): Promise<string> {
  await mkdir(join(root, home), { recursive: true });
  const args = ["build", "-m", join(root, model, "pix"), "-t", REFERENCE, "-o", output, ...more];
  const env = { HOME: join(root, home), XDG_CACHE_HOME: join(root, home, "cache") };
  const { code, stdout, stderr } = await runEsteira(root, args, env);
  expect(`${code} ${stderr}`).toMatch(/^0 /);
  const [, digest = ""] = /^registry\.test\/fraud\/pix@(sha256:[0-9a-f]{64})$/.exec(stdout.trim()) ?? [];
  expect(digest).not.toBe("");
  return digest;
}

async function manifestOf(folder: string, digest: string): Promise<Manifest> {
  const layout = await openLayout(folder);
  const descriptor = await layout.resolve(digest);
  if (descriptor === undefined) throw new Error(`${digest} is not there`);
  const document = parseDocument(await layout.bytes(digest), descriptor.mediaType, folder);
  if (document.kind !== "manifest") throw new Error(`${digest} is no manifest`);
  return document.manifest;
}

const digests = (descriptors: readonly Descriptor[]): readonly string[] => descriptors.map(({ digest }) => digest);

test("two builds of one model, in other folders and with other caches, are one image with one bill and provenance", async () => {
  const [one, other] = [join(root, "one"), join(root, "other")];
  await cp(join(root, "dart"), join(root, "elsewhere", "dart"), { recursive: true });
  expect(await build(one)).toBe(await build(other, [], "other-home", join("elsewhere", "dart")));
  const [first, second] = await Promise.all([one, other].map(async (folder) => (await openLayout(folder)).index()));
  expect(first).toEqual(second);
  expect(first?.manifests.map(({ artifactType }) => artifactType)).toEqual(
    expect.arrayContaining([undefined, "application/vnd.cyclonedx+json", "application/vnd.in-toto+json"]),
  );
});

test("another model is another layer, and the others stay", async () => {
  const folder = join(root, "models");
  const [dart, forest] = [await build(folder), await build(folder, [], "home", "forest")];
  expect(dart).not.toBe(forest);
  const [before, after] = await Promise.all([dart, forest].map((digest) => manifestOf(folder, digest)));
  expect(digests(after?.layers ?? []).slice(0, 2)).toEqual(digests(before?.layers ?? []).slice(0, 2));
  expect(after?.layers[2]?.digest).not.toBe(before?.layers[2]?.digest);
  expect((after?.layers ?? []).reduce((sum, { size }) => sum + size, 0)).toBeLessThan(60e6);
});

test("a model that cannot be scored there is refused, and leaves no image", async () => {
  await mkdir(join(root, "broken", "pix"), { recursive: true });
  await writeFile(join(root, "broken", "pix", "MLmodel"), "flavors:\n  python_function: {loader_module: x}\n");
  const args = ["build", "-m", join(root, "broken", "pix"), "-t", REFERENCE, "-o", join(root, "none")];
  const { code, stderr } = await runEsteira(root, args, { XDG_CACHE_HOME: join(root, "home", "cache") });
  expect(stderr).toContain(
    "an image holds no Python and no native library: it serves models that have one of xgboost,",
  );
  expect(code).toBe(2);
  await expect(readFile(join(root, "none", "index.json"))).rejects.toThrow("ENOENT");
});

test("a full disk is said, and leaves no image", async ({ skip }) => {
  const full = smallDisk("8m");
  if (full === undefined) return skip("a full disk needs Linux and the right to mount (root)");
  for (const [cache, output] of [
    [full, join(root, "not-built")],
    [join(root, "home", "cache"), join(full, "image")],
    [join(root, "home", "cache"), join(full, "image.tar")],
  ] as const) {
    const args = ["build", "-m", join(root, "dart", "pix"), "-t", REFERENCE, "-o", output];
    const { code, stderr } = await runEsteira(root, args, { XDG_CACHE_HOME: cache });
    expect(stderr).toContain("There is no room left on the disk of");
    expect(code).toBe(2);
    const index = await readFile(join(output, "index.json"), "utf8").catch(() => '{"manifests":[]}');
    expect(JSON.parse(index)).toMatchObject({ manifests: [] });
  }
  expect((await readdir(full)).filter((name) => name.includes("incoming"))).toEqual([]);
});

test.skipIf(missing("skopeo"))("the file for docker load is read by skopeo, as both of what it is", async () => {
  const file = join(root, "pix.tar");
  const digest = await build(file);
  const layout = join(root, "file-layout");
  await build(layout);
  const inspected = async (image: string) => JSON.parse((await run("skopeo", ["inspect", image])).stdout);
  expect(await inspected(`oci-archive:${file}:3`)).toMatchObject({ Digest: digest });
  const raw = await run("skopeo", ["inspect", "--config", `docker-archive:${file}`]);
  const config = await run("skopeo", ["inspect", "--config", `oci:${layout}:3`]);
  expect(JSON.parse(raw.stdout)).toMatchObject({ rootfs: JSON.parse(config.stdout).rootfs });
});

describe.skipIf(noContainers())("the image in a real container", () => {
  const containers: Container[] = [];
  afterEach(async () => {
    for (const container of containers.splice(0)) await container.kill("KILL");
  });
  const started = async (...args: Parameters<typeof startContainer>): Promise<Container> => {
    const container = await startContainer(...args);
    containers.push(container);
    return container;
  };

  const ask = async (url: string): Promise<unknown> => {
    const answer = await fetch(`${url}/invocations`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ dataframe_split: { columns: FEATURES, data: ROWS } }),
    });
    expect(answer.status).toBe(200);
    return answer.json();
  };
  const local = async (name: string): Promise<unknown> => {
    const model = await loadModel(join(root, name, "pix"));
    const columns = FEATURES.map((_, at) => Float64Array.from(ROWS, (row) => row[at] ?? Number.NaN));
    return { predictions: model.predict({ names: FEATURES, columns, rowCount: ROWS.length }) };
  };

  let layout: string;
  let digest: string;
  let bundle: Bundle;
  beforeAll(async () => {
    layout = join(root, "run");
    digest = await build(layout);
    bundle = await unpack(layout, "3", join(root, "bundle"));
  });

  test("is read by skopeo, unpacked by umoci and run by runc, as nobody, and scores as this machine does", async () => {
    const { stdout } = await run("skopeo", ["inspect", `oci:${layout}:3`]);
    expect(JSON.parse(stdout)).toMatchObject({
      Digest: digest,
      Architecture: process.arch === "arm64" ? "arm64" : "amd64",
      Labels: { "dev.esteira.model.name": "pix", "dev.esteira.model.digest": expect.stringMatching(/^sha256:/) },
    });
    expect(bundle.config.process).toMatchObject({ user: { uid: 65_532, gid: 65_532 } });
    const container = await started(bundle);
    expect(container.said()).toContain("Serving pix version 1 at ");
    expect(await ask(container.url)).toEqual(await local("dart"));
    expect(await (await fetch(`${container.url}/metrics`)).text()).toContain("esteira_");
    const end = await container.kill("TERM");
    expect(end.code).toBe(0);
    expect(end.ms).toBeLessThan(10_000);
  });

  test("serves what is put in /opt/ml/model in place of its own model, and nothing where it cannot be read", async () => {
    const mounts = { "/opt/ml/model": join(root, "forest", "pix") };
    await chmod(mounts["/opt/ml/model"], 0o700);
    const shut = await started(bundle, { mounts });
    expect(await shut.ended()).toBe(2);
    expect(shut.said()).toContain("The model in /opt/ml/model cannot be read by user 65532");
    await chmod(mounts["/opt/ml/model"], 0o755);
    expect(await ask((await started(bundle, { mounts })).url)).toEqual(await local("forest"));
  });

  test("for SageMaker it is root's, of the same layers, and takes the port that it is given", async () => {
    const folder = join(root, "sagemaker");
    const [one, other] = [
      await manifestOf(layout, digest),
      await manifestOf(folder, await build(folder, ["--sagemaker"])),
    ];
    expect(other.layers).toEqual(one.layers);
    const rooted = await unpack(folder, "3", join(root, "sagemaker-bundle"));
    expect(rooted.config.process.user.uid).toBe(0);
    expect(rooted.config.process.args.at(-1)).toBe("serve");
    const container = await started(rooted, { env: { ESTEIRA_MODEL: "/app/model" } });
    expect(await ask(container.url)).toEqual(await local("dart"));
  });

  test("is built upon another image, whose layers it takes as they are", async () => {
    const folder = join(root, "upon");
    const above = await build(folder, ["--base", `oci:${layout}:3`], "home", "forest");
    const [one, other] = [await manifestOf(layout, digest), await manifestOf(folder, above)];
    expect(digests(other.layers).slice(0, 3)).toEqual(digests(one.layers));
    const container = await started(await unpack(folder, "3", join(root, "upon-bundle")));
    expect(await ask(container.url)).toEqual(await local("forest"));
  });

  test.each([
    [{ ESTEIRA_MAX_IN_FLIGHT: "many" }, "ESTEIRA_MAX_IN_FLIGHT is 'many'"],
    [{ ESTEIRA_MODEL: "/nowhere" }, "No model folder at '/nowhere'"],
    [{ ESTEIRA_MODEL: "models:/pix/3" }, "expected a folder in the container"],
  ])("with %j it ends with a sentence", async (env, sentence) => {
    const container = await started(bundle, { env });
    expect(await container.ended()).toBe(2);
    expect(container.said()).toContain(sentence);
  });
});
