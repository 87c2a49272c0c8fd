/** Writes the modules of kernels into src/ from their texts: `npm run kernel -w packages/models`. */
import { writeFileSync } from "node:fs";
import { assemble } from "./assemble.ts";
import * as numbers from "./number-kernel-text.ts";
import { ROW_LANES, TREE_LANES, walkKernelText } from "./walk-kernel-text.ts";

async function write(path: string, text: string, name: string, constants: string): Promise<void> {
  const bytes = await assemble(text);
  writeFileSync(
    new URL(`../src/${path}.ts`, import.meta.url),
    `/** Made by \`npm run kernel -w packages/models\` from kernel/${path.replace(/^.*\//, "")}-text.ts, where it is explained. */

${constants}

/** A WebAssembly module in base64. */
export const ${name} =
  "${Buffer.from(bytes).toString("base64")}";
`,
  );
}

await write(
  "engines/trees/walk-kernel",
  walkKernelText(),
  "WALK_KERNEL",
  `export const ROW_LANES = ${ROW_LANES};
export const TREE_LANES = ${TREE_LANES};`,
);
const { numberKernelText, ...constants } = numbers;
await write(
  "format/number-kernel",
  numberKernelText(),
  "NUMBER_KERNEL",
  Object.entries(constants)
    .map(
      ([name, value]) =>
        `export const ${name} = ${JSON.stringify(value)}${typeof value === "object" ? " as const" : ""};`,
    )
    .join("\n"),
);
