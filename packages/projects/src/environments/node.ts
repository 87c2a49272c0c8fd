import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { EsteiraError, invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { DeclaredEnvironment } from "../mlproject/project.ts";
import type { PreparedEnvironment, PrepareOptions } from "./environment.ts";
import { lockfileTags } from "./lockfile.ts";
import { runStep } from "./run-step.ts";

const lock = z.object({
  packages: z.record(
    z.string(),
    z.object({ version: z.string().optional(), optional: z.boolean().optional(), devOptional: z.boolean().optional() }),
  ),
});
type Packages = z.output<typeof lock>["packages"];

/**
 * The Node that runs this, checked against the version that the project asks for, with the packages of its lockfile: installed by
 * `npm ci` where there are none.
 *
 * @param running this Node's version, without "v".
 * @throws EsteiraError INVALID_STATE for another version, or for packages that are not the lockfile's.
 */
export async function prepareNode(
  folder: string,
  declared: DeclaredEnvironment & { kind: "node" },
  options: PrepareOptions,
  running = process.versions.node,
): Promise<PreparedEnvironment> {
  const { version, lockfile } = declared;
  if (version !== undefined && running !== version && !running.startsWith(`${version}.`))
    throw new EsteiraError(
      "INVALID_STATE",
      `The project asks for Node ${version}, and this is Node ${running}: run esteira with that version.`,
    );
  const path = [join(folder, "node_modules", ".bin"), dirname(process.execPath)];
  const tags = { "mlflow.project.env": "node", "esteira.node": `v${running}` };
  if (lockfile === undefined) return { path, variables: {}, tags };
  const file = resolve(folder, lockfile);
  const home = dirname(file);
  const bytes = await readFile(file);
  if (!existsSync(join(home, "node_modules"))) {
    options.note(`Installing the packages of ${file}`);
    await runStep("npm", ["ci", "--no-audit", "--no-fund"], home, options);
  } else await checkInstalled(file, packagesOf(bytes.toString("utf8"), file));
  return {
    path: [...path, join(home, "node_modules", ".bin")],
    variables: {},
    tags: { ...tags, ...lockfileTags(bytes) },
  };
}

function packagesOf(text: string, file: string): Packages {
  try {
    return lock.parse(JSON.parse(text)).packages;
  } catch {
    throw invalid(`${file} is no lockfile of npm 7 or later: expected a package-lock.json.`);
  }
}

/** npm writes down what it has installed. What it installed only for this platform may be missing there. */
async function checkInstalled(file: string, wanted: Packages): Promise<void> {
  const record = join(dirname(file), "node_modules", ".package-lock.json");
  const text = await readFile(record, "utf8").catch(() => undefined);
  const installed = text === undefined ? {} : packagesOf(text, record);
  const differs =
    Object.entries(installed).find(([name, { version }]) => wanted[name]?.version !== version)?.[0] ??
    Object.entries(wanted).find(
      ([name, { optional, devOptional }]) =>
        name.startsWith("node_modules/") && !optional && !devOptional && installed[name] === undefined,
    )?.[0];
  if (differs !== undefined)
    throw new EsteiraError(
      "INVALID_STATE",
      `node_modules is not what ${file} says (${differs.replace(/^.*node_modules\//, "")} differs): run npm ci in ${dirname(file)}.`,
    );
}
