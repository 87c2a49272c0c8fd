import { mkdir, mkdtemp, readdir, rename, rm, stat, writeFile } from "node:fs/promises";
import { join, relative, sep } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { Target } from "@esteira/deploy/target";
import type { Client } from "@esteira/sdk/client";
import { fetchResolved, resolveModel } from "@esteira/sdk/node/model-uri";
import type { Terminal } from "./command.ts";
import { deploymentsRoot } from "./deployments-root.ts";

/** A version of a registered model, by its content. */
export interface HeldVersion {
  readonly name: string;
  readonly version: string;
  /** SHA-256 of its files, 64 hexadecimal digits. */
  readonly digest: string;
}

/** Whether a deployment's model is this version, as it is kept on this machine. */
export const isHeldVersion = (env: Terminal["env"], model: string, name: string, version: string): boolean =>
  model.startsWith(join(rootOf(env), encodeURIComponent(name), `${version}-`));

/** The version, `models:/NAME/VERSION`, whose files on this machine a deployment's model is; undefined for another folder. */
export function heldUri(env: Terminal["env"], model: string): string | undefined {
  const [name, folder, ...more] = relative(rootOf(env), model).split(sep);
  const version = /^(\d+)-[0-9a-f]{16}$/.exec(folder ?? "")?.[1];
  if (name === undefined || version === undefined || more.length > 0) return undefined;
  return `models:/${decodeURIComponent(name)}/${version}`;
}

const DAY_MS = 86_400_000;
const rootOf = (env: Terminal["env"]): string => `${deploymentsRoot(env)}-models`;

/** Where the files of a version are, or would be, kept on this machine. */
export const heldFolder = (env: Terminal["env"], { name, version, digest }: HeldVersion): string =>
  join(rootOf(env), encodeURIComponent(name), `${version}-${digest.slice(0, 16)}`);

/**
 * The version's files on this machine, downloaded when they are not here yet. What serves them needs no server then, nor the token of
 * whoever deployed: that one is over in minutes. Refused (INVALID_STATE) when they are not what the version's digest says.
 *
 * @returns the folder.
 */
export async function holdVersion(
  client: Client,
  env: Terminal["env"],
  name: string,
  version: string,
): Promise<string> {
  const said = await digestOf(client, name, version);
  if (said !== undefined) {
    const folder = heldFolder(env, { name, version, digest: said });
    if (await isFolder(folder)) return folder;
  }
  await mkdir(rootOf(env), { recursive: true, mode: 0o700 });
  const scratch = await mkdtemp(join(rootOf(env), ".download-"));
  try {
    const resolved = await resolveModel(`models:/${name}/${version}`, () => client);
    await fetchResolved(resolved, scratch, () => client);
    const { modelDigest } = await import("@esteira/models/format/digest");
    const digest = (await modelDigest(scratch)).replace(/^sha256:/, "");
    if (said !== undefined && said !== digest) {
      throw new EsteiraError(
        "INVALID_STATE",
        `Version ${version} of ${name} says that its digest is sha256:${said}, and its files have sha256:${digest}: they were changed, so it is not deployed.`,
      );
    }
    // As MLflow says of a download whose it is: a deployment tells its callers.
    const meta = `model_name: ${JSON.stringify(name)}\nmodel_version: ${JSON.stringify(version)}\n`;
    await writeFile(join(scratch, "registered_model_meta"), meta);
    const folder = heldFolder(env, { name, version, digest });
    await mkdir(join(folder, ".."), { recursive: true });
    // Another deployer may have been faster with the very same.
    if (!(await isFolder(folder))) await rename(scratch, folder);
    return folder;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function digestOf(client: Client, name: string, version: string): Promise<string | undefined> {
  const { tags } = await client.modelVersions.get(name, version);
  return tags.find(({ key }) => key === "esteira.model.sha256")?.value.replace(/^sha256:/, "");
}

/** Frees what no deployment serves, nor would go back to; what is of today may be another deployer's, who is at work. */
export async function freeVersions(target: Target, env: Terminal["env"], now: number): Promise<void> {
  const used = new Set(
    (await target.list())
      .flatMap(({ wanted, former }) => [wanted, ...(former === undefined ? [] : [former])])
      .flatMap(({ model, canary, shadow }) => [model, canary?.model, shadow]),
  );
  const root = rootOf(env);
  for (const name of await readdir(root).catch(() => [])) {
    for (const version of await readdir(join(root, name)).catch(() => [])) {
      const folder = join(root, name, version);
      if (used.has(folder) || now - (await stat(folder)).mtimeMs < DAY_MS) continue;
      await rm(folder, { recursive: true, force: true });
    }
  }
}

const isFolder = (path: string): Promise<boolean> =>
  stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
