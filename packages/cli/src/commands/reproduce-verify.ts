import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { trackingClient } from "../tracking.ts";
import { conclusion } from "./reproduce.ts";

/** The verdict does not hold: it was altered, a stranger signed it, or a run has changed since. */
const FAULTY = 3;

export const reproduceVerify: Command = {
  name: "reproduce verify",
  summary:
    "Check the verdict of a reproduction: its signature, whose it is, and whether both runs are still what it says",
  arguments: [{ name: "run", summary: "the id of either run" }],
  options: [{ flags: "--json", summary: "print the result as JSON" }],
  async run(values, terminal) {
    const [{ verifyVerdict }, { givenRun }] = await Promise.all([
      import("@esteira/projects/reproduce/verify-verdict"),
      import("@esteira/projects/diff/read-facts"),
    ]);
    const run = givenRun(text(values, "run") ?? "");
    const result = await verifyVerdict(trackingClient(terminal), run, terminal.env);
    if (values.json === true) terminal.out(JSON.stringify(result, null, 2));
    else {
      for (const { name, passed, detail } of result.checks)
        terminal.out(`${passed ? pc.green("✓") : pc.red("✗")} ${name.padEnd(9)} ${detail}`);
      if (result.passed) for (const line of conclusion(result.verdict)) terminal.out(line);
    }
    return result.passed ? 0 : FAULTY;
  },
};
