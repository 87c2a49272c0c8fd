/** Processes that tests kill, and what they have said until then. */

import type { ChildProcessByStdio } from "node:child_process";
import { once } from "node:events";
import type { Readable } from "node:stream";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";

/** One file that starts in a fraction of the time that its sources would take. */
export async function bundleScript(source: URL, outfile: string): Promise<void> {
  await build({
    entryPoints: [fileURLToPath(source)],
    outfile,
    bundle: true,
    format: "esm",
    platform: "node",
    conditions: ["@esteira/source"],
    external: ["pg-native"],
    // Native code stays where it is installed.
    plugins: [
      {
        name: "libsql",
        setup: ({ onResolve }) => {
          onResolve({ filter: /^libsql$/ }, () => ({ path: import.meta.resolve("libsql"), external: true }));
        },
      },
    ],
    logLevel: "error",
    banner: { js: 'import{createRequire as requireFrom}from"node:module";const require=requireFrom(import.meta.url);' },
  });
}

/** Whole lines that the process has printed when it was killed, `ms` after it had printed so many. */
export async function killAfter(
  child: ChildProcessByStdio<null, Readable, null>,
  ms: number,
  lines = 1,
): Promise<readonly string[]> {
  let said = "";
  child.stdout.setEncoding("utf8");
  const closed = once(child, "close");
  await new Promise<void>((resolve, reject) => {
    child.once("exit", (code) => reject(new Error(`the writer ended by itself with code ${code}`)));
    child.stdout.on("data", (text: string) => {
      said += text;
      if (said.split("\n").length > lines) resolve();
    });
  });
  await new Promise((resolve) => setTimeout(resolve, ms));
  child.removeAllListeners("exit");
  child.kill("SIGKILL");
  await closed;
  // The last line may be cut.
  return said.slice(0, said.lastIndexOf("\n")).split("\n");
}
