import { EXIT } from "@esteira/lifecycle/gates/verdict";
import pc from "picocolors";
import { createConsole } from "./job/console.ts";
import { faultText } from "./job/fault.ts";
import { parseOptions, USAGE } from "./job/options.ts";

const INTERRUPTED = 130;
const ONE_KEY_PRESS_MS = 500;
const interrupt = new AbortController();
let firstAt = Number.POSITIVE_INFINITY;
for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) {
  process.on(signal, () => {
    // Twice means now. But one Ctrl-C comes twice under npm: from the terminal, and from npm, which passes its own on.
    if (performance.now() - firstAt > ONE_KEY_PRESS_MS) process.exit(INTERRUPTED);
    firstAt = Math.min(firstAt, performance.now());
    interrupt.abort(new Error("interrupted"));
  });
}
// Nobody reads any more (`| head`, a closed terminal): as if it had been stopped.
process.stdout.on("error", () => interrupt.abort(new Error("interrupted")));
process.stderr.on("error", () => undefined);

try {
  const options = parseOptions(process.argv.slice(2), process.stdout.isTTY === true);
  if (options === undefined) process.stdout.write(USAGE);
  else {
    // Loaded late: help, and a fault in the options, are told at once.
    const { runJob } = await import("./job/run.ts");
    process.exitCode = await runJob(options, createConsole(process.stdout), interrupt.signal);
  }
} catch (error) {
  if (interrupt.signal.aborted) {
    process.stderr.write(
      `${pc.yellow("Interrupted:")} what was finished is kept; the same command goes on from there.\n`,
    );
    process.exitCode = INTERRUPTED;
  } else {
    process.stderr.write(`${pc.red("pix:")} ${faultText(error)}\n`);
    process.exitCode = EXIT.fault;
  }
}
