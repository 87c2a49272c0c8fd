import { readFile } from "node:fs/promises";
import { resolve } from "node:path";
import type { DeclaredEnvironment } from "../mlproject/project.ts";
import type { EnvironmentManager, PreparedEnvironment, PrepareOptions } from "./environment.ts";
import { lockfileTags } from "./lockfile.ts";

/** Makes the environment that `chooseManager` chose. */
export async function prepareEnvironment(
  folder: string,
  declared: DeclaredEnvironment,
  manager: EnvironmentManager,
  options: PrepareOptions,
): Promise<PreparedEnvironment> {
  if (manager === "virtualenv" || manager === "uv") {
    const { prepareVirtualenv } = await import("./virtualenv.ts");
    return prepareVirtualenv(folder, declared, manager, options);
  }
  if (manager === "node" && declared.kind === "node") {
    const { prepareNode } = await import("./node.ts");
    return prepareNode(folder, declared, options);
  }
  const lockfile = declared.kind === "node" ? declared.lockfile : undefined;
  const tags = lockfile === undefined ? {} : lockfileTags(await readFile(resolve(folder, lockfile)));
  return { path: [], variables: {}, tags, asItIs: true };
}
