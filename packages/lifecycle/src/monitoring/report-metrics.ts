import type { MonitorReport } from "./monitor.ts";

/** The figures of a report that a run keeps, so that reports can be compared over time. What is not known is left out. */
export function reportMetrics({
  alertRate,
  scoreDrift,
  drift,
  latency,
  performance,
}: MonitorReport): Record<string, number> {
  const metrics = {
    alert_rate: alertRate.rate,
    score_psi: scoreDrift.psi,
    drifted_features: drift.filter((row) => row.level !== "stable").length,
    ...(latency === null ? {} : { latency_p50_ms: latency.p50, latency_p99_ms: latency.p99 }),
    ...(performance.mature === null
      ? {}
      : { mature_recall: performance.mature.recall, mature_frauds: performance.mature.frauds }),
  };
  return Object.fromEntries(Object.entries(metrics).filter(([, value]) => Number.isFinite(value)));
}
