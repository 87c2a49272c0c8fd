/** Writes src/engines/trees/walk-kernel.ts from the kernel's text: `npm run kernel -w packages/models`. */
import { writeFileSync } from "node:fs";
import { assembleWalkKernel } from "./assemble.ts";
import { ROW_LANES, TREE_LANES } from "./walk-kernel-text.ts";

const bytes = await assembleWalkKernel();
writeFileSync(
  new URL("../src/engines/trees/walk-kernel.ts", import.meta.url),
  `/** Made by \`npm run kernel -w packages/models\` from kernel/walk-kernel-text.ts, where it is explained. */

export const ROW_LANES = ${ROW_LANES};
export const TREE_LANES = ${TREE_LANES};

/** A WebAssembly module in base64. */
export const WALK_KERNEL =
  "${Buffer.from(bytes).toString("base64")}";
`,
);
