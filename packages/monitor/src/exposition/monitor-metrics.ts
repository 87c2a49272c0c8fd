import type { Clock } from "@esteira/core/clock";
import { createMetrics, type Metrics, type Sample } from "@esteira/core/metrics";
import { isWaiting } from "../delivery/outbox.ts";
import { durationText } from "../file/duration.ts";
import { SIGNAL_NAMES, signalDefinition } from "../signals/catalogue.ts";
import type { Observed } from "../watch/watcher.ts";
import * as names from "./names.ts";

/** Everything that monitors show to Prometheus: signals, states of alerts, deliveries, and how they are themselves. */
export function monitorMetrics(observe: () => readonly Observed[], clock: Clock): Metrics {
  const metrics = createMetrics();
  for (const name of SIGNAL_NAMES) {
    const definition = signalDefinition(name);
    const labels = names.metricLabels(definition);
    const read = () =>
      observe().flatMap(({ file, signals }) =>
        signals
          .filter((signal) => signal.name === name)
          .map((signal): Sample => {
            const window = signal.windowMs === undefined ? "" : durationText(signal.windowMs);
            const told: Readonly<Record<string, string | undefined>> = { ...signal.labels, model: file.model, window };
            return { value: names.metricValue(name, signal.value), labels: labels.map((label) => told[label] ?? "") };
          }),
      );
    metrics.gauge(names.metricName(name), definition.means.en, read, labels);
  }
  addAlerts(metrics, observe);
  addDeliveries(metrics, observe, clock);
  const each = (of: (observed: Observed) => number) => () =>
    observe().map((observed): Sample => ({ value: of(observed), labels: [observed.file.model] }));
  metrics.gauge(
    names.LOOKED_AT,
    "When the monitor looked last, in seconds since 1970; 0 before the first time.",
    each(({ state }) => (state.lookedAt ?? 0) / 1000),
    ["model"],
  );
  metrics.gauge(
    names.LOOK_SECONDS,
    "How long the last look took.",
    each(({ lookSeconds }) => lookSeconds),
    ["model"],
  );
  metrics.total(
    names.FAULTS,
    "What went wrong in the monitor itself: reading, writing, telling.",
    each(({ faults }) => faults),
    ["model"],
  );
  return metrics;
}

const STATE_LABELS = ["model", "rule", "severity", "state", "cause", "version", "arm", "feature", "typology"] as const;

/** As Prometheus shows its own: 1 for each alert that is pending or firing. */
function addAlerts(metrics: Metrics, observe: () => readonly Observed[]): void {
  metrics.gauge(
    names.ALERT_STATE,
    "1 for each alert that is pending or firing.",
    () =>
      observe().flatMap(({ file, state }) =>
        state.alerts
          .filter(({ phase }) => phase === "pending" || phase === "firing")
          .map(({ rule, severity, phase, cause, labels }): Sample => {
            const told: Readonly<Record<string, string | undefined>> = {
              ...labels,
              model: file.model,
              rule,
              severity,
              state: phase,
              cause,
            };
            return { value: 1, labels: STATE_LABELS.map((label) => told[label] ?? "") };
          }),
      ),
    STATE_LABELS,
  );
}

function addDeliveries(metrics: Metrics, observe: () => readonly Observed[], clock: Clock): void {
  metrics.total(
    names.DELIVERIES,
    "Attempts to tell a receiver, by what came of them.",
    () =>
      observe().flatMap(({ file, deliveries }) =>
        deliveries.map(
          ({ receiver, outcome, count }): Sample => ({ value: count, labels: [file.model, receiver, outcome] }),
        ),
      ),
    ["model", "receiver", "outcome"],
  );
  const byReceiver = (of: (outbox: Observed["state"]["outbox"]) => number) => () =>
    observe().flatMap(({ file, state }) =>
      Object.keys(file.receivers).map((receiver): Sample => {
        const own = state.outbox.filter(({ notification }) => notification.receiver === receiver);
        return { value: of(own), labels: [file.model, receiver] };
      }),
    );
  const labels = ["model", "receiver"];
  metrics.gauge(
    names.WAITING,
    "Messages that a receiver is still to get.",
    byReceiver((own) => own.filter(isWaiting).length),
    labels,
  );
  metrics.gauge(
    names.OLDEST_WAITING,
    "Since when the oldest of them waits; 0 when none does.",
    byReceiver((own) => {
      const since = own.filter(isWaiting).map(({ notification }) => notification.at);
      return since.length === 0 ? 0 : Math.max(0, clock() - Math.min(...since)) / 1000;
    }),
    labels,
  );
  metrics.gauge(
    names.GIVEN_UP,
    "Messages that a receiver, or one of its recipients, will not get; of the last seven days.",
    byReceiver((own) => own.filter((delivery) => !isWaiting(delivery)).length),
    labels,
  );
}
