import { existsSync } from "node:fs";
import { extname, join } from "node:path";
import { notFound } from "@esteira/core/errors";
import { shellQuote } from "../command/quote.ts";
import { suggestion } from "../nearest.ts";
import type { EntryPoint, Project } from "./project.ts";

/**
 * The entry point of this name; where none is declared, a script of the project of this name, with no parameters of its own: `.py`
 * is run by python, `.sh` by the user's shell.
 *
 * @param shell what `SHELL` says.
 * @throws EsteiraError RESOURCE_DOES_NOT_EXIST with the nearest name.
 */
export function findEntryPoint(project: Project, folder: string, name: string, shell = "bash"): EntryPoint {
  const declared = project.entryPoints.get(name);
  if (declared !== undefined) return declared;
  const program = new Map([
    [".py", "python"],
    [".sh", shell],
  ]).get(extname(name));
  if (program === undefined) {
    const names = [...project.entryPoints.keys()];
    const known = names.length === 0 ? "it declares none" : `it has ${names.join(", ")}`;
    throw notFound(
      `The project in ${folder} has no entry point '${name}' (${known}; a script ending in .py or .sh can be run too)${suggestion(name, names) || "."}`,
    );
  }
  if (!existsSync(join(folder, name)))
    throw notFound(`The project in ${folder} has neither an entry point nor a file '${name}'.`);
  const command = `${program} ${shellQuote(name)}`;
  return { name, parameters: [], command: command.replaceAll("{", "{{").replaceAll("}", "}}") };
}
