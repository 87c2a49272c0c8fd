import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { invalid, notFound } from "@esteira/core/errors";
import { isHarmless, shellQuote } from "../command/quote.ts";
import { suggestion } from "../nearest.ts";
import type { EntryPoint, Project } from "./project.ts";

/**
 * The entry point of this name; where none is declared, a script of the project of this name, with no parameters of its own: `.py`
 * is run by python, `.sh` by the user's shell, `.R` by MLflow's package for R.
 *
 * @param shell what `SHELL` says.
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST with the nearest name.
 */
export function findEntryPoint(project: Project, folder: string, name: string, shell = "bash"): EntryPoint {
  const declared = project.entryPoints.get(name);
  if (declared !== undefined) return declared;
  const run = new Map([
    [".py", (script: string) => `python ${script}`],
    [".sh", (script: string) => `${shell} ${script}`],
    // As MLflow: its package for R finds the run and reads the arguments.
    [".R", (script: string) => `Rscript -e "mlflow::mlflow_source('${script}')" --args`],
  ]).get(extname(name));
  if (run === undefined) {
    const names = [...project.entryPoints.keys()];
    const known = names.length === 0 ? "it declares none" : `it has ${names.join(", ")}`;
    throw notFound(
      project.file === undefined
        ? `There is no MLproject file in ${folder}, and so no entry point '${name}': write one, name the folder that has it, or run a script of the folder (-e FILE, ending in .py, .sh or .R).`
        : `The project in ${folder} has no entry point '${name}' (${known}; a script ending in .py, .sh or .R can be run too)${suggestion(name, names) || "."}`,
    );
  }
  if (!existsSync(join(folder, name)))
    throw notFound(`The project in ${folder} has neither an entry point nor a file '${name}'.`);
  if (extname(name) === ".R" && !isHarmless(name))
    throw invalid(
      `The script '${name}' has a name that cannot stand in a call of R: name it with letters, digits, '_', '-', '.' and '/'.`,
    );
  const command = run(shellQuote(name)).replaceAll("{", "{{").replaceAll("}", "}}");
  return { name, parameters: [], command, outputs: [], cached: true, steps: [] };
}
