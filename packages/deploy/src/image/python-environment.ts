/**
 * What a model needs of Python, as folders that go into an image: an interpreter of this machine with its standard library, and the
 * packages that the model asks for, installed by pip from wheels. They are kept by what they were made of: the same again is not installed again.
 */

import { execFile } from "node:child_process";
import { createHash, randomUUID } from "node:crypto";
import { cp, mkdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { promisify } from "node:util";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";

/** Where they are in an image. */
export const PYTHON_FOLDER = "opt/python";
export const PACKAGES_FOLDER = "app/python";

const factsWire = z.object({
  /** `3.11.7` */
  version: z.string(),
  /** The program itself, not a virtual environment's link to it. */
  executable: z.string(),
  standardLibrary: z.string(),
  soname: z.string(),
});
export type PythonFacts = z.output<typeof factsWire>;

const distributionWire = z.object({
  name: z.string(),
  version: z.string(),
  /** Of the wheel, 64 hexadecimal digits. */
  sha256: z.string().optional(),
});
export type Distribution = z.output<typeof distributionWire>;

export interface PythonEnvironment {
  readonly facts: PythonFacts;
  /** Has `python` and `packages`. */
  readonly folder: string;
  readonly distributions: readonly Distribution[];
}

const ASK = `
import json, os, sys, sysconfig
base = getattr(sys, "_base_executable", sys.executable)
print(json.dumps({"version": "%d.%d.%d" % sys.version_info[:3], "executable": os.path.realpath(base),
  "standardLibrary": os.path.realpath(sysconfig.get_path("stdlib")), "soname": sysconfig.get_config_var("INSTSONAME") or ""}))
`;

/** Of the standard library: what tests itself, draws windows, or installs. */
const LEFT_OUT = new Set(
  "test tests idlelib tkinter turtledemo ensurepip lib2to3 site-packages dist-packages __pycache__".split(" "),
);

export interface PythonRequest {
  /** How the interpreter is started. */
  readonly python: string;
  /** Lines as pip reads them. */
  readonly requirements: readonly string[];
  readonly cache: string;
  readonly note: (line: string) => void;
}

/** @throws EsteiraError INVALID_PARAMETER_VALUE without such an interpreter, INVALID_STATE with pip's own words where it cannot install. */
export async function pythonEnvironment({
  python,
  requirements,
  cache,
  note,
}: PythonRequest): Promise<PythonEnvironment> {
  const facts = await askPython(python);
  const stamp = await stat(facts.executable);
  const key = createHash("sha256")
    .update(JSON.stringify([1, process.arch, facts, stamp.size, stamp.mtimeMs, requirements]))
    .digest("hex");
  const folder = join(cache, key.slice(0, 32));
  const known = await readReport(folder);
  if (known !== undefined) return { facts, folder, distributions: known };
  note(`Installing ${requirements.join(", ")} for Python ${facts.version} ...`);
  await mkdir(cache, { recursive: true });
  const fresh = join(cache, `.incoming-${randomUUID()}`);
  try {
    await mkdir(fresh);
    await install(python, requirements, fresh);
    await copyPython(facts, join(fresh, "python"));
    await compile(python, join(fresh, "packages"), PACKAGES_FOLDER);
    await compile(python, join(fresh, "python", "lib"), `${PYTHON_FOLDER}/lib`);
    await writeFile(join(fresh, "distributions.json"), JSON.stringify(await installed(join(fresh, "report.json"))));
    // Another build may have been faster, with the same.
    await rename(fresh, folder).catch(() => {});
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
  const distributions = await readReport(folder);
  if (distributions === undefined)
    throw new EsteiraError("INVALID_STATE", `What pip has installed is not in ${folder}.`);
  return { facts, folder, distributions };
}

const run = promisify(execFile);
const QUIET = { PIP_DISABLE_PIP_VERSION_CHECK: "1", PIP_NO_INPUT: "1", PYTHONHASHSEED: "0" };

async function askPython(python: string): Promise<PythonFacts> {
  try {
    const { stdout } = await run(python, ["-I", "-c", ASK]);
    return factsWire.parse(JSON.parse(stdout));
  } catch (error) {
    const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
    throw invalid(`'${python}' is no Python that an image could have: ${why}.`);
  }
}

/** From wheels alone: what must be built would be other bytes each time, and may run anything. */
async function install(python: string, requirements: readonly string[], folder: string): Promise<void> {
  const list = join(folder, "requirements.txt");
  await writeFile(list, `${requirements.join("\n")}\n`);
  const how = ["--only-binary", ":all:", "--no-compile", "--no-warn-script-location", "--quiet"];
  const args = ["-m", "pip", "install", "--target", join(folder, "packages"), ...how];
  try {
    await run(python, [...args, "--report", join(folder, "report.json"), "-r", list], {
      env: { ...process.env, ...QUIET },
      maxBuffer: 1 << 26,
    });
  } catch (error) {
    const said = error instanceof Error && "stderr" in error ? String(error.stderr).trim() : String(error);
    throw new EsteiraError("INVALID_STATE", `pip cannot install what the model asks for: ${said.slice(-1000)}`);
  }
  // Programs that start with the path of this machine's Python.
  await rm(join(folder, "packages", "bin"), { recursive: true, force: true });
}

async function copyPython({ executable, standardLibrary }: PythonFacts, to: string): Promise<void> {
  await mkdir(join(to, "bin"), { recursive: true });
  await cp(executable, join(to, "bin", "python3"), { dereference: true });
  await cp(standardLibrary, join(to, "lib", basename(standardLibrary)), {
    recursive: true,
    dereference: true,
    filter: (path) => !LEFT_OUT.has(basename(path)) && !/^config-\d|\.a$/.test(basename(path)),
  });
}

/** What an image cannot write when it first runs; without times, and with the paths that the files have there. */
async function compile(python: string, folder: string, target: string): Promise<void> {
  const args = ["-I", "-m", "compileall", "-q", "-q", "--invalidation-mode", "unchecked-hash", "-s", folder];
  // Some packages hold files for other Pythons, which do not compile: they are read by nobody.
  await run(python, [...args, "-p", `/${target}`, folder], {
    env: { ...process.env, ...QUIET },
    maxBuffer: 1 << 26,
  }).catch((error: unknown) => {
    if (!(error instanceof Error && "code" in error && error.code === 1)) throw error;
  });
}

const reportWire = z.object({
  install: z.array(
    z.object({
      metadata: z.object({ name: z.string(), version: z.string() }),
      download_info: z.object({
        archive_info: z.object({ hashes: z.object({ sha256: z.string().optional() }).optional() }).optional(),
      }),
    }),
  ),
});

async function installed(report: string): Promise<readonly Distribution[]> {
  const { install: all } = reportWire.parse(JSON.parse(await readFile(report, "utf8")));
  return all
    .map(({ metadata: { name, version }, download_info }) => {
      const sha256 = download_info.archive_info?.hashes?.sha256;
      return { name, version, ...(sha256 === undefined ? {} : { sha256 }) };
    })
    .sort((one, other) => (one.name.toLowerCase() < other.name.toLowerCase() ? -1 : 1));
}

async function readReport(folder: string): Promise<readonly Distribution[] | undefined> {
  const text = await readFile(join(folder, "distributions.json"), "utf8").catch(() => undefined);
  return text === undefined ? undefined : z.array(distributionWire).parse(JSON.parse(text));
}
