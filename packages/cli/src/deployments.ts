import { homedir } from "node:os";
import { join } from "node:path";
import type { LocalTarget } from "@esteira/deploy/local/local-target";
import type { Terminal } from "./command.ts";
import { OWN_COMMAND } from "./own-command.ts";

/** Where this machine's deployments are kept: ESTEIRA_DEPLOYMENTS, else below the user's state. */
export const deploymentsRoot = (env: Terminal["env"]): string =>
  env.ESTEIRA_DEPLOYMENTS ||
  join(env.XDG_STATE_HOME || join(env.HOME || homedir(), ".local", "state"), "esteira", "deployments");

/** Deployments on this machine, each a process of this very command. */
export async function localDeployments(env: Terminal["env"]): Promise<LocalTarget> {
  const { localTarget } = await import("@esteira/deploy/local/local-target");
  return localTarget({ root: deploymentsRoot(env), command: [process.execPath, OWN_COMMAND], env });
}
