import type { MonitorFile } from "../file/monitor-file.ts";
import { SIGNAL_NAMES, type SignalName, type SignalUnit, signalDefinition } from "../signals/catalogue.ts";
import * as names from "./names.ts";

const GRAFANA_UNITS: Readonly<Record<SignalUnit, string>> = {
  share: "percentunit",
  points: "percentunit",
  ratio: "none",
  count: "short",
  milliseconds: "s",
  seconds: "s",
  days: "s",
  money: "short",
  index: "none",
  flag: "bool",
};

interface Panel {
  readonly title: string;
  readonly description?: string;
  readonly type: "timeseries" | "stat" | "table";
  readonly unit: string;
  readonly queries: readonly { readonly expr: string; readonly legend: string }[];
}

const MODEL = 'model="$model"';

const signalPanel = (title: string, signals: readonly SignalName[]): Panel => {
  const [first] = signals;
  const { unit, means } = signalDefinition(first!);
  return {
    title,
    description: means.en,
    type: "timeseries",
    unit: GRAFANA_UNITS[unit],
    queries: signals.map((name) => {
      const labels = names.metricLabels(signalDefinition(name)).filter((label) => label !== "model");
      const legend = [name, ...labels.map((label) => `{{${label}}}`)].join(" ");
      return { expr: `${names.metricName(name)}{${MODEL}}`, legend };
    }),
  };
};

const PANELS: readonly Panel[] = [
  {
    title: "Alerts",
    type: "table",
    unit: "none",
    queries: [{ expr: `${names.ALERT_STATE}{${MODEL}}`, legend: "{{rule}} {{state}}" }],
  },
  signalPanel("Verdict of the report", ["verdict"]),
  signalPanel("Decisions", ["decisions"]),
  signalPanel("Decisions beside last week", ["decisions_vs_last_week"]),
  signalPanel("Share alerted", ["alert_rate"]),
  signalPanel("Load of the analysts", ["desk_load", "alert_budget_use"]),
  signalPanel("Latency", ["latency_p50", "latency_p99"]),
  signalPanel("Slow answers", ["slow_share"]),
  signalPanel("Faults of the services", ["error_share"]),
  signalPanel("Decisions without a record", ["decisions_unrecorded"]),
  signalPanel("Age of the last decision, label and report", ["decision_age", "label_age", "report_age"]),
  signalPanel("Recall of mature cohorts", ["recall_low", "recall", "recall_high", "value_recall"]),
  signalPanel("Recall of the youngest cohort, estimated", [
    "recall_estimated_low",
    "recall_estimated",
    "recall_estimated_high",
  ]),
  signalPanel("Precision", ["precision", "precision_estimated"]),
  signalPanel("Recall by typology", ["typology_recall"]),
  signalPanel("Known frauds by typology", ["typology_frauds"]),
  signalPanel("New typologies", ["typology_new"]),
  signalPanel("Fall of recall by typology", ["typology_recall_fall"]),
  signalPanel("Scores of known frauds", ["fraud_score_fall"]),
  signalPanel("Drift of the scores", ["score_drift"]),
  signalPanel("Drift of features by impact", ["feature_drift_impact"]),
  signalPanel("Drift of features", ["feature_drift"]),
  signalPanel("Missing values", ["feature_missing", "feature_missing_rise"]),
  signalPanel("Labels still to come", ["labels_to_come"]),
  signalPanel("Delay of labels", ["label_delay_p50", "label_delay_p90"]),
  signalPanel("Estimates come true", ["estimates_trusted"]),
  signalPanel("Since the last retraining", ["retraining_age"]),
  signalPanel("The last retraining failed", ["retraining_failed"]),
  signalPanel("Money of frauds", ["money_saved", "money_lost", "money_at_risk", "money_alerted"]),
  {
    title: "Messages",
    type: "timeseries",
    unit: "short",
    queries: [
      {
        expr: `sum by (receiver, outcome) (increase(${names.DELIVERIES}{${MODEL}}[1h]))`,
        legend: "{{receiver}} {{outcome}}",
      },
      { expr: `${names.WAITING}{${MODEL}}`, legend: "{{receiver}} waiting" },
      { expr: `${names.GIVEN_UP}{${MODEL}}`, legend: "{{receiver}} given up" },
    ],
  },
  {
    title: "The monitor itself",
    type: "timeseries",
    unit: "s",
    queries: [
      { expr: `time() - ${names.LOOKED_AT}{${MODEL}}`, legend: "since the last look" },
      { expr: `${names.LOOK_SECONDS}{${MODEL}}`, legend: "a look takes" },
      { expr: `${names.OLDEST_WAITING}{${MODEL}}`, legend: "{{receiver}} waits" },
      { expr: `increase(${names.FAULTS}{${MODEL}}[1h])`, legend: "faults an hour" },
    ],
  },
];

/** Signals that no panel shows: none, as a test holds. */
export const unshownSignals = (): readonly SignalName[] => {
  const shown = new Set(PANELS.flatMap(({ queries }) => queries.map(({ expr }) => expr.split("{")[0])));
  return SIGNAL_NAMES.filter((name) => !shown.has(metricOf(name)));
};
const metricOf = (name: SignalName): string => names.metricName(name);

const [WIDTH, HEIGHT, COLUMNS] = [12, 8, 2];

/** A dashboard for Grafana to import: every signal, alerts, messages and the monitor itself, of one model at a time. */
export function grafanaDashboard(file: Pick<MonitorFile, "model">): Record<string, unknown> {
  const datasource = { type: "prometheus", uid: "$datasource" };
  return {
    title: `Esteira: ${file.model}`,
    uid: `esteira-${file.model.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`.slice(0, 40),
    tags: ["esteira"],
    schemaVersion: 39,
    editable: true,
    time: { from: "now-24h", to: "now" },
    refresh: "1m",
    templating: {
      list: [
        { name: "datasource", type: "datasource", query: "prometheus" },
        {
          name: "model",
          type: "query",
          datasource,
          query: `label_values(${names.LOOKED_AT}, model)`,
          refresh: 2,
          current: { text: file.model, value: file.model },
        },
      ],
    },
    panels: PANELS.map(({ title, description, type, unit, queries }, i) => ({
      id: i + 1,
      title,
      ...(description === undefined ? {} : { description }),
      type,
      datasource,
      gridPos: { x: (i % COLUMNS) * WIDTH, y: Math.floor(i / COLUMNS) * HEIGHT, w: WIDTH, h: HEIGHT },
      fieldConfig: { defaults: { unit }, overrides: [] },
      targets: queries.map(({ expr, legend }, at) => ({
        refId: String.fromCharCode(65 + at),
        datasource,
        expr,
        legendFormat: legend,
        ...(type === "table" ? { instant: true, format: "table" } : {}),
      })),
    })),
  };
}
