import { type ChildProcess, execFile, spawn } from "node:child_process";
import { fileURLToPath } from "node:url";

const COMMAND = fileURLToPath(new URL("../../../packages/cli/bin/esteira.mjs", import.meta.url));

export interface Esteira {
  /** Runs a command in the story's folder to its end. Throws what it said where it ends with another exit code than these. */
  run(args: readonly string[], codes?: readonly number[]): Promise<string>;
  /** Starts one that goes on. */
  start(args: readonly string[]): ChildProcess;
}

/** The `esteira` command, as a person runs it. */
export function esteiraIn(folder: string, env: Readonly<Record<string, string>>): Esteira {
  const options = { cwd: folder, env: { ...process.env, NODE_OPTIONS: "", NO_COLOR: "1", ...env } };
  return {
    run: (args, codes = [0]) =>
      new Promise((resolve, reject) => {
        execFile(
          process.execPath,
          [COMMAND, ...args],
          { ...options, maxBuffer: 64 * 2 ** 20 },
          (error, stdout, stderr) => {
            const code = error === null ? 0 : error.code;
            if (typeof code === "number" && codes.includes(code)) resolve(stdout);
            else reject(new Error(`esteira ${args.join(" ")} ended with ${code}:\n${stdout}${stderr}`));
          },
        );
      }),
    start: (args) => spawn(process.execPath, [COMMAND, ...args], { ...options, stdio: "ignore" }),
  };
}
