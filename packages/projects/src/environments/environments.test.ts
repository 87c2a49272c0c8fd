import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeEach, describe, expect, it } from "vitest";
import { chooseManager } from "./choose-manager.ts";
import type { PreparedEnvironment, PrepareOptions } from "./environment.ts";
import { prepareEnvironment } from "./prepare.ts";
import { readPythonEnv } from "./python-env.ts";

const folders: string[] = [];
let folder: string;
let notes: string[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "esteira-environment-"));
  folders.push(folder);
  notes = [];
});
afterAll(() => Promise.all(folders.map((one) => rm(one, { recursive: true, force: true }))));

const options = (cache = join(folder, "cache")): PrepareOptions => ({
  env: { ...process.env, XDG_CACHE_HOME: cache },
  note: (line) => void notes.push(line),
  signal: new AbortController().signal,
});
const write = (name: string, text: string) => writeFile(join(folder, name), text);
const python = { kind: "python", file: "python_env.yaml" } as const;
const conda = { kind: "conda", file: "conda.yaml" } as const;
const node = (lockfile?: string, version?: string) => ({ kind: "node", version, lockfile }) as const;
const docker = { kind: "docker", image: "a", volumes: [], variables: [] } as const;

describe("what makes an environment", () => {
  it.each([
    [{ kind: "none" }, undefined, "local"],
    [python, undefined, "virtualenv"],
    [python, "uv", "uv"],
    [conda, "virtualenv", "virtualenv"],
    [node(), undefined, "node"],
    [node(), "local", "local"],
  ] as const)("of %j, asked for %s, is %s", (declared, asked, expected) => {
    expect(chooseManager(declared, asked)).toBe(expected);
  });

  it.each([
    [
      python,
      "virtualen",
      "'virtualen' is no environment manager: expected local, virtualenv, uv, conda, node; did you mean 'virtualenv'?",
    ],
    [docker, "local", "docker_env"],
    [conda, undefined, "Environments of conda are not made here"],
    [python, "conda", "The project declares a python_env"],
    [python, "node", "declares no node_env"],
    [node(), "uv", "declares a node_env"],
  ] as const)("is refused for %j, asked for %s", (declared, asked, expected) => {
    expect(() => chooseManager(declared, asked)).toThrow(expected);
  });
});

describe("a file that declares Python", () => {
  it("lists the version and what pip installs", async () => {
    await write(
      "python_env.yaml",
      'python: "3.11"\nbuild_dependencies: [pip==24.0]\ndependencies:\n  - -r requirements.txt\n',
    );
    expect(await readPythonEnv(folder, python)).toMatchObject({
      python: "3.11",
      requirements: ["pip==24.0", "-r requirements.txt"],
    });
    await write(
      "conda.yaml",
      "dependencies:\n  - python=3.10.2\n  - numpy=1\n  - pip: [mlflow, 'pandas>2']\n  - pip<=25\n",
    );
    expect(await readPythonEnv(folder, conda)).toEqual({
      python: "3.10.2",
      requirements: ["pip<=25", "mlflow", "pandas>2"],
      notes: [`${folder}/conda.yaml:3:5: 'numpy=1' is a package of conda, and is left out`],
    });
  });

  it.each([
    ["python: 3.10", ":1:9: python is the number 3.1 to YAML: write the version in quotes"],
    ["python: '>=3'", ":1:9: python is '>=3': expected a version"],
    ["dependencies: numpy", ":1:15: expected a list of requirements"],
    ["dependancies: []", "the file has no key 'dependancies'; did you mean 'dependencies'?"],
  ])("is refused with its place: %s", async (text, expected) => {
    await write("python_env.yaml", text);
    await expect(readPythonEnv(folder, python)).rejects.toThrow(expected);
  });
});

const hasPython = (() => {
  try {
    execFileSync("python3", ["-c", "import venv, ensurepip"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

const hasUv = (() => {
  try {
    execFileSync("uv", ["--version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
})();

/** Python's venv puts a pip into each environment, which takes a busy machine its time. */
const SLOW_MS = 600_000;

const WHEEL = `import sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w") as wheel:
    wheel.writestr("pix_words.py", "word = 'chave'")
    wheel.writestr("pix_words-1.0.dist-info/METADATA", "Metadata-Version: 2.1\\nName: pix-words\\nVersion: 1.0\\n")
    wheel.writestr("pix_words-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\\nGenerator: a test\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
    wheel.writestr("pix_words-1.0.dist-info/RECORD", "")
`;

describe.skipIf(!hasPython)("a virtual environment (skipped without python3 and its venv)", () => {
  const wheel = "pix_words-1.0-py3-none-any.whl";
  const word = ({ path }: PreparedEnvironment): string =>
    execFileSync(join(path[0] ?? "", "python"), ["-c", "import pix_words; print(pix_words.word)"], {
      encoding: "utf8",
    }).trim();
  const prepare = (manager: "virtualenv" | "uv" = "virtualenv") =>
    prepareEnvironment(folder, python, manager, options());

  it.skipIf(!hasUv).each(["uv"] as const)("is made once by %s too (skipped without uv)", isMadeOnce, SLOW_MS);
  it.each(["virtualenv"] as const)("is made once by %s, with what the project's files name", isMadeOnce, SLOW_MS);

  async function isMadeOnce(manager: "virtualenv" | "uv"): Promise<void> {
    execFileSync("python3", ["-c", WHEEL, join(folder, wheel)]);
    await write("python_env.yaml", "dependencies:\n  - -r requirements.txt\n");
    await write("requirements.txt", `--no-index\n--find-links ${folder}\npix-words==1.0\n`);
    const [first, beside] = await Promise.all([prepare(manager), prepare(manager)]);
    expect([word(first), word(beside)]).toEqual(["chave", "chave"]);
    expect(first.path).toEqual(beside.path);
    expect(first.tags).toMatchObject({
      "mlflow.project.env": manager,
      "esteira.environment.sha256": expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    notes = [];
    expect(await prepare(manager)).toEqual(first);
    expect(notes, "nothing is made again").toEqual([]);
  }

  it(
    "that cannot be made leaves nothing, and says why",
    async () => {
      await write("python_env.yaml", "dependencies: ['--no-index', 'no-such-package==9']\n");
      await expect(prepare()).rejects.toThrow(
        /could not be made: .*-m pip install failed: it ended with code 1: .*no-such-package/,
      );
      expect(await readdir(join(folder, "cache/esteira/environments"))).toEqual([]);
      await write("python_env.yaml", "dependencies: ['-r missing.txt']\n");
      await expect(prepare()).rejects.toThrow("refers to");
      await write("python_env.yaml", "python: '2.1'\n");
      await expect(prepare()).rejects.toThrow("There is no Python 2.1 here");
    },
    SLOW_MS,
  );
});

describe("Node", () => {
  const prepare = (lockfile?: string, version?: string) =>
    prepareEnvironment(folder, node(lockfile, version), "node", options());
  const lock = (version: string) =>
    JSON.stringify({
      name: "p",
      lockfileVersion: 3,
      packages: { "": {}, "node_modules/a": { version }, "node_modules/b": { version, optional: true } },
    });

  it("is the one that runs, when the project asks for it", async () => {
    const [major] = process.versions.node.split(".");
    expect((await prepare(undefined, major)).tags).toEqual({
      "mlflow.project.env": "node",
      "esteira.node": process.version,
    });
    await expect(prepare(undefined, "1")).rejects.toThrow("The project asks for Node 1, and this is Node");
  });

  it("has the packages of the lockfile, or the project does not run", async () => {
    await mkdir(join(folder, "node_modules"));
    await write("package-lock.json", lock("1.0.0"));
    await expect(prepare("package-lock.json")).rejects.toThrow("(a differs): run npm ci in");
    await write(
      "node_modules/.package-lock.json",
      JSON.stringify({ packages: { "node_modules/a": { version: "1.0.0" } } }),
    );
    expect((await prepare("package-lock.json")).tags["esteira.lockfile.sha256"]).toMatch(/^[0-9a-f]{64}$/);
    await write("package-lock.json", lock("1.0.1"));
    await expect(prepare("package-lock.json")).rejects.toThrow("(a differs)");
    await write("package-lock.json", "{}");
    await expect(prepare("package-lock.json")).rejects.toThrow("is no lockfile of npm");
  });

  it("is left as it is where that is asked for, with the lockfile's name", async () => {
    await write("package-lock.json", lock("1.0.0"));
    const prepared = await prepareEnvironment(folder, node("package-lock.json"), "local", options());
    expect(prepared).toEqual({
      ...{ path: [], variables: {}, asItIs: true },
      tags: { "esteira.lockfile.sha256": createHash("sha256").update(lock("1.0.0")).digest("hex") },
    });
  });

  it("installs the packages where there are none", async () => {
    await write("package.json", JSON.stringify({ name: "p", version: "1.0.0" }));
    await write(
      "package-lock.json",
      JSON.stringify({
        name: "p",
        version: "1.0.0",
        lockfileVersion: 3,
        packages: { "": { name: "p", version: "1.0.0" } },
      }),
    );
    await prepare("package-lock.json");
    expect(notes.join("\n")).toContain("Installing the packages of");
    await mkdir(join(folder, "cache"), { recursive: true });
    expect(existsSync(join(folder, "package-lock.json"))).toBe(true);
  });
});
