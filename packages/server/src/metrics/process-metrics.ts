import { readdir } from "node:fs/promises";
import { monitorEventLoopDelay } from "node:perf_hooks";
import type { Metrics } from "@esteira/core/metrics";

/** How often the event loop is asked whether it is late. */
const RESOLUTION_MS = 20;
const NANOSECONDS = 1e9;

/** Memory, processor and event loop of this process, by the names that Prometheus's clients give them. */
export function watchProcess(metrics: Metrics): { readonly close: () => void } {
  const started = Date.now() / 1000 - process.uptime();
  metrics.total("process_cpu_seconds_total", "Processor time used, of the user and the system.", () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1e6;
  });
  metrics.gauge("process_start_time_seconds", "When the process began, in seconds since 1970.", () => started);
  metrics.gauge("process_resident_memory_bytes", "Memory that the process holds.", () => process.memoryUsage.rss());
  // Linux alone tells.
  metrics.gauge("process_open_fds", "Open files and connections.", async () => (await readdir("/proc/self/fd")).length);
  metrics.gauge("nodejs_heap_size_used_bytes", "Memory of JavaScript's objects.", () => process.memoryUsage().heapUsed);
  metrics.gauge(
    "nodejs_external_memory_bytes",
    "Memory of buffers outside of it.",
    () => process.memoryUsage().external,
  );
  return watchEventLoop(metrics);
}

/** Since the scrape before, whoever made it. */
function watchEventLoop(metrics: Metrics): { readonly close: () => void } {
  const delays = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  delays.enable();
  const lateness = (nanoseconds: number): number =>
    // The time between two looks; on time they are one resolution apart. Without a look there is no figure yet.
    Number.isFinite(nanoseconds) ? Math.max(0, nanoseconds / NANOSECONDS - RESOLUTION_MS / 1000) : 0;
  metrics.gauge("nodejs_eventloop_lag_p50_seconds", "How late the event loop was, half of the times.", () =>
    lateness(delays.percentile(50)),
  );
  metrics.gauge("nodejs_eventloop_lag_p99_seconds", "How late it was at the worst hundredth of the times.", () =>
    lateness(delays.percentile(99)),
  );
  metrics.gauge(
    "nodejs_eventloop_lag_max_seconds",
    "How late it was at the most; begins anew with each scrape.",
    () => {
      const latest = lateness(delays.max);
      delays.reset();
      return latest;
    },
  );
  return { close: () => void delays.disable() };
}
