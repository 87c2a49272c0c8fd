import { readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/** Packages that cannot be bundled: each has native code. */
const NATIVE = ["libsql", "koffi"];

/** Packages that a library names for those who have them, and works without. */
const OPTIONAL = [
  "pg-native",
  // Clients of AWS that who deploys there installs beside.
  ...["sagemaker", "sagemaker-runtime", "application-auto-scaling", "cloudwatch", "cloudwatch-logs", "ecr"].map(
    (client) => `@aws-sdk/client-${client}`,
  ),
];

/** Zod's messages in fifty languages, which nobody is shown: a tenth of what the server would load at its start. */
const WITHOUT_LOCALES: Plugin = {
  name: "without-locales",
  setup: ({ onLoad }) => {
    onLoad({ filter: /[\\/]zod[\\/]v4[\\/]locales[\\/]index\.js$/ }, () => ({ contents: "export {};" }));
  },
};

/**
 * What Fastify asks for when a route has a JSON schema, or is called without a socket: no route of ours. They lie apart, and are read when somebody
 * asks: half of the code that a server would read at its start.
 */
const APART = ["@fastify/ajv-compiler", "@fastify/fast-json-stringify-compiler", "light-my-request"];
const fileOf = (name: string): string => `apart/${name.replace(/^.*\//, "")}`;

const SET_APART: Plugin = {
  name: "set-apart",
  setup: ({ onResolve }) => {
    onResolve({ filter: new RegExp(`^(${APART.join("|")})$`) }, ({ path }) => ({
      path: `./${fileOf(path)}.cjs`,
      external: true,
    }));
  },
};

/** What Fastify asks for the versions that plugins name, and no plugin of ours names one. It takes a tenth of a start to read. */
const LATE = "semver";
const READ_LATE: Plugin = {
  name: "read-late",
  setup: ({ onLoad, onResolve }) => {
    onResolve({ filter: new RegExp(`^${LATE}$`) }, ({ path }) => ({ path, namespace: "late" }));
    onResolve({ filter: /^\./, namespace: "late" }, ({ path }) => ({ path, external: true }));
    onLoad({ filter: /^/, namespace: "late" }, () => ({
      contents: `for (const name of ["satisfies", "gt", "coerce"])
        exports[name] = (...asked) => require("./${fileOf(LATE)}.cjs")[name](...asked);`,
    }));
  },
};

export interface Bundle {
  /** Bytes of the code that was written. */
  readonly bytes: number;
  /** The native packages that the code asks for, which its user must install. */
  readonly externals: readonly string[];
  /** Whose code is inside, ours aside, by name. */
  readonly packages: readonly BundledPackage[];
}

interface BundledPackage {
  readonly name: string;
  readonly version: string;
  readonly license?: string;
}

/**
 * The command and all that it imports as a few files in `outdir`: what is pure JavaScript is inside, split so that a
 * command loads only its own part.
 */
export const bundleCommand = (root: string, outdir: string): Promise<Bundle> =>
  bundleModules(
    root,
    [
      { in: join(root, "packages/cli/src/main.ts"), out: "main" },
      // A program of its own, which its starter looks for beside itself.
      { in: join(root, "packages/projects/src/run/end-killed.ts"), out: "end-killed" },
    ],
    outdir,
  );

/**
 * What scores in an image, likewise: `scorer.js` in `outdir`, and in `packages.json` the packages that it holds a part of. It asks for
 * nothing that has native code.
 */
export async function writeScorer(root: string, outdir: string): Promise<void> {
  const entry = { in: join(root, "packages/cli/src/serving/container.ts"), out: "scorer" };
  const { externals, packages } = await bundleModules(root, [entry], outdir);
  if (externals.length > 0) throw new Error(`What scores in an image must need no package, and needs ${externals}.`);
  await writeFile(join(outdir, "package.json"), `${JSON.stringify({ type: "module" })}\n`);
  await writeFile(join(outdir, "packages.json"), `${JSON.stringify(packages, undefined, 2)}\n`);
}

async function bundleModules(root: string, entries: { in: string; out: string }[], outdir: string): Promise<Bundle> {
  const common = {
    outdir,
    bundle: true,
    platform: "node",
    target: "node20.19",
    // Functions keep the names that they have: to shorten them, and give each its own back when it is made, costs each request.
    minifyWhitespace: true,
    minifySyntax: true,
    legalComments: "linked",
    logLevel: "error",
  } as const;
  const apart = await build({
    ...common,
    metafile: true,
    entryPoints: [...APART, LATE].map((name) => ({ in: name, out: fileOf(name) })),
    absWorkingDir: join(root, "node_modules/fastify"),
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  });
  const { metafile } = await build({
    ...common,
    absWorkingDir: root,
    entryPoints: entries,
    splitting: true,
    format: "esm",
    conditions: ["@esteira/source"],
    external: [...NATIVE, ...OPTIONAL],
    plugins: [WITHOUT_LOCALES, SET_APART, READ_LATE],
    metafile: true,
    // CommonJS packages ask for Node's own modules with require, which a module does not have.
    banner: {
      js: 'import{createRequire as esteiraRequire}from"node:module";const require=esteiraRequire(import.meta.url);',
    },
  });
  return {
    bytes: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0),
    externals: externalsOf(metafile),
    packages: packagesOf([
      ...Object.keys(apart.metafile.inputs).map((path) => join(root, "node_modules/fastify", path)),
      ...Object.keys(metafile.inputs).map((path) => join(root, path)),
    ]),
  };
}

function externalsOf(metafile: Metafile): string[] {
  const names = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  const known = new Set([...builtinModules, ...OPTIONAL]);
  return [...new Set(names)].filter((name) => !/^(node:|\.)/.test(name) && !known.has(name)).sort();
}

/** The npm packages that files belong to, by name and version. */
function packagesOf(paths: readonly string[]): readonly BundledPackage[] {
  const folders = new Set(
    paths.flatMap((path) => /^.*[\\/]node_modules[\\/](?:@[^\\/]+[\\/])?[^\\/]+/.exec(path)?.[0] ?? []),
  );
  const found = [...folders].map((folder): BundledPackage => {
    const { name, version, license }: Record<string, unknown> = JSON.parse(
      readFileSync(join(folder, "package.json"), "utf8"),
    );
    return {
      name: String(name),
      version: String(version),
      ...(typeof license === "string" ? { license } : {}),
    };
  });
  const keyed = new Map(found.map((one) => [`${one.name}@${one.version}`, one]));
  return [...keyed].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, bundled]) => bundled);
}

/** The version of a package that the workspace works with, exact: what was tested is what is installed. */
export function installedVersion(root: string, name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error(`node_modules/${name} has no version: run npm ci.`);
}
