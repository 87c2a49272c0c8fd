import { EsteiraError } from "@esteira/core/errors";
import pc from "picocolors";
import { type Command, text } from "../command.ts";
import { trackingClient } from "../tracking.ts";

/** As diff(1) ends: 0 without differences, 1 with some, 2 in trouble. */
const DIFFERENT = 1;
const TROUBLE = 2;

export const diff: Command = {
  name: "diff",
  summary: "Say what differs between two runs: code, params, data, environment, metrics, model, artifacts",
  arguments: [
    { name: "a", summary: "a run's id" },
    { name: "b", summary: "another's" },
  ],
  options: [
    { flags: "--all", summary: "compare timings too, which differ between any two runs" },
    { flags: "--json", summary: "print the result as JSON, with whole digests" },
  ],
  async run(values, terminal) {
    const client = trackingClient(terminal);
    const [{ readFacts, givenRun }, { compareRuns, isEqual }, { codeText }, { describeComparison }] = await Promise.all(
      [
        import("@esteira/projects/diff/read-facts"),
        import("@esteira/projects/diff/compare"),
        import("@esteira/projects/diff/code-text"),
        import("@esteira/projects/diff/describe"),
      ],
    );
    try {
      const [one, other] = [givenRun(text(values, "a") ?? ""), givenRun(text(values, "b") ?? "")];
      const [a, b] = [await readFacts(client, one), await readFacts(client, other)];
      const comparison = compareRuns(a, b, values.all === true ? { ignored: [] } : {});
      const code =
        comparison.differences.code.length === 0 ? { text: "" } : await codeText(a.code, b.code, process.cwd());
      const equal = isEqual(comparison);
      if (values.json === true) {
        terminal.out(JSON.stringify({ a: a.runId, b: b.runId, isEqual: equal, ...comparison, code }, null, 2));
      } else {
        for (const line of describeComparison(a, b, comparison)) terminal.out(line);
        if ("missing" in code) terminal.out(`The code's difference cannot be shown: ${code.missing}.`);
        else if (code.text !== "") terminal.out(`\n${code.text.trimEnd()}`);
        terminal.note(equal ? pc.green("Nothing that counts differs.") : "");
      }
      return equal ? 0 : DIFFERENT;
    } catch (error) {
      if (error instanceof EsteiraError) throw error;
      // 1 would say that the runs differ.
      terminal.note(`${pc.red("esteira: a defect of ours, please report it:")}\n${String(error)}`);
      return TROUBLE;
    }
  },
};
