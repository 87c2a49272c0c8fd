import { execFile } from "node:child_process";

/** Runs a program to its end and answers what it printed; throws with what it said. */
export const run = (
  program: string,
  args: readonly string[],
  options: { readonly env?: NodeJS.ProcessEnv; readonly cwd?: string } = {},
): Promise<string> =>
  new Promise((done, fail) => {
    execFile(program, [...args], { maxBuffer: 32 * 1024 * 1024, ...options }, (error, stdout, stderr) => {
      if (error === null) done(stdout);
      else fail(new Error(`${program} ${args.join(" ")}: ${stderr.trim() || error.message}`));
    });
  });
