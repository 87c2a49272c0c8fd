import { fileURLToPath } from "node:url";
import type { RunId } from "@esteira/core/ids";
import { whenGone } from "../processes/guard.ts";
import { thisLauncher } from "./launcher.ts";

/**
 * Ends a run FAILED when this process is killed, which then cannot do it any more.
 *
 * @param env says where the tracking server is and who asks, as a command of the project gets it.
 * @returns what sends the guard away, when the run has ended.
 */
export async function guardRun(env: Readonly<Record<string, string | undefined>>, runId: RunId): Promise<() => void> {
  const launcher = await thisLauncher();
  // Elsewhere than on Linux a process has no name of its own, and the next run ends this one after its time.
  if (launcher === undefined) return () => undefined;
  return whenGone('exec "$@"', [process.execPath, ...PROGRAM, runId, launcher], env);
}

/** In a clone the program is TypeScript, and needs what loads that. */
const PROGRAM: readonly string[] = import.meta.url.endsWith(".ts")
  ? ["--conditions=@esteira/source", "--import", import.meta.resolve("tsx"), pathOf("./end-killed.ts")]
  : [pathOf("./end-killed.js")];

function pathOf(file: string): string {
  return fileURLToPath(new URL(file, import.meta.url));
}
