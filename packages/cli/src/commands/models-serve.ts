import cluster from "node:cluster";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import pc from "picocolors";
import type { Command } from "../command.ts";
import { createModelSource, type FetchedModel, type ModelSource } from "../serving/model-source.ts";
import { watchModels } from "../serving/model-watch.ts";
import { SERVE_OPTIONS, type ServeSettings, serveSettings } from "../serving/serve-settings.ts";
import type { FetchedModels, Role, ServingProcess } from "../serving/serving-process.ts";

/** Stopped by Ctrl-C before it served, as a shell tells it. */
const INTERRUPTED = 130;

export const modelsServe: Command = {
  name: "models serve",
  summary: "Serve a model in real time (MLflow's scoring protocol, Open Inference Protocol v2), without Python",
  options: SERVE_OPTIONS,
  async run(values, terminal) {
    const settings = serveSettings(values, terminal.env);
    if (cluster.isWorker) {
      const { runWorker } = await import("../serving/workers.ts");
      await runWorker(terminal.interrupted, terminal.note);
      return 0;
    }
    const stop = new AbortController();
    const interrupted = terminal.interrupted().then(() => stop.abort());
    const scratch = await mkdtemp(join(tmpdir(), "esteira-serve-"));
    try {
      const client = async () => (await import("../tracking.ts")).trackingClient(terminal);
      if (settings.deployment !== undefined) {
        const { serveOrders } = await import("../serving/serve-orders.ts");
        await serveOrders({ folder: settings.deployment, settings, scratch, client, note: terminal.note, stop });
        return 0;
      }
      const follow = (uri: string, role: Role): ModelSource => createModelSource(uri, join(scratch, role), client);
      const sources = {
        primary: follow(settings.uri, "primary"),
        ...(settings.canary && { canary: follow(settings.canary.uri, "canary") }),
        ...(settings.shadowUri !== undefined && { shadow: follow(settings.shadowUri, "shadow") }),
      };
      const models: FetchedModels = {
        primary: await first(sources.primary),
        ...(sources.canary && { canary: await first(sources.canary) }),
        ...(sources.shadow && { shadow: await first(sources.shadow) }),
      };
      const serving = await start(settings, models, terminal.note, stop.signal);
      const watch = watchModels({
        sources,
        served: models,
        refreshSeconds: settings.refreshSeconds,
        swap: serving.swap,
        note: terminal.note,
      });
      const { name, version } = models.primary;
      terminal.out(
        `Serving ${pc.bold(settings.uri)} (${name} version ${version}) at ${pc.bold(serving.address)}  ${pc.dim("(Ctrl-C stops it)")}`,
      );
      await interrupted;
      await watch.stop();
      await serving.close();
      return 0;
    } catch (error) {
      // What was being started has been ended because of it.
      if (stop.signal.aborted) return INTERRUPTED;
      throw error;
    } finally {
      await rm(scratch, { recursive: true, force: true });
    }
  },
};

async function first(source: ModelSource): Promise<FetchedModel> {
  const model = await source.next();
  if (model === undefined) throw new Error(`${source.uri} was asked for the first time, and is not new`);
  return model;
}

async function start(
  settings: ServeSettings,
  models: FetchedModels,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<ServingProcess> {
  if (settings.workers > 1) {
    const { startWorkers } = await import("../serving/workers.ts");
    return startWorkers(settings, models, note, signal);
  }
  const { startServingProcess } = await import("../serving/serving-process.ts");
  return startServingProcess(settings, models, note, signal);
}
