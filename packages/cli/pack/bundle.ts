import { readFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";
import { build, type Metafile, type Plugin } from "esbuild";

/** Packages that cannot be bundled: each has native code. */
const NATIVE = ["libsql", "koffi"];

/** Packages that a library names for those who have them, and works without. */
const OPTIONAL = ["pg-native"];

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

export interface Bundle {
  /** Bytes of the code that was written. */
  readonly bytes: number;
  /** The native packages that the code asks for, which its user must install. */
  readonly externals: readonly string[];
}

/**
 * The command and all that it imports as a few files in `outdir`: what is pure JavaScript is inside, split so that a
 * command loads only its own part.
 */
export async function bundleCommand(root: string, outdir: string): Promise<Bundle> {
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
  await build({
    ...common,
    entryPoints: APART.map((name) => ({ in: name, out: fileOf(name) })),
    absWorkingDir: join(root, "node_modules/fastify"),
    format: "cjs",
    outExtension: { ".js": ".cjs" },
  });
  const { metafile } = await build({
    ...common,
    entryPoints: [join(root, "packages/cli/src/main.ts")],
    splitting: true,
    format: "esm",
    conditions: ["@esteira/source"],
    external: [...NATIVE, ...OPTIONAL],
    plugins: [WITHOUT_LOCALES, SET_APART],
    metafile: true,
    // CommonJS packages ask for Node's own modules with require, which a module does not have.
    banner: {
      js: 'import{createRequire as esteiraRequire}from"node:module";const require=esteiraRequire(import.meta.url);',
    },
  });
  return {
    bytes: Object.values(metafile.outputs).reduce((sum, { bytes }) => sum + bytes, 0),
    externals: externalsOf(metafile),
  };
}

function externalsOf(metafile: Metafile): string[] {
  const names = Object.values(metafile.outputs).flatMap(({ imports }) =>
    imports.filter(({ external }) => external).map(({ path }) => path),
  );
  const known = new Set([...builtinModules, ...OPTIONAL]);
  return [...new Set(names)].filter((name) => !/^(node:|\.)/.test(name) && !known.has(name)).sort();
}

/** The version of a package that the workspace works with, exact: what was tested is what is installed. */
export function installedVersion(root: string, name: string): string {
  const manifest: unknown = JSON.parse(readFileSync(join(root, "node_modules", name, "package.json"), "utf8"));
  if (typeof manifest === "object" && manifest !== null && "version" in manifest) return String(manifest.version);
  throw new Error(`node_modules/${name} has no version: run npm ci.`);
}
