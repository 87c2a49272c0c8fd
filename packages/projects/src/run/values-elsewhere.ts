import { isAbsolute, join, posix, relative, sep } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { EntryPoint } from "../mlproject/project.ts";

/**
 * The values as a command finds them in an image that has the project's files and no others of this machine.
 *
 * @param folder of the project here.
 * @param there its folder in the image.
 * @throws EsteiraError INVALID_PARAMETER_VALUE for a path outside of the project.
 */
export function valuesElsewhere(
  { parameters }: Pick<EntryPoint, "parameters">,
  values: ReadonlyMap<string, string>,
  folder: string,
  there: string,
): ReadonlyMap<string, string> {
  const placed = new Map(values);
  for (const { name, type } of parameters) {
    const value = values.get(name);
    if (type !== "path" || value === undefined) continue;
    const inside = relative(folder, isAbsolute(value) ? value : join(folder, value));
    if (inside === ".." || inside.startsWith(`..${sep}`) || isAbsolute(inside))
      throw invalid(
        `Parameter '${name}' is '${value}' of this machine, which the project's image does not have: put it into the project's folder, or declare '${name}' as 'uri' and let the command read it from where it is kept.`,
      );
    placed.set(name, inside === "" ? there : posix.join(there, ...inside.split(sep)));
  }
  return placed;
}
