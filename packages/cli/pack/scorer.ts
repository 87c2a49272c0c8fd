/**
 * What scores in an image, as files that need nothing of the repository:
 *
 *   node --conditions=@esteira/source --import tsx packages/cli/pack/scorer.ts --out FOLDER
 */
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { writeScorer } from "./bundle.ts";

const { values: options } = parseArgs({ options: { out: { type: "string", default: "dist-scorer" } } });
await writeScorer(fileURLToPath(new URL("../../..", import.meta.url)), options.out);
