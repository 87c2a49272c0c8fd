import type { Run } from "@esteira/core/entities/run";
import { tagValue } from "@esteira/core/entities/tag";
import { z } from "zod";
import { gitCommitOf, sourceOf } from "../runs/run-values.ts";

/** The artifact with the changes that were not committed when a run began. */
export const CHANGES_FILE = "uncommitted.diff";
/** Files that say what a run ran in; the names are what `esteira run`, the SDK and MLflow's models write. */
export const ENVIRONMENT_FILES = [
  "environment.json",
  "packages.txt",
  "requirements.txt",
  "model/requirements.txt",
] as const;

export const CODE_KEYS = ["source", "commit", "branch", "repository", "changes"] as const;
export type CodeKey = (typeof CODE_KEYS)[number];

/** Which code a run ran, as far as it says. */
export function codeOf(run: Run): ReadonlyMap<CodeKey, string> {
  const tag = (key: string) => tagValue(run.data.tags, key);
  const digest = tag("esteira.git.diff.sha256");
  const dirty = tag("esteira.git.dirty");
  const entries: readonly (readonly [CodeKey, string | undefined])[] = [
    ["source", sourceOf(run)],
    ["commit", gitCommitOf(run)],
    ["branch", tag("mlflow.source.git.branch")],
    ["repository", tag("mlflow.source.git.repoURL")],
    ["changes", digest ?? (dirty === undefined ? undefined : dirty === "true" ? "?" : "–")],
  ];
  return new Map(entries.flatMap(([key, value]) => (value ? [[key, value] as const] : [])));
}

/** Datasets of a run by name and what they were used for: their digests. Several of one name stand beside each other. */
export function dataOf(run: Run): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const { dataset, tags } of run.inputs.datasets) {
    const use = tagValue(tags, "mlflow.data.context");
    const name = use ? `${dataset.name} (${use})` : dataset.name;
    const before = found.get(name);
    found.set(name, before === undefined ? dataset.digest : `${before}, ${dataset.digest}`);
  }
  return found;
}

const TAGS: Readonly<Record<string, string>> = {
  "esteira.node": "node",
  "esteira.python": "python",
  "esteira.os": "os",
  "esteira.lockfile.sha256": "lockfile.sha256",
  "esteira.environment.sha256": "requirements.sha256",
  "mlflow.project.env": "manager",
};

const object = z.record(z.string(), z.unknown());

/** Leaves of an object by their paths, without those of git: they are the code's. */
function leaves(value: unknown, path: string): readonly (readonly [string, string])[] {
  if (value === null || value === undefined) return [];
  const inner = object.safeParse(value);
  if (!inner.success) return [[path, Array.isArray(value) ? JSON.stringify(value) : String(value)]];
  return Object.entries(inner.data).flatMap(([key, each]) =>
    path === "" && key === "git" ? [] : leaves(each, path === "" ? key : `${path}.${key}`),
  );
}

/** What a run ran in, by name: versions, digests of lockfiles, `package NAME`. `files` are texts of `ENVIRONMENT_FILES`. */
export function environmentOf(run: Run, files: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const [path, text] of files) {
    if (path !== "environment.json") continue;
    for (const [name, value] of leaves(parsed(text), "")) found.set(name, value);
  }
  for (const { key, value } of run.data.tags) {
    const name = Object.hasOwn(TAGS, key) ? TAGS[key] : undefined;
    if (name !== undefined) found.set(name, value);
  }
  const listed =
    files.get("packages.txt") ?? files.get("requirements.txt") ?? files.get("model/requirements.txt") ?? "";
  for (const line of listed.split("\n")) {
    const [, name, version] = /^\s*([\w.@/-]+)\s*(?:\[[^\]]*\])?\s*==\s*([^\s;#]+)/.exec(line) ?? [];
    if (name !== undefined && version !== undefined) found.set(`package ${name}`, version);
  }
  return found;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Where two commits of one repository are shown beside each other; undefined where no known host has it. */
export function comparisonUrl(
  repository: string | undefined,
  from: string | undefined,
  to: string | undefined,
): string | undefined {
  const [, host, path] =
    /^(?:https:\/\/|git@|ssh:\/\/git@)(github\.com|gitlab\.com)[/:]([\w.-]+(?:\/[\w.-]+)+)$/.exec(
      (repository ?? "").replace(/\/$/, "").replace(/\.git$/, ""),
    ) ?? [];
  const isCommit = (text: string | undefined) => /^[0-9a-f]{7,64}$/.test(text ?? "");
  if (host === undefined || !isCommit(from) || !isCommit(to) || from === to) return undefined;
  return `https://${host}/${path}/${host === "gitlab.com" ? "-/" : ""}compare/${from}...${to}`;
}
