import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

/** Python's version and all its packages with theirs. */
const PYTHON =
  "import sys, importlib.metadata as m; print(sys.version, sorted((d.metadata['Name'] or '', d.version) for d in m.distributions()))";

const ASKED: readonly (readonly [program: string, args: readonly string[]])[] = [
  ["python", ["-c", PYTHON]],
  ["python3", ["-c", PYTHON]],
  ["node", ["--version"]],
  ["Rscript", ["--version"]],
];

/**
 * What the programs that a command names say of themselves: an environment that is left as it is has no other digest. A program that
 * is not there says nothing.
 */
export async function describePrograms(
  command: string,
  cwd: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<string> {
  const named = ASKED.filter(([program]) => new RegExp(`(?<![\\w./-])${program}(?![\\w-])`).test(command));
  const said = await Promise.all(
    named.map(async ([program, args]) => {
      const answer = await run(program, [...args], { cwd, env: { ...env } }).catch(() => undefined);
      return `${program}: ${answer === undefined ? "" : answer.stdout + answer.stderr}`;
    }),
  );
  return said.join("\n");
}
