import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { isAbsolute, join, relative, resolve } from "node:path";
import { systemClock } from "@esteira/core/clock";
import { EXIT } from "@esteira/lifecycle/gates/verdict";
import { locateXgboost } from "@esteira/models/engines/xgboost/library";
import { openXgboost } from "@esteira/models/engines/xgboost/native";
import { createClient } from "@esteira/sdk/client";
import { captureEnvironment } from "@esteira/sdk/node/environment";
import { startServer } from "@esteira/server/start";
import { webAssets } from "@esteira/web/node/assets";
import type { JobConsole } from "./console.ts";
import { runLifecycle } from "./lifecycle.ts";
import type { JobOptions } from "./options.ts";
import { protocolOf } from "./protocol.ts";
import { summary } from "./summary.ts";

const EXPERIMENT = "pix-fraud";

/**
 * The whole life of the model, once, on a tracking server of its own. Resolves with the exit code; all that it started has
 * stopped when it returns or throws.
 */
export async function runJob(options: JobOptions, console: JobConsole, signal: AbortSignal): Promise<number> {
  const started = performance.now();
  const data = resolve(options.data);
  await mkdir(data, { recursive: true });
  const webRoot = await webAssets({ onProgress: (line) => console.line(line) });
  const server = await startServer({
    host: "127.0.0.1",
    port: options.port,
    backendStoreUri: `sqlite:///${join(data, "esteira.db")}`,
    artifactsDestination: join(data, "artifacts"),
    webRoot,
  });
  const scratch = await mkdtemp(join(tmpdir(), "esteira-pix-"));
  try {
    console.title("Esteira · Pix fraud, from raw transfers to a served, monitored model");
    console.line(`   Tracking server at ${server.url}\n`);
    const library = await locateXgboost({ onProgress: (line) => console.line(`   ${line}`) });
    const client = createClient({ baseUrl: server.url });
    const ending = await runLifecycle(
      {
        options,
        protocol: protocolOf(options),
        client,
        experimentId: await client.experiments.ensure(EXPERIMENT),
        url: server.url,
        user: userInfo().username,
        environment: await captureEnvironment(process.cwd()),
        library,
        native: openXgboost(library.path),
        signal,
        scratch,
        clock: systemClock,
      },
      console,
      data,
    );
    const seconds = (performance.now() - started) / 1000;
    console.line(summary({ ...ending, url: server.url, dataFolder: shown(data), seconds }));
    if (options.stay && !signal.aborted) {
      console.line(`\n   The server stays up until Ctrl-C.`);
      await new Promise<void>((done) => signal.addEventListener("abort", () => done(), { once: true }));
    }
    return ending.refused.length > 0 ? EXIT.refused : EXIT.passed;
  } finally {
    await server.close();
    await rm(scratch, { recursive: true, force: true });
  }
}

/** A path as a person would type it here. */
const shown = (path: string): string => {
  const near = relative(process.cwd(), path);
  return near === "" ? "." : near.startsWith("..") || isAbsolute(near) ? path : near;
};
