/**
 * The decision service of bench/decision.ts, a process of its own, so that it can have a core of its own: opens the model
 * folder, makes the first rows of the ledger past, listens on a free port and says which. Answers every message with what
 * its processor has worked so far.
 */
import type { AddressInfo } from "node:net";
import { createScoringServer } from "@esteira/models/serving/scoring-server";
import { createDecisionService } from "../pix-fraud/src/service/decision-service.ts";
import { openFraudModel } from "../pix-fraud/src/service/fraud-model.ts";
import { mountDecisionRoutes } from "../pix-fraud/src/service/routes.ts";
import { simulateWorld } from "../pix-fraud/src/world/simulate.ts";

export interface ServerOrder {
  readonly folder: string;
  /** Of the simulated world whose first `past` rows the service has seen. */
  readonly transfers: number;
  readonly seed: number;
  readonly days: number;
  readonly past: number;
}

/** Milliseconds of each request, from its head's arrival to its answer's last byte, as this process sees them. */
const inside: number[] = [];

async function serve({ folder, transfers, seed, days, past }: ServerOrder): Promise<number> {
  const service = createDecisionService(await openFraudModel(folder));
  service.warm(simulateWorld({ transfers, seed, days }), past);
  const identity = { modelName: "bench", modelVersion: "1" };
  const app = await createScoringServer({
    model: service.model.loaded,
    extend: (server) => {
      server.addHook("onResponse", (_request, reply, done) => {
        inside.push(reply.elapsedTime);
        done();
      });
      mountDecisionRoutes(server, service, identity);
    },
  });
  await app.listen({ host: "127.0.0.1", port: 0 });
  return (app.server.address() as AddressInfo).port;
}

process.once("message", (order: ServerOrder) => {
  void serve(order).then((port) => {
    process.send?.({ port });
    process.on("message", () => {
      const { user, system } = process.cpuUsage();
      process.send?.({
        cpuMicros: user + system,
        residentMb: process.resourceUsage().maxRSS / 1024,
        inside: inside.splice(0),
      });
    });
  });
});
process.on("disconnect", () => process.exit());
