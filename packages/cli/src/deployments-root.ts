import { homedir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "./command.ts";

/** Where this machine's deployments are kept: ESTEIRA_DEPLOYMENTS, else below the user's state. */
export const deploymentsRoot = (env: Terminal["env"]): string =>
  env.ESTEIRA_DEPLOYMENTS ||
  join(env.XDG_STATE_HOME || join(env.HOME || homedir(), ".local", "state"), "esteira", "deployments");
