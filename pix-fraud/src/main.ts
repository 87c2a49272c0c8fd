import { EsteiraError } from "@esteira/core/errors";
import { EXIT } from "@esteira/lifecycle/gates/verdict";
import pc from "picocolors";
import { createConsole } from "./job/console.ts";
import { parseOptions, USAGE } from "./job/options.ts";
import { runJob } from "./job/run.ts";

const INTERRUPTED = 130;
const interrupt = new AbortController();
for (const signal of ["SIGINT", "SIGTERM"] as const) {
  process.on(signal, () => {
    // Twice means now.
    if (interrupt.signal.aborted) process.exit(INTERRUPTED);
    interrupt.abort(new Error("interrupted"));
  });
}

try {
  const options = parseOptions(process.argv.slice(2), process.stdout.isTTY === true);
  if (options === undefined) process.stdout.write(USAGE);
  else process.exitCode = await runJob(options, createConsole(process.stdout), interrupt.signal);
} catch (error) {
  if (interrupt.signal.aborted) {
    process.stderr.write(
      `${pc.yellow("Interrupted:")} what was finished is kept; the same command goes on from there.\n`,
    );
    process.exitCode = INTERRUPTED;
  } else {
    const text =
      error instanceof EsteiraError
        ? error.message
        : error instanceof Error
          ? (error.stack ?? error.message)
          : String(error);
    process.stderr.write(`${pc.red("pix:")} ${text}\n`);
    process.exitCode = EXIT.fault;
  }
}
