import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readFile, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { fetchProject } from "./fetch-project.ts";
import { parseProjectUri } from "./project-uri.ts";
import { withoutCredentials } from "./repository.ts";

let home: string;
let repository: string;
const commits: Record<string, string> = {};

const git = (...args: string[]): string =>
  execFileSync("git", ["-c", "user.name=Ana", "-c", "user.email=ana@example.com", ...args], {
    cwd: repository,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  }).trim();

beforeAll(async () => {
  home = await realpath(await mkdtemp(join(tmpdir(), "esteira-source-")));
  repository = join(home, "repository");
  await mkdir(join(repository, "inner"), { recursive: true });
  git("init", "--quiet", "--initial-branch=main");
  for (const name of ["first", "second"]) {
    await writeFile(join(repository, "inner", "text"), name);
    git("add", "--all");
    git("commit", "--quiet", "--message", name);
    commits[name] = git("rev-parse", "HEAD");
    if (name === "first") git("tag", "v1");
  }
  git("checkout", "--quiet", "-b", "work", "v1");
  git("checkout", "--quiet", "main");
});
afterAll(() => rm(home, { recursive: true, force: true }));

const fetched = async (uri: string, version?: string) => {
  const project = await fetchProject(uri, { cwd: home, version });
  const text = await readFile(join(project.folder, project.folder.endsWith("inner") ? "text" : "inner/text"), "utf8");
  await project.remove();
  return { ...project, text };
};

describe("a folder", () => {
  it("is used where it is, and named by its repository", async () => {
    expect(await fetched("repository")).toMatchObject({
      folder: repository,
      sourceName: `file://${repository}`,
      branch: undefined,
      repository: { commit: commits.second, remote: undefined, inside: "" },
      text: "second",
    });
    expect(await fetched(join(repository, "inner"))).toMatchObject({ sourceName: `file://${repository}#inner` });
    expect(await fetched(`file://${repository}#inner`)).toMatchObject({ sourceName: `${repository}#inner` });
    expect(existsSync(repository)).toBe(true);
  });

  it("of another version is a copy: nobody's checkout changes", async () => {
    for (const version of ["v1", commits.first, commits.first?.slice(0, 8)]) {
      const project = await fetched("repository", version);
      expect(project).toMatchObject({
        text: "first",
        branch: undefined,
        repository: { commit: commits.first, remote: repository },
      });
      expect(project.folder).not.toBe(repository);
      expect(existsSync(project.folder)).toBe(false);
    }
    expect(await fetched("repository#inner", "work")).toMatchObject({ text: "first", branch: "work" });
    expect(git("rev-parse", "--abbrev-ref", "HEAD")).toBe("main");
    expect(git("remote")).toBe("");
  });

  it("is named with the address that its repository came from, without a password", async () => {
    git("remote", "add", "origin", "https://ana:secret@example.com/a.git");
    const { repository: found } = await fetched("repository", "main");
    git("remote", "remove", "origin");
    expect(found?.remote).toBe("https://example.com/a.git");
  });

  it("that git ignores has no commit", async () => {
    await mkdir(join(repository, "ignored/inner"), { recursive: true });
    await writeFile(join(repository, "ignored/inner/text"), "");
    await writeFile(join(repository, ".git/info/exclude"), "ignored\n");
    expect((await fetched("repository/ignored")).repository?.commit).toBeUndefined();
  });
});

describe("is refused with a sentence:", () => {
  it.each([
    ["nowhere", undefined, "There is no folder 'nowhere', and it is no address of a git repository"],
    ["file:///nowhere", undefined, "There is no folder /nowhere"],
    ["repository#other", undefined, "There is no folder 'other' in the project"],
    ["repository#../x", undefined, "leads out of the project"],
    ["repository", "v2", "has no version 'v2'"],
    ["repository", "0123abcd", "has no version '0123abcd'"],
    ["repository", "--upload-pack=touch x", "is no branch, tag or commit"],
    ["ext::sh -c touch% x", undefined, "it is no address of a git repository"],
    ["--upload-pack=touch x", undefined, "it is no address of a git repository"],
    ["a.zip", undefined, "is a zip file"],
    [".", "main", "is in no git repository"],
    ["ssh://", undefined, "There is no folder 'ssh://'"],
  ])("%s, version %s", async (uri, version, expected) => {
    await expect(fetchProject(uri, { cwd: home, version })).rejects.toThrow(expected);
  });
});

it("knows git's addresses", () => {
  const addresses = ["https://example.com/a/b", "git@example.com:a/b.git", "ssh://git@example.com/a"];
  for (const address of addresses)
    expect(parseProjectUri(`${address}#x/y`, home)).toEqual({ kind: "git", address, inside: "x/y" });
  expect(withoutCredentials("https://u:p@h/x@y")).toBe("https://h/x@y");
  expect(withoutCredentials("git@h:x")).toBe("git@h:x");
});
