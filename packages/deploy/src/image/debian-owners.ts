import { execFile } from "node:child_process";
import { promisify } from "node:util";

export interface DebianPackage {
  readonly name: string;
  readonly version: string;
  readonly architecture: string;
  /** `debian`, `ubuntu`. */
  readonly distribution: string;
}

/** The packages that files of this machine are of, where its packages are Debian's; without those of which nobody knows. */
export async function debianOwners(paths: readonly string[]): Promise<ReadonlyMap<string, DebianPackage>> {
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
