import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { systemClock } from "@esteira/core/clock";
import { METRICS_TYPE } from "@esteira/core/metrics";
import { monitorMetrics } from "@esteira/monitor/exposition/monitor-metrics";
import type { Observed } from "@esteira/monitor/watch/watcher";

/** Serves /metrics for Prometheus and /health; every other path is 404. */
export async function serveMetrics(
  observe: () => readonly Observed[],
  { host, port }: { readonly host: string; readonly port: number },
): Promise<{ readonly address: string; readonly close: () => Promise<void> }> {
  const metrics = monitorMetrics(observe, systemClock);
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://monitor");
    if (request.method !== "GET" || (pathname !== "/metrics" && pathname !== "/health")) {
      response.writeHead(404, { "content-type": "text/plain" }).end("There are /metrics and /health here.\n");
      return;
    }
    if (pathname === "/health") {
      response.writeHead(200, { "content-type": "text/plain" }).end("OK");
      return;
    }
    metrics.render().then(
      (text) => response.writeHead(200, { "content-type": METRICS_TYPE }).end(text),
      () => response.writeHead(500).end(),
    );
  });
  server.listen(port, host);
  await once(server, "listening");
  const { address, port: bound, family } = server.address() as AddressInfo;
  return {
    address: `http://${family === "IPv6" ? `[${address}]` : address}:${bound}`,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
