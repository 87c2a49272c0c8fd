import { createHash, randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { notFound } from "@esteira/core/errors";
import type { DeclaredEnvironment } from "../mlproject/project.ts";
import type { PreparedEnvironment, PrepareOptions } from "./environment.ts";
import { findPython } from "./find-python.ts";
import { readPythonEnv } from "./python-env.ts";
import { runStep } from "./run-step.ts";

const DIGEST = "esteira-digest";

/**
 * A virtual environment as the project declares it, by Python's venv and pip or by uv. It is kept below the user's cache, by its
 * content, and made once.
 *
 * @throws EsteiraError when a file, Python or a package is not to be had.
 */
export async function prepareVirtualenv(
  folder: string,
  declared: DeclaredEnvironment,
  manager: "virtualenv" | "uv",
  options: PrepareOptions,
): Promise<PreparedEnvironment> {
  const spec = await readPythonEnv(folder, declared);
  for (const note of spec.notes) options.note(note);
  const python = manager === "virtualenv" ? await findPython(spec.python, options.env) : undefined;
  const files = await filesOf(folder, spec.requirements);
  // A package of the project's own is installed anew each time: its files are not in the digest.
  const isLocal = [...spec.requirements, ...files.values()].some((text) =>
    /^(?:\.|-e|--editable|\/|file:)/m.test(text),
  );
  const digest = createHash("sha256")
    .update(JSON.stringify([manager, python?.version ?? spec.python, spec.requirements, [...files], isLocal && folder]))
    .digest("hex");
  const home = join(cacheOf(options.env), `python-${digest.slice(0, 40)}`);
  if (!existsSync(join(home, DIGEST))) await build();
  else if (isLocal) await install(home);

  async function build(): Promise<void> {
    // Made under a name of its own and then linked: who comes in between makes another, and the first one stays.
    const made = `${home}-${randomUUID()}`;
    await mkdir(dirname(home), { recursive: true });
    try {
      options.note(`Making the environment ${home}`);
      if (python === undefined)
        await runStep(
          "uv",
          ["venv", ...(spec.python === undefined ? [] : [`--python=${spec.python}`]), made],
          folder,
          options,
        );
      else await runStep(python.program, ["-m", "venv", made], folder, options);
      await install(made);
      await writeFile(join(made, DIGEST), digest);
      await symlink(made, home);
    } catch (error) {
      await rm(made, { recursive: true, force: true });
      if (!(error instanceof Error && "code" in error && error.code === "EEXIST")) throw error;
    }
  }

  async function install(into: string): Promise<void> {
    if (spec.requirements.length === 0) return;
    const program = join(into, "bin", "python");
    const args = spec.requirements.flatMap(argumentsOf);
    if (python === undefined) await runStep("uv", ["pip", "install", "--python", program, ...args], folder, options);
    else await runStep(program, ["-m", "pip", "install", "--disable-pip-version-check", ...args], folder, options);
  }

  return {
    path: [join(home, "bin")],
    variables: { VIRTUAL_ENV: home },
    tags: {
      "mlflow.project.env": manager,
      "esteira.environment.sha256": digest,
      ...(python === undefined ? {} : { "esteira.python": python.version }),
    },
  };
}

const cacheOf = (env: PrepareOptions["env"]): string =>
  join(env.XDG_CACHE_HOME ?? join(env.HOME ?? homedir(), ".cache"), "esteira", "environments");

/** A line of a requirements file as arguments of pip: an option and its value are two. */
function argumentsOf(requirement: string): string[] {
  const line = requirement.replace(/(^|\s)#.*$/, "").trim();
  const [, option, value] = /^(--?[a-z][\w-]*)[\s=]+(.+)$/i.exec(line) ?? [];
  if (option !== undefined && value !== undefined) return [option, value];
  return line === "" ? [] : [line];
}

/** The requirements files that the lines refer to, with their text, and those that these refer to. */
async function filesOf(folder: string, lines: readonly string[], found = new Map<string, string>(), root = folder) {
  for (const line of lines) {
    const name = /^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)/.exec(line)?.[1];
    if (name === undefined || /^https?:/.test(name)) continue;
    const file = resolve(folder, name);
    const key = file.startsWith(`${root}/`) ? file.slice(root.length + 1) : file;
    if (found.has(key)) continue;
    const text = await readFile(file, "utf8").catch(() => {
      throw notFound(`The project's environment refers to ${file}, and there is no such file.`);
    });
    found.set(key, text);
    await filesOf(dirname(file), text.split("\n"), found, root);
  }
  return found;
}
