import type { Run } from "@esteira/core/entities/run";
import { type ProgramFacts, programFacts } from "../environments/programs.ts";
import type { RunProjectOptions } from "./options.ts";
import { recordPackages, setTags } from "./tracked-run.ts";

/** What programs have said to this process, by its variables: a sweep asks once. */
const asked = new WeakMap<RunProjectOptions["env"], Map<string, Promise<ProgramFacts>>>();

/**
 * Records the versions of the programs that a command names, and of Python's packages, where the environment is left as it is. That takes
 * Python a moment, in which the command may be at work.
 */
export async function recordPrograms(
  options: RunProjectOptions,
  run: Run,
  folder: string,
  command: string,
): Promise<void> {
  const answers = asked.get(options.env) ?? new Map<string, Promise<ProgramFacts>>();
  asked.set(options.env, answers);
  const question = JSON.stringify([folder, command]);
  const answer = answers.get(question) ?? programFacts(command, folder, options.env);
  answers.set(question, answer);
  const { tags, packages } = await answer;
  await setTags(options.client, run, tags);
  if (packages.length > 0) await recordPackages(options, run, folder, packages);
}
