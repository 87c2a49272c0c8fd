import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { parseProject } from "./parse-project.ts";
import type { DeclaredEnvironment, Project } from "./project.ts";

/** Environments that need not be declared, as in MLflow. */
const IMPLIED: readonly DeclaredEnvironment[] = [
  { kind: "python", file: "python_env.yaml" },
  { kind: "conda", file: "conda.yaml" },
];

/**
 * The project in a folder: what its `MLproject` says (in any case of letters), and without one a project without entry points,
 * whose scripts can be run. The files of its environment are there.
 *
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST for a folder or an environment file that is not there, INVALID_PARAMETER_VALUE for a
 * malformed file.
 */
export async function loadProject(folder: string): Promise<Project> {
  const names = await readdir(folder).catch(() => {
    throw notFound(`There is no folder ${folder}: expected a project's folder or the address of a git repository.`);
  });
  const file = names.find((name) => name.toLowerCase() === "mlproject");
  const project: Project =
    file === undefined
      ? { file, name: undefined, environment: { kind: "none" }, entryPoints: new Map(), notes: [] }
      : parseProject(await readText(join(folder, file)), join(folder, file));
  const implied = IMPLIED.find((one) => "file" in one && names.includes(one.file));
  const environment = project.environment.kind === "none" && implied ? implied : project.environment;
  for (const needed of filesOf(environment)) {
    if (!existsSync(join(folder, needed)))
      throw notFound(`The project in ${folder} names the file '${needed}' for its environment, and there is none.`);
  }
  return { ...project, environment };
}

async function readText(path: string): Promise<string> {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(await readFile(path));
  } catch (error) {
    throw invalid(`${path} cannot be read as text: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function filesOf(environment: DeclaredEnvironment): readonly string[] {
  if (environment.kind === "python" || environment.kind === "conda") return [environment.file];
  return environment.kind === "node" && environment.lockfile !== undefined ? [environment.lockfile] : [];
}
