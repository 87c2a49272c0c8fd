import { homedir } from "node:os";
import { join } from "node:path";
import type { Terminal } from "./command.ts";

/** What can be made again: below XDG_CACHE_HOME, else below the user's home. */
export const cacheFolder = (env: Terminal["env"], name: string): string =>
  join(env.XDG_CACHE_HOME || join(env.HOME || homedir(), ".cache"), "esteira", name);
