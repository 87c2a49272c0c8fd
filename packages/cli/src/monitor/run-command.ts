import type { Command } from "../command.ts";

export const monitorRun: Command = {
  name: "monitor run",
  summary:
    "Watch models as their monitor.yaml says, and tell who must know: exit code 3 with --once when something fires",
  arguments: [{ name: "file", summary: "the monitor.yaml" }],
  options: [
    { flags: "--also <file>", summary: "a further monitor.yaml; its faults end no other", repeats: true },
    { flags: "--once", summary: "look and tell once, for cron" },
    {
      flags: "--state <folder>",
      summary: "where the state of alerts is kept; .esteira-monitor beside each file when absent",
    },
    {
      flags: "--tracking-uri <uri>",
      summary:
        "tell a server what is seen, for its web UI: a run of each model, with figures over time and open alerts",
    },
    { flags: "--experiment <name>", summary: "of these runs", default: "monitoring" },
    { flags: "-h, --host <host>", summary: "address of /metrics", default: "127.0.0.1" },
    { flags: "-p, --port <port>", summary: "show what is watched to Prometheus at /metrics; 0 is any free port" },
  ],
  // Loaded when it runs: the other commands of a monitor need no mail and no server.
  run: async (values, terminal) => (await import("./run-monitors.ts")).runMonitors(values, terminal),
};
