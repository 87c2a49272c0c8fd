import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { EsteiraError } from "@esteira/core/errors";
import type { PrepareOptions } from "./environment.ts";

/**
 * Runs one step of making an environment; what it says goes to `note`, line by line.
 *
 * @throws EsteiraError INVALID_STATE with the step's last line when it fails or cannot be started.
 */
export async function runStep(
  program: string,
  args: readonly string[],
  cwd: string,
  { env, note, signal }: PrepareOptions,
): Promise<void> {
  const child = spawn(program, [...args], { cwd, env: { ...env }, stdio: ["ignore", "pipe", "pipe"], signal });
  const failed = new Promise<{ why: string } | undefined>((resolve) => {
    child.once("error", (error) => resolve({ why: error.message }));
    child.once("close", (code, by) =>
      resolve(code === 0 ? undefined : { why: `it ended with ${by ?? `code ${code}`}` }),
    );
  });
  let last = "";
  for (const stream of [child.stdout, child.stderr]) {
    createInterface({ input: stream }).on("line", (line) => {
      if (line.trim() !== "") last = line.trim();
      note(line);
    });
  }
  const failure = await failed;
  if (failure === undefined) return;
  const step = [program, ...args.slice(0, 3)].join(" ");
  throw new EsteiraError(
    "INVALID_STATE",
    `The environment could not be made: ${step} failed: ${failure.why}${last === "" ? "" : `: ${last}`}`,
  );
}
