import { type Command, text } from "../command.ts";

const FILE = [{ name: "file", summary: "the monitor.yaml" }];

export const monitorExports: readonly Command[] = [
  {
    name: "monitor export grafana",
    summary: "Write a dashboard for Grafana to import, of what 'monitor run --port' shows to Prometheus",
    arguments: FILE,
    options: [],
    async run(values, terminal) {
      const { grafanaDashboard } = await import("@esteira/monitor/exposition/grafana-dashboard");
      const { readMonitor } = await import("./monitor-file.ts");
      const { file } = await readMonitor(text(values, "file") ?? "");
      terminal.out(JSON.stringify(grafanaDashboard(file), null, 2));
      return 0;
    },
  },
  {
    name: "monitor export prometheus",
    summary: "Write alert rules for Prometheus: the monitor's alerts as they stand, and the monitor itself",
    arguments: FILE,
    options: [],
    async run(values, terminal) {
      const { prometheusRules } = await import("@esteira/monitor/exposition/prometheus-rules");
      const { readMonitor } = await import("./monitor-file.ts");
      const { file } = await readMonitor(text(values, "file") ?? "");
      terminal.out(prometheusRules(file).trimEnd());
      return 0;
    },
  },
];
