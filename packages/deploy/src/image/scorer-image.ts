/** The image of a model: Node below, what scores above it, the model on top, so that another model changes the smallest layer alone. */

import { readdir, stat } from "node:fs/promises";
import { join } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Platform } from "../oci/descriptor.ts";
import type { Layout } from "../oci/layout.ts";
import { type Image, type ImageLayer, type WrittenImage, writeImage } from "./image.ts";
import { packLayer } from "./layer.ts";
import { layoutBase } from "./layout-base.ts";
import { type MachineFile, machineBase, NOBODY, NODE_PATH } from "./machine-base.ts";
import type { PythonEnvironment } from "./python-environment.ts";
import { type PythonLayers, pythonEnv, pythonLayers } from "./python-layers.ts";
import { type FileEntry, foldersAbove, type TarEntry } from "./tar.ts";

/** What an image is built upon. */
export type BaseChoice =
  /** `root` has the platform's Node and libraries, where this machine is of another. */
  | { readonly kind: "machine"; readonly root?: string | undefined }
  /** `node` is how Node is started there: a path, or a name that is found by the base's own PATH. */
  | { readonly kind: "layout"; readonly layout: Layout; readonly name: string | undefined; readonly node: string };

/** Which model it is, as far as that is known. */
export interface ModelFacts {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its files, 64 hexadecimal digits. */
  readonly digest: string;
  readonly runId?: string | undefined;
  /** Of the code that trained it. */
  readonly commit?: string | undefined;
}

export interface ScorerImageOptions {
  readonly platform: Platform;
  readonly base: BaseChoice;
  /** The folder of what scores: `scorer.js` and what it imports. */
  readonly scorer: string;
  readonly model: { readonly folder: string; readonly facts: ModelFacts };
  /** What scores the model, where Esteira itself does not. */
  readonly python?: PythonEnvironment | undefined;
  /** SageMaker starts containers as root, and says by a label that a port may be given. */
  readonly variant: "standard" | "sagemaker";
  /** Of Esteira. */
  readonly version: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  /** Where layers are kept between builds. */
  readonly cache: string;
}

export interface ScorerImage extends WrittenImage {
  readonly layers: readonly ImageLayer[];
  /** Of the base's manifest, where there is a base. */
  readonly baseDigest: string | undefined;
  /** The files of the lowest layer, where it is made of a machine's. */
  readonly machineFiles: readonly MachineFile[];
  /** `v20.19.0`, where Node was taken from a machine. */
  readonly nodeVersion: string | undefined;
  /** Whether that is this machine. */
  readonly isOfThisMachine: boolean;
  /** What is in it of Python. */
  readonly python: PythonEnvironment | undefined;
  /** Libraries that something of Python asks for, and that are not in it. */
  readonly missing: readonly string[];
}

const PORT = 8080;
const SCORER_FOLDER = "app/scorer";
/** In the image, without the first "/". */
export const MODEL_FOLDER = "app/model";

/** Left in a model's folder by a download and by a verification: not the model, and other in every folder. */
const NOT_OF_THE_MODEL = new Set(["registered_model_meta", "esteira_parity.json"]);

/** Adds the image to a layout, without a name. */
export async function buildScorerImage(layout: Layout, options: ScorerImageOptions): Promise<ScorerImage> {
  const { facts } = options.model;
  const base = await baseLayers(options);
  const python = await pythonPart(options, base.machineFiles);
  const scorer = await packLayer(await folderEntries(options.scorer, SCORER_FOLDER), {
    cache: options.cache,
    compression: "portable",
    title: `Esteira ${options.version}, what scores`,
  });
  const model = await packLayer(await modelEntries(options.model), {
    cache: options.cache,
    compression: "portable",
    title: `${facts.name} version ${facts.version}, sha256:${facts.digest}`,
  });
  const image: Image = {
    platform: base.platform,
    layers: [...base.layers, ...python.layers, scorer, model],
    env: { ...base.env, ...python.env, NODE_ENV: "production" },
    entrypoint: [base.node, `/${SCORER_FOLDER}/scorer.js`],
    command: ["serve"],
    workingFolder: "/",
    ...(options.variant === "sagemaker" ? {} : { user: `${NOBODY}:${NOBODY}` }),
    ports: [PORT],
    labels: labelsOf(options, base.baseDigest),
    createdAt: options.createdAt,
  };
  const { baseDigest, nodeVersion } = base;
  const isOfThisMachine = options.base.kind === "machine" && options.base.root === undefined;
  const written = await writeImage(layout, image);
  return {
    ...{ ...written, layers: image.layers, baseDigest, nodeVersion, isOfThisMachine },
    ...{ machineFiles: [...base.machineFiles, ...python.libraries], python: options.python, missing: python.missing },
  };
}

interface PythonPart extends Pick<PythonLayers, "libraries" | "missing"> {
  readonly layers: readonly ImageLayer[];
  readonly env: Readonly<Record<string, string>>;
}

/** Above Node and below what scores: it changes less often. */
async function pythonPart(
  { python, platform, cache }: ScorerImageOptions,
  below: readonly MachineFile[],
): Promise<PythonPart> {
  if (python === undefined) return { layers: [], env: {}, libraries: [], missing: [] };
  const made = await pythonLayers(python, platform, new Set(below.map(({ path }) => path)));
  const pack = (entries: readonly TarEntry[], title: string) =>
    packLayer(entries, { cache, compression: "native", title });
  return {
    layers: [
      await pack(made.runtime, `Python ${python.facts.version} and the libraries that it loads`),
      await pack(made.packages, `${python.distributions.length} Python packages`),
    ],
    ...{ env: pythonEnv(python), libraries: made.libraries, missing: made.missing },
  };
}

interface BaseLayers {
  readonly platform: Platform;
  readonly layers: readonly ImageLayer[];
  readonly env: Readonly<Record<string, string>>;
  readonly node: string;
  readonly baseDigest: string | undefined;
  readonly machineFiles: readonly MachineFile[];
  readonly nodeVersion: string | undefined;
}

async function baseLayers({ platform, base, cache }: ScorerImageOptions): Promise<BaseLayers> {
  if (base.kind === "layout") {
    const { layers, env, platform: own, digest } = await layoutBase(base.layout, base.name, platform);
    return {
      platform: own,
      layers,
      env,
      node: base.node,
      baseDigest: digest,
      machineFiles: [],
      nodeVersion: undefined,
    };
  }
  const { folders, files, nodeVersion, env } = await machineBase(
    `${platform.os}/${platform.architecture}`,
    cache,
    base.root,
  );
  const title = `Node.js ${nodeVersion} and the libraries that it loads`;
  return {
    platform,
    layers: [await packLayer([...folders, ...files], { cache, compression: "native", title })],
    env,
    node: NODE_PATH,
    baseDigest: undefined,
    machineFiles: files,
    nodeVersion,
  };
}

function labelsOf(
  { model: { facts }, variant, version, platform }: ScorerImageOptions,
  baseDigest: string | undefined,
): Readonly<Record<string, string>> {
  const all: Readonly<Record<string, string | undefined>> = {
    "org.opencontainers.image.title": facts.name,
    "org.opencontainers.image.version": facts.version,
    "org.opencontainers.image.revision": facts.commit,
    "org.opencontainers.image.base.digest": baseDigest,
    "dev.esteira.version": version,
    "dev.esteira.platform": `${platform.os}/${platform.architecture}`,
    "dev.esteira.model.name": facts.name,
    "dev.esteira.model.version": facts.version,
    "dev.esteira.model.digest": `sha256:${facts.digest}`,
    "dev.esteira.model.run": facts.runId,
    "com.amazonaws.sagemaker.capabilities.accept-bind-to-port": variant === "sagemaker" ? "true" : undefined,
  };
  return Object.fromEntries(
    Object.entries(all).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

async function modelEntries({ folder, facts }: ScorerImageOptions["model"]): Promise<readonly TarEntry[]> {
  const entries = await folderEntries(folder, MODEL_FOLDER, NOT_OF_THE_MODEL);
  if (!entries.some(({ path }) => path === `${MODEL_FOLDER}/MLmodel`))
    throw invalid(`'${folder}' is no model folder: it has no file MLmodel.`);
  // As MLflow says of a download whose it is: the container tells its callers.
  const meta = Buffer.from(
    `model_name: ${JSON.stringify(facts.name)}\nmodel_version: ${JSON.stringify(facts.version)}\n`,
  );
  return [
    ...entries,
    { kind: "file", path: `${MODEL_FOLDER}/registered_model_meta`, mode: 0o644, size: meta.length, content: meta },
  ];
}

/** The files below a folder as they are in an image, readable for everybody, with the folders above them. */
async function folderEntries(
  folder: string,
  target: string,
  without: ReadonlySet<string> = new Set(),
): Promise<readonly TarEntry[]> {
  const files: FileEntry[] = [];
  const folders: TarEntry[] = [];
  const walk = async (from: string, to: string): Promise<void> => {
    folders.push({ kind: "folder", path: to, mode: 0o755 });
    for (const entry of await readdir(from, { withFileTypes: true })) {
      const [path, name] = [join(from, entry.name), `${to}/${entry.name}`];
      if (entry.isDirectory()) await walk(path, name);
      else if (!entry.isFile()) throw invalid(`'${path}' is neither a file nor a folder, so it is not packed.`);
      else if (from !== folder || !without.has(entry.name))
        files.push({ kind: "file", path: name, mode: 0o644, size: (await stat(path)).size, content: path });
    }
  };
  await walk(folder, target);
  return [...foldersAbove([target]), ...folders, ...files];
}
