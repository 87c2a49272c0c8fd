import { realpath } from "node:fs/promises";
import { relative } from "node:path";
import { tryGit } from "./git.ts";

/** The git work tree around a folder. */
export interface Repository {
  readonly root: string;
  /** The folder's path in it; empty for the root itself. */
  readonly inside: string;
  /** Undefined where there is none yet, or where the folder is ignored: then the commit says nothing about it. */
  readonly commit: string | undefined;
  /** The address of the first remote that the repository names, without a user or password in it. */
  readonly remote: string | undefined;
}

/** Undefined for a folder in no repository, and where there is no git. */
export async function describeRepository(folder: string): Promise<Repository | undefined> {
  const root = await tryGit(folder, "rev-parse", "--show-toplevel");
  if (root === undefined) return undefined;
  const [commit, ignored, remotes] = await Promise.all([
    tryGit(folder, "rev-parse", "--verify", "HEAD"),
    tryGit(folder, "check-ignore", "--quiet", folder).then((answer) => answer !== undefined),
    tryGit(folder, "config", "--get-regexp", "^remote\\..*\\.url$"),
  ]);
  const [remote] = remotes?.split("\n") ?? [];
  return {
    root,
    inside: relative(root, await realpath(folder)),
    commit: ignored ? undefined : commit,
    remote: remote === undefined ? undefined : withoutCredentials(remote.slice(remote.indexOf(" ") + 1)),
  };
}

/** An address as it may be shown: `https://user:token@host/x` without the user and token. */
export function withoutCredentials(address: string): string {
  const [, scheme, host, path] = /^([a-z][a-z0-9+.-]*:\/\/)[^/]*@([^/]*)(.*)$/is.exec(address) ?? [];
  return scheme === undefined ? address : `${scheme}${host}${path}`;
}
