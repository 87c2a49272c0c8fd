import { readFile } from "node:fs/promises";
import { invalid, notFound } from "@esteira/core/errors";
import { parse } from "yaml";
import { z } from "zod";
import { choiceOf, type Distribution, parseDistribution, type Space } from "./space.ts";

const scalar = z.union([z.string(), z.number(), z.boolean()]);
const file = z.record(z.string(), z.union([z.string(), z.array(scalar)]));

/**
 * The space of a file and of single parameters: a YAML or JSON map from parameters to distributions, or to lists of values.
 *
 * @param given NAME=DISTRIBUTION each; one that is in the file too goes before it.
 */
export async function readSpace(path: string | undefined, given: readonly string[]): Promise<Space> {
  const space = new Map<string, Distribution>();
  if (path !== undefined)
    for (const [name, one] of Object.entries(await readMap(path))) space.set(name, read(name, one));
  for (const one of given) {
    const at = one.indexOf("=");
    if (at < 1)
      throw invalid(
        `--param ${one}: expected --param NAME=DISTRIBUTION, such as --param "rate=loguniform(1e-4, 1e-1)".`,
      );
    space.set(one.slice(0, at), parseDistribution(one.slice(0, at), one.slice(at + 1)));
  }
  if (space.size === 0) throw invalid("There is nothing to search: give --param NAME=DISTRIBUTION or --space FILE.");
  return space;
}

const read = (name: string, one: string | readonly (string | number | boolean)[]): Distribution =>
  typeof one === "string" ? parseDistribution(name, one) : choiceOf(name, one.map(String));

async function readMap(path: string): Promise<z.output<typeof file>> {
  const text = await readFile(path, "utf8").catch(() => {
    throw notFound(`There is no file ${path}, which --space names.`);
  });
  try {
    return file.parse(parse(text, { maxAliasCount: 0 }));
  } catch {
    throw invalid(
      `${path} is no search space: expected a YAML or JSON map from parameters to distributions such as uniform(0, 1), or to lists of values.`,
    );
  }
}
