/**
 * Performance estimated before its labels: of thousands of simulated worlds, in how many does what comes true lie in the estimate's interval.
 * What the estimate assumes holds in the first three kinds of world; in the last a scam comes that the scores know nothing of.
 *
 *   npm run bench -- estimates [--worlds 2000]
 *
 * Ends with 1 when a target is missed.
 */
import { parseArgs } from "node:util";
import { coverage, type ScoredWorld } from "@esteira/lifecycle/monitoring/scored-world";
import { printFigure, printMachine } from "./figure.ts";

const { values } = parseArgs({ options: { worlds: { type: "string", default: "2000" } } });
const worlds = Number(values.worlds);
const KINDS: readonly (readonly [string, ScoredWorld])[] = [
  ["nothing has changed", {}],
  ["riskier transfers come", { shift: 0.4 }],
  ["the scores are too high", { distorted: true }],
];

printMachine();
for (const [kind, world] of KINDS) {
  const found = coverage(worlds, world);
  for (const name of ["recall", "precision"] as const)
    printFigure({
      name: `Estimated ${name}, nominal 95 %, when ${kind}`,
      target: "93 to 97 %",
      measured: `${(100 * found[name]).toFixed(1)} % of ${worlds} worlds`,
      isMet: found[name] >= 0.93 && found[name] <= 0.97,
    });
}
const blind = coverage(Math.ceil(worlds / 10), { newScam: 0.04 });
console.log(
  `a scam that the scores do not know: the interval of recall holds in ${(100 * blind.recall).toFixed(1)} % of worlds`,
);
