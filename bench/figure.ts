/** What every bench with a target prints: the machine it ran on, and a row of the table in docs/reference/performance.md. */
import { availableParallelism, cpus, loadavg } from "node:os";
import { basename } from "node:path";

export interface Figure {
  readonly name: string;
  readonly target: string;
  readonly measured: string;
  readonly isMet: boolean;
}

const load = (): string => (loadavg()[0] ?? 0).toFixed(1);

/** Model, cores, versions, and the load before the bench adds its own. */
export function printMachine(): void {
  console.log(
    `${cpus()[0]?.model ?? "unknown processor"}, ${availableParallelism()} cores, Node ${process.version}, load ${load()}\n`,
  );
}

/** How to measure again. */
const command = (): string => {
  const [, script = "", ...rest] = process.argv;
  return ["npm run bench --", basename(script, ".ts"), ...rest].join(" ");
};

/** Prints the row, and makes the process end with 1 when the target is missed. */
export function printFigure({ name, target, measured, isMet }: Figure): void {
  console.log(`| ${name} | ${target} | ${measured} | ${isMet ? "met" : "MISSED"} | ${load()} | \`${command()}\` |`);
  if (!isMet) process.exitCode = 1;
}

export const thousands = (count: number): string => Math.round(count).toLocaleString("en");
