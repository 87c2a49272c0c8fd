/**
 * What runs in an image of ours, as its first process: serves the one model that is there, or routes between such servers. It is told everything
 * by its environment, and writes nothing unless it is told to. The argument `serve` is what SageMaker gives, and changes nothing.
 */
import { statSync } from "node:fs";
import { EsteiraError } from "@esteira/core/errors";
import { resolveModel } from "@esteira/sdk/node/model-uri";
import { containerSettings, MODEL_FOLDERS, routeSettings } from "./container-settings.ts";
import { holdYoungSpace } from "./young-space.ts";

const say = (line: string): void => void process.stdout.write(`${line}\n`);
const note = (line: string): void => void process.stderr.write(`${line}\n`);

/** A folder that may not be looked into is no reason to serve another model than the one that was put there. */
function holdsModel(folder: string): boolean {
  try {
    return statSync(`${folder}/MLmodel`, { throwIfNoEntry: false }) !== undefined;
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    throw new EsteiraError(
      "INVALID_STATE",
      `The model in ${folder} cannot be read by user ${process.getuid?.()}: ${why}.`,
    );
  }
}

async function run(stop: AbortController, stopped: Promise<void>): Promise<void> {
  const [asked = "serve", ...more] = process.argv.slice(2);
  if (asked === "serve" && more.length === 0) return serve(stop, stopped);
  if (asked === "route" && more.length === 0) return route(stopped);
  if (asked === "predict" && more.length === 0) return predict(stop);
  const words = [asked, ...more].join(" ");
  throw new EsteiraError(
    "INVALID_PARAMETER_VALUE",
    `This image knows 'serve', 'route' and 'predict', and was asked for '${words}'; the rest its environment says.`,
  );
}

/** In front of servers of two versions, by a file that who deploys writes: a canary's share, and a shadow. */
async function route(stopped: Promise<void>): Promise<void> {
  const { startRouter } = await import("./router.ts");
  const router = await startRouter({ ...routeSettings(process.env), note });
  say(`Routing at ${router.address}, ready after ${Math.round(performance.now())} ms.`);
  await stopped;
  await router.close();
}

/** One file, for a batch. */
async function predict(stop: AbortController): Promise<void> {
  const { runBatch } = await import("./batch-run.ts");
  const { env } = process;
  const done = await runBatch({ folder: modelFolder(), env, now: new Date(), note, signal: stop.signal });
  // Whoever stopped it is to know that the output is not there.
  if (!done.isComplete) process.exit(143);
}

function modelFolder(): string {
  const named = process.env.ESTEIRA_MODEL || MODEL_FOLDERS.find(holdsModel);
  if (named !== undefined) return named;
  throw new EsteiraError(
    "RESOURCE_DOES_NOT_EXIST",
    `There is no model in ${MODEL_FOLDERS.join(" nor in ")}: put a model folder there, or name another in ESTEIRA_MODEL.`,
  );
}

async function serve(stop: AbortController, stopped: Promise<void>): Promise<void> {
  const named = modelFolder();
  const settings = containerSettings(process.env, named);
  holdYoungSpace();
  const { startServingProcess } = await import("./serving-process.ts");
  const noServer = () => {
    throw new EsteiraError(
      "INVALID_PARAMETER_VALUE",
      `ESTEIRA_MODEL is '${named}': expected a folder in the container.`,
    );
  };
  const { name, version } = await resolveModel(named, noServer);
  const serving = await startServingProcess(settings, { primary: { folder: named, name, version } }, note, stop.signal);
  say(`Serving ${name} version ${version} at ${serving.address}, ready after ${Math.round(performance.now())} ms.`);
  await stopped;
  await serving.close();
}

const stop = new AbortController();
const stopped = new Promise<void>((resolve) => {
  for (const signal of ["SIGTERM", "SIGINT"] as const)
    process.once(signal, () => {
      stop.abort();
      resolve();
    });
});
try {
  await run(stop, stopped);
  process.exit(0);
} catch (error) {
  // What was being started has been ended because of it.
  if (stop.signal.aborted) process.exit(0);
  note(
    `esteira: ${error instanceof EsteiraError ? error.message : error instanceof Error ? error.stack : String(error)}`,
  );
  process.exit(error instanceof EsteiraError ? 2 : 1);
}
