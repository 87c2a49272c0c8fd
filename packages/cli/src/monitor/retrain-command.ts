import type { Command } from "../command.ts";

export const monitorRetrain: Command = {
  name: "monitor retrain",
  summary:
    "Train a model anew when its monitor's alerts or the calendar say so: exit code 3 with --once when a training fails",
  arguments: [{ name: "file", summary: "the monitor.yaml, with its part retrain" }],
  options: [
    { flags: "--once", summary: "do what is due and end, for cron" },
    { flags: "--at <instant>", summary: "with --once: as if it were then, for decisions that are replayed" },
    {
      flags: "--state <folder>",
      summary: "where 'monitor run' keeps the state of alerts; .esteira-monitor beside the file when absent",
    },
  ],
  // Loaded when it runs: the other commands of a monitor need no projects.
  run: async (values, terminal) => (await import("./retrain-when-due.ts")).retrainWhenDue(values, terminal),
};
