import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { git, gitUntil, tryGit } from "./git.ts";
import { type ProjectUri, parseProjectUri } from "./project-uri.ts";
import { describeRepository, type Repository, withoutCredentials } from "./repository.ts";

/** A project's folder, and where it came from. */
export interface FetchedProject {
  readonly folder: string;
  /** As `mlflow.source.name`: `file://ROOT#FOLDER` in a work tree, else the path or address. */
  readonly sourceName: string;
  readonly repository: Repository | undefined;
  /** The branch, where the version that was asked for is one. */
  readonly branch: string | undefined;
  /** Removes what was fetched; of a folder that was there already, nothing. */
  readonly remove: () => Promise<void>;
}

/**
 * Makes a project's files a folder of this machine: a folder is used where it is; of a git repository, and of a work tree with a
 * version, a copy is made, so that nobody's checkout changes.
 *
 * @param version a branch, tag or commit.
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for a folder, repository or version that is not there.
 */
export async function fetchProject(
  uri: string,
  options: {
    readonly cwd: string;
    readonly version?: string | undefined;
    readonly note?: (line: string) => void;
    /** Ends what is being fetched. */
    readonly signal?: AbortSignal | undefined;
  },
): Promise<FetchedProject> {
  const { version, signal } = options;
  if (version !== undefined && !/^[^-\s][^\s]*$/.test(version))
    throw invalid(`The version '${version}' is no branch, tag or commit of git.`);
  const parsed = parseProjectUri(uri, options.cwd);
  if (parsed.kind === "folder" && version === undefined) return inPlace(parsed);
  const from = await originOf(parsed, uri);
  const clone = await mkdtemp(join(tmpdir(), "esteira-project-"));
  const remove = () => rm(clone, { recursive: true, force: true });
  try {
    options.note?.(`Fetching ${version ?? "the default branch"} of ${withoutCredentials(from.address)}`);
    if (version === undefined) await cloneDefault(from.address, clone, signal);
    else await checkOut(from.address, version, clone, signal);
    await gitUntil(signal, clone, "submodule", "update", "--init", "--recursive");
    const folder = await folderIn(clone, from.inside, uri);
    const repository = await describeRepository(folder);
    const isBranch = version !== undefined && (await tryGit(clone, "rev-parse", "--verify", `refs/heads/${version}`));
    return {
      folder,
      sourceName: from.sourceName,
      repository: repository && { ...repository, remote: from.remote ?? repository.remote },
      branch: isBranch ? version : undefined,
      remove,
    };
  } catch (error) {
    await remove();
    throw error;
  }
}

async function inPlace({ folder: root, inside }: ProjectUri & { kind: "folder" }): Promise<FetchedProject> {
  const folder = await folderIn(root, inside, root);
  const repository = await describeRepository(folder);
  const sourceName = nameOf(root, inside, repository);
  return { folder, sourceName, repository, branch: undefined, remove: async () => undefined };
}

/** As MLflow names a local project: a folder that was given with `#` by just that. */
function nameOf(root: string, inside: string, repository: Repository | undefined): string {
  if (inside !== "") return `${root}#${inside}`;
  if (repository === undefined) return root;
  return `file://${repository.root}${repository.inside === "" ? "" : `#${repository.inside}`}`;
}

interface Origin {
  readonly address: string;
  readonly inside: string;
  readonly sourceName: string;
  /** Of a work tree: where it came from itself. */
  readonly remote: string | undefined;
}

async function originOf(parsed: ProjectUri, uri: string): Promise<Origin> {
  if (parsed.kind === "git") return { ...parsed, sourceName: withoutCredentials(uri), remote: undefined };
  const folder = await folderIn(parsed.folder, parsed.inside, uri);
  const repository = await describeRepository(folder);
  if (repository === undefined)
    throw invalid(`${folder} is in no git repository: --version is for projects that git keeps.`);
  const { root, inside, remote } = repository;
  return { address: root, inside, sourceName: nameOf(parsed.folder, parsed.inside, repository), remote };
}

async function folderIn(root: string, inside: string, uri: string): Promise<string> {
  const folder = join(root, inside);
  if ((await stat(folder).catch(() => undefined))?.isDirectory()) return folder;
  throw notFound(`There is no folder '${inside}' in the project '${withoutCredentials(uri)}'.`);
}

async function cloneDefault(address: string, folder: string, signal: AbortSignal | undefined): Promise<void> {
  try {
    await gitUntil(signal, folder, "clone", "--quiet", "--depth", "1", "--", address, ".");
  } catch (error) {
    signal?.throwIfAborted();
    throw notFound(`The git repository ${withoutCredentials(address)} cannot be read: ${message(error)}`);
  }
  if ((await tryGit(folder, "rev-parse", "--verify", "HEAD")) === undefined)
    throw notFound(`The git repository ${withoutCredentials(address)} has no commit.`);
}

async function checkOut(
  address: string,
  version: string,
  folder: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  await git(folder, "init", "--quiet");
  await git(folder, "remote", "add", "--", "origin", address);
  try {
    await gitUntil(signal, folder, "fetch", "--quiet", "--depth", "1", "--tags", "origin", version);
  } catch (error) {
    signal?.throwIfAborted();
    // Servers give single commits by their whole name only: a short one is found among all of them.
    const isShort =
      /^[0-9a-f]{4,39}$/.test(version) &&
      (await gitUntil(signal, folder, "fetch", "--quiet", "--tags", "origin").then(
        () => true,
        () => false,
      ));
    signal?.throwIfAborted();
    if (!isShort)
      throw notFound(
        `The git repository ${withoutCredentials(address)} has no version '${version}': ${message(error)}`,
      );
  }
  try {
    await git(folder, "checkout", "--quiet", version, "--");
  } catch (error) {
    throw notFound(`The git repository ${withoutCredentials(address)} has no version '${version}': ${message(error)}`);
  }
}

const message = (error: unknown): string => (error instanceof Error ? error.message : String(error));
