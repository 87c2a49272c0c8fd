import { readFileSync } from "node:fs";
import { emptyState } from "@esteira/monitor/alerts/monitor-state";
import { unshownSignals } from "@esteira/monitor/exposition/grafana-dashboard";
import { monitorMetrics } from "@esteira/monitor/exposition/monitor-metrics";
import { parseMonitor } from "@esteira/monitor/file/parse-monitor";
import { SIGNAL_NAMES, signalDefinition } from "@esteira/monitor/signals/catalogue";
import { expect, it } from "vitest";

const page = readFileSync(new URL("../../docs/reference/signals.md", import.meta.url), "utf8");
const rows = page
  .split("\n")
  .filter((line) => line.startsWith("| `"))
  .map((line) => line.split("|").map((cell) => cell.trim()));

it("docs/reference/signals.md says of each signal what the catalogue says", () => {
  const of = { window: "window", freshness: "now", report: "report" } as const;
  const told = rows.filter(([, name]) => !name?.startsWith("`esteira_")).map((cells) => cells.slice(1, 6));
  expect(told).toEqual(
    SIGNAL_NAMES.map((name) => {
      const { unit, labels, source, means } = signalDefinition(name);
      return [`\`${name}\``, unit, labels.map((label) => `\`${label}\``).join(", "), of[source], means.en];
    }),
  );
});

it("and of each of the monitor's own metrics what /metrics says", async () => {
  const file = parseMonitor(`version: 1
model: pix
ledger: ledger
reference: { file: reference.parquet }
budget: { share: 0.01 }
rules: [{ name: verdict, signal: verdict, above: 1, severity: watch }]
`);
  const observed = {
    file,
    state: emptyState("pix"),
    signals: [],
    report: undefined,
    lookSeconds: 0,
    faults: 0,
    deliveries: [],
  };
  const text = await monitorMetrics(
    () => [observed],
    () => 0,
  ).render();
  const shown = [...text.matchAll(/^# HELP (esteira_monitor_\w+) (.*)$/gm)].map(([, name, help]) => [
    `\`${name}\``,
    help,
  ]);
  const told = rows.filter(([, name]) => name?.startsWith("`esteira_monitor_")).map((cells) => [cells[1], cells[4]]);
  expect([...told].sort()).toEqual([...shown].sort());
});

it("the dashboard shows every signal", () => {
  expect(unshownSignals()).toEqual([]);
});
