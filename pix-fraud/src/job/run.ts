import { randomUUID } from "node:crypto";
import { mkdir, rm } from "node:fs/promises";
import { userInfo } from "node:os";
import { join, resolve } from "node:path";
import { systemClock } from "@esteira/core/clock";
import { EXIT } from "@esteira/lifecycle/gates/verdict";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { createClient } from "@esteira/sdk/client";
import { captureEnvironment } from "@esteira/sdk/node/environment";
import { startServer } from "@esteira/server/start";
import { webAssets } from "@esteira/web/node/assets";
import { endAbandonedRuns } from "./abandoned-runs.ts";
import type { JobConsole } from "./console.ts";
import type { JobContext } from "./context.ts";
import { lockDataFolder } from "./data-lock.ts";
import { readGate } from "./gate-step.ts";
import { type Outcome, runLifecycle } from "./lifecycle.ts";
import type { JobOptions } from "./options.ts";
import { protocolOf } from "./protocol.ts";
import { shownPath } from "./shown-path.ts";
import { summary } from "./summary.ts";

const EXPERIMENT = "pix-fraud";

/**
 * The whole life of the model, once, on a tracking server of its own. Resolves with the exit code; all that it started has
 * stopped when it returns or throws.
 */
export async function runJob(options: JobOptions, console: JobConsole, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const protocol = protocolOf(options);
  const gate = await readGate(protocol, options.gate);
  const data = resolve(options.data);
  await mkdir(data, { recursive: true });
  const unlock = lockDataFolder(data);
  try {
    const webRoot = await webAssets({ onProgress: (line) => console.line(line) });
    const server = await startServer({
      host: "127.0.0.1",
      port: options.port,
      backendStoreUri: `sqlite:///${join(data, "esteira.db")}`,
      artifactsDestination: join(data, "artifacts"),
      webRoot,
    });
    try {
      const ending = await runOn(server.url, { options, protocol, gate, signal }, console, data);
      const seconds = (performance.now() - started) / 1000;
      console.line(summary({ ...ending, url: server.url, port: options.port, dataFolder: shownPath(data), seconds }));
      if (options.stay && !signal.aborted) {
        // The work is done: another job may use the folder beside this server.
        await unlock();
        console.line(`\n   The server stays up until Ctrl-C.`);
        await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
      }
      return ending.refused.length > 0 ? EXIT.refused : EXIT.passed;
    } finally {
      await server.close();
    }
  } finally {
    await unlock();
  }
}

/** The life cycle against the server at `url`, with what it needs besides. */
async function runOn(
  url: string,
  given: Pick<JobContext, "options" | "protocol" | "gate" | "signal">,
  console: JobConsole,
  data: string,
): Promise<Outcome> {
  console.title("Esteira · Pix fraud, from raw transfers to a served, monitored model");
  console.line(`   Tracking server at ${url}\n`);
  const library = await locateXgboost({ onProgress: (line) => console.line(`   ${line}`), signal: given.signal });
  given.signal.throwIfAborted();
  const client = createClient({ baseUrl: url });
  const experimentId = await client.experiments.ensure(EXPERIMENT);
  const abandoned = await endAbandonedRuns(client, experimentId, systemClock());
  if (abandoned > 0) console.line(`   An earlier job was killed: its ${plural(abandoned, "run")} ended as FAILED.\n`);
  // In the data folder, which this job has for itself: what a killed one has left is found and goes.
  const scratch = join(data, "scratch");
  await rm(scratch, { recursive: true, force: true });
  await mkdir(scratch);
  try {
    return await runLifecycle(
      {
        ...given,
        jobId: randomUUID(),
        client,
        experimentId,
        url,
        user: userInfo().username,
        environment: await captureEnvironment(process.cwd()),
        library,
        native: openXgboost(library.path),
        scratch,
        clock: systemClock,
      },
      console,
      data,
    );
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

const plural = (count: number, noun: string) => `${count} ${noun}${count === 1 ? "" : "s"}`;
