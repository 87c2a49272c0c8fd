import { type SignalDefinition, type SignalName, type SignalUnit, signalDefinition } from "../signals/catalogue.ts";

/** Prometheus's names end with their unit, in base units. */
const SUFFIX: Readonly<Record<SignalUnit, string>> = {
  share: "_ratio",
  points: "_ratio",
  ratio: "_ratio",
  count: "",
  milliseconds: "_seconds",
  seconds: "_seconds",
  days: "_seconds",
  money: "",
  index: "",
  flag: "",
};

const SECONDS: Readonly<Partial<Record<SignalUnit, number>>> = { milliseconds: 1e-3, days: 86_400 };

/** What a signal is called at /metrics. */
export const metricName = (name: SignalName): string => `esteira_model_${name}${SUFFIX[signalDefinition(name).unit]}`;

/** A signal's value in the unit of its metric. */
export const metricValue = (name: SignalName, value: number): number =>
  value * (SECONDS[signalDefinition(name).unit] ?? 1);

/** The labels of a signal's metric: the model, the window where the signal has one, and the signal's own. */
export const metricLabels = ({ source, labels }: SignalDefinition): readonly string[] => [
  "model",
  ...(source === "window" ? ["window"] : []),
  ...labels,
];

export const ALERT_STATE = "esteira_monitor_alert_state";
export const LOOKED_AT = "esteira_monitor_last_look_timestamp_seconds";
export const LOOK_SECONDS = "esteira_monitor_look_duration_seconds";
export const FAULTS = "esteira_monitor_faults_total";
export const DELIVERIES = "esteira_monitor_deliveries_total";
export const WAITING = "esteira_monitor_deliveries_waiting";
export const OLDEST_WAITING = "esteira_monitor_oldest_waiting_seconds";
export const GIVEN_UP = "esteira_monitor_deliveries_given_up";
