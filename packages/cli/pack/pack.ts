/**
 * Makes the package `esteira` as it is published: the command with everything that it needs but native code, and the
 * built web UI. Needs nothing of the repository afterwards.
 *
 *   npm run pack -- [--out dist-package]
 */
import { cp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { webAssets } from "@esteira/web/node/assets";
import { bundleCommand, installedVersion, writeScorer } from "./bundle.ts";

const { values: options } = parseArgs({ options: { out: { type: "string", default: "dist-package" } } });
const root = fileURLToPath(new URL("../../..", import.meta.url));
const out = resolve(options.out);

await rm(out, { recursive: true, force: true });
await mkdir(join(out, "bin"), { recursive: true });
const bundle = await bundleCommand(root, join(out, "dist"));
await writeScorer(root, join(out, "dist-scorer"));
const web = await webAssets({ onProgress: (line) => console.log(line) });
if (web === undefined) throw new Error("The web UI could not be built: run npm ci first.");
await cp(web, join(out, "dist-web"), { recursive: true });
await cp(join(root, "packages/cli/bin/esteira.mjs"), join(out, "bin/esteira.mjs"));
await cp(join(root, "packages/cli/verifier"), join(out, "verifier"), { recursive: true });
for (const file of ["README.md", "README.pt-BR.md", "LICENSE"]) await cp(join(root, file), join(out, file));

const source: Record<string, unknown> = JSON.parse(await readFile(join(root, "packages/cli/package.json"), "utf8"));
const manifest = {
  ...source,
  // Nobody imports the command: the SDK is a package of its own.
  exports: {},
  devDependencies: undefined,
  files: ["bin", "dist", "dist-scorer", "dist-web", "verifier"],
  dependencies: Object.fromEntries(bundle.externals.map((name) => [name, installedVersion(root, name)])),
};
await writeFile(join(out, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`);
console.log(`${out}: ${(bundle.bytes / 1e6).toFixed(1)} MB of code, depends on ${bundle.externals.join(", ")}`);
