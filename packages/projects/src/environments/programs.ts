import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";

const run = promisify(execFile);

/** A program that says nothing for so long, says nothing. */
const PATIENCE_MS = 30_000;

type Env = Readonly<Record<string, string | undefined>>;

/** Python's version and all its packages with theirs, as JSON. */
const PYTHON =
  "import json, platform, importlib.metadata as m; print(json.dumps([platform.python_version(), sorted((d.metadata['Name'] or '', d.version) for d in m.distributions())]))";
const python = z.tuple([z.string(), z.array(z.tuple([z.string(), z.string().nullable()]))]);

const ASKED: readonly (readonly [program: string, args: readonly string[]])[] = [
  ["python", ["-c", PYTHON]],
  ["python3", ["-c", PYTHON]],
  ["node", ["--version"]],
  ["Rscript", ["--version"]],
];

/** What the programs that a command names say of themselves; one that is not there says nothing. */
async function askPrograms(command: string, cwd: string, env: Env): Promise<ReadonlyMap<string, string>> {
  const named = ASKED.filter(([program]) => new RegExp(`(?<![\\w./-])${program}(?![\\w-])`).test(command));
  const said = await Promise.all(
    named.map(async ([program, args]): Promise<readonly [string, string]> => {
      const answer = await run(program, [...args], { cwd, env: { ...env }, timeout: PATIENCE_MS }).catch(
        () => undefined,
      );
      return [program, answer === undefined ? "" : answer.stdout + answer.stderr];
    }),
  );
  return new Map(said);
}

/** As one text: an environment that is left as it is has no other digest. */
export async function describePrograms(command: string, cwd: string, env: Env): Promise<string> {
  return [...(await askPrograms(command, cwd, env))].map(([program, said]) => `${program}: ${said}`).join("\n");
}

/** What a run says of an environment that was left as it is. */
export interface ProgramFacts {
  readonly tags: Readonly<Record<string, string>>;
  /** Of Python, as lines NAME==VERSION. */
  readonly packages: readonly string[];
}

/** The versions of the programs that a command names, and Python's packages. */
export async function programFacts(command: string, cwd: string, env: Env): Promise<ProgramFacts> {
  const said = await askPrograms(command, cwd, env);
  const node = said.get("node")?.trim();
  const [version, installed = []] = pythonOf(said.get("python") || said.get("python3") || "") ?? [];
  return {
    tags: {
      ...(node ? { "esteira.node": node } : {}),
      ...(version === undefined ? {} : { "esteira.python": version }),
    },
    packages: installed.map(([name, one]) => `${name.replaceAll("_", "-").toLowerCase()}==${one ?? "unknown"}`),
  };
}

function pythonOf(said: string): z.output<typeof python> | undefined {
  try {
    return python.parse(JSON.parse(said));
  } catch {
    return undefined;
  }
}
