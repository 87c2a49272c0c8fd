import { EsteiraError } from "@esteira/core/errors";
import { runProgram } from "../processes/run-program.ts";
import type { PrepareOptions } from "./environment.ts";

/**
 * Runs one step of making an environment; what it says goes to `note`, line by line.
 *
 * @throws EsteiraError INVALID_STATE with the step's last line when it fails or cannot be started; the signal's reason when it was stopped.
 */
export async function runStep(
  program: string,
  args: readonly string[],
  cwd: string,
  { env, note, signal }: PrepareOptions,
): Promise<void> {
  const failure = await runProgram(program, args, { cwd, env, signal, onLine: note });
  if (failure === undefined) return;
  const step = [program, ...args.slice(0, 3)].join(" ");
  throw new EsteiraError("INVALID_STATE", `The environment could not be made: ${step} failed: ${failure}`);
}
