import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { z } from "zod";
import { remembered, stampOf } from "./remembered.ts";

const packageWire = z.object({
  name: z.string(),
  version: z.string(),
  architecture: z.string(),
  /** `debian`, `ubuntu`. */
  distribution: z.string(),
});
export type DebianPackage = z.output<typeof packageWire>;

const knownWire = z.object({
  installed: z.string(),
  paths: z.array(z.string()),
  owners: z.array(z.tuple([z.string(), packageWire])),
});

/** Changes with everything that is installed. */
const INSTALLED = "/var/lib/dpkg/status";

/**
 * The packages that files of this machine are of, where its packages are Debian's; without those of which nobody knows. Asked again when
 * something was installed.
 *
 * @param cache a folder for what is found again otherwise
 */
export async function debianOwners(
  paths: readonly string[],
  cache: string,
): Promise<ReadonlyMap<string, DebianPackage>> {
  const installed = await stampOf(INSTALLED);
  if (installed === "none") return new Map();
  const { owners } = await remembered({
    name: "debian",
    cache,
    schema: knownWire,
    holds: async (known) => known.installed === installed && known.paths.join("\n") === paths.join("\n"),
    find: async () => ({ installed, paths: [...paths], owners: [...(await askedOwners(paths))] }),
  });
  return new Map(owners);
}

async function askedOwners(paths: readonly string[]): Promise<ReadonlyMap<string, DebianPackage>> {
  // A package may know its file by where it was before /lib and /usr/lib were one.
  const places = new Map(paths.flatMap((path) => [path, otherPlace(path)].map((place) => [place, path] as const)));
  const ownerOf = new Map<string, string>();
  for (const line of await ask("--search", ...places.keys())) {
    const [, owner, place] = /^([^\s,]+): (.+)$/.exec(line) ?? [];
    const path = places.get(place ?? "");
    if (owner !== undefined && path !== undefined) ownerOf.set(path, owner);
  }
  if (ownerOf.size === 0) return new Map();
  const fields = ["Package", "Version", "Architecture", "Origin"].map((field) => `\${${field}}`);
  const format = `\${binary:Package}\t${fields.join("\t")}\n`;
  const packages = new Map<string, DebianPackage>();
  for (const line of await ask("--show", `--showformat=${format}`, ...new Set(ownerOf.values()))) {
    const [key = "", name = "", version = "", architecture = "", origin = ""] = line.split("\t");
    packages.set(key, { name, version, architecture, distribution: origin.toLowerCase() || "debian" });
  }
  return new Map(
    [...ownerOf].flatMap(([path, owner]) => {
      const found = packages.get(owner);
      return found === undefined ? [] : [[path, found] as const];
    }),
  );
}

const otherPlace = (path: string): string => (path.startsWith("/usr/") ? path.slice("/usr".length) : `/usr${path}`);

/** The lines that it says, also where it does not know all of what it is asked; none where there is no such program. */
async function ask(...args: readonly string[]): Promise<readonly string[]> {
  const said = await promisify(execFile)("dpkg-query", [...args]).catch(
    (error: { readonly stdout?: unknown }) => error,
  );
  return typeof said.stdout === "string" ? said.stdout.split("\n").filter((line) => line !== "") : [];
}
