import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { EsteiraError } from "@esteira/core/errors";
import { mergeMetrics } from "@esteira/models/serving/merge-metrics";
import type { FetchedModel } from "./model-source.ts";
import type { ServeSettings } from "./serve-settings.ts";
import { type FetchedModels, type Role, type ServingProcess, startServingProcess } from "./serving-process.ts";

/** What the processes say to each other. `id` pairs an answer with its question. */
type ToWorker =
  | { readonly kind: "start"; readonly settings: ServeSettings; readonly models: FetchedModels }
  | { readonly kind: "swap"; readonly id: number; readonly role: Role; readonly model: FetchedModel }
  | { readonly kind: "own-metrics"; readonly id: number }
  | { readonly kind: "all-metrics"; readonly id: number; readonly text: string };
type FromWorker =
  | { readonly kind: "ready" }
  | { readonly kind: "serving"; readonly address: string }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "swapped"; readonly id: number; readonly error?: string }
  | { readonly kind: "own-metrics"; readonly id: number; readonly text: string }
  | { readonly kind: "ask-metrics"; readonly id: number };

/** How long another process may take to tell its metrics: one that is stuck must not hide the others. */
const METRICS_MS = 1000;
/** A worker that ends sooner after its start than this is not started again at once. */
const SHORT_LIFE_MS = 2000;

/** Starts `settings.workers` processes that share the port. One that dies is replaced. Call in the first process only. `signal` ends the start. */
export async function startWorkers(
  settings: ServeSettings,
  models: FetchedModels,
  note: (line: string) => void,
  signal: AbortSignal,
): Promise<ServingProcess> {
  const served: Record<string, FetchedModel> = { ...models };
  const workers = new Set<Worker>();
  /** Those that listen to what they are told; a message before that would be lost. */
  const ready = new Set<Worker>();
  const answers = new Map<number, (message: FromWorker) => void>();
  let nextId = 1;
  let isClosing = false;

  const say = (worker: Worker, message: ToWorker): void => {
    if (worker.isConnected()) worker.send(message);
  };
  const ask = (
    worker: Worker,
    make: (id: number) => ToWorker,
    milliseconds?: number,
  ): Promise<FromWorker | undefined> =>
    new Promise((resolve) => {
      const id = nextId++;
      const timer = milliseconds === undefined ? undefined : setTimeout(() => end(undefined), milliseconds);
      const onGone = () => end(undefined);
      const end = (message: FromWorker | undefined): void => {
        clearTimeout(timer);
        answers.delete(id);
        worker.off("exit", onGone);
        resolve(message);
      };
      answers.set(id, end);
      worker.once("exit", onGone);
      say(worker, make(id));
    });
  const gatherMetrics = async (): Promise<string> => {
    const told = await Promise.all(
      [...ready].map((worker) => ask(worker, (id) => ({ kind: "own-metrics", id }), METRICS_MS)),
    );
    return mergeMetrics(told.flatMap((message) => (message?.kind === "own-metrics" ? [message.text] : [])));
  };

  const start = (): Promise<string> =>
    new Promise((resolve, reject) => {
      const worker = cluster.fork();
      const since = performance.now();
      workers.add(worker);
      worker.on("message", (message: FromWorker) => {
        if (message.kind === "ready") {
          ready.add(worker);
          say(worker, { kind: "start", settings, models: served as FetchedModels });
        } else if (message.kind === "serving") resolve(message.address);
        else if (message.kind === "failed") reject(new EsteiraError("INVALID_PARAMETER_VALUE", message.message));
        else if (message.kind === "ask-metrics") {
          void gatherMetrics().then((text) => say(worker, { kind: "all-metrics", id: message.id, text }));
        } else answers.get(message.id)?.(message);
      });
      worker.once("exit", (code, signal) => {
        workers.delete(worker);
        ready.delete(worker);
        reject(new EsteiraError("INTERNAL_ERROR", `A worker ended with ${signal ?? `code ${code}`} before it served.`));
        if (isClosing) return;
        note(`A worker ended with ${signal ?? `code ${code}`}; another takes its place.`);
        const wait = performance.now() - since < SHORT_LIFE_MS ? SHORT_LIFE_MS : 0;
        setTimeout(() => {
          if (isClosing) return;
          start().catch((error: Error) => {
            if (!isClosing) note(error.message);
          });
        }, wait);
      });
    });

  let closed: Promise<unknown> | undefined;
  const close = async (): Promise<void> => {
    isClosing = true;
    closed ??= Promise.all(
      [...workers].map(async (worker) => {
        const ended = once(worker, "exit");
        worker.process.kill("SIGTERM");
        await ended;
      }),
    );
    await closed;
  };
  const onAbort = (): void => void close();
  signal.addEventListener("abort", onAbort);
  try {
    const [address] = await Promise.all(Array.from({ length: settings.workers }, start));
    return {
      address: address!,
      async swap(role, model) {
        // A worker that starts meanwhile begins with the new model.
        const former = served[role];
        served[role] = model;
        const told = await Promise.all(
          [...ready].map((worker) => ask(worker, (id) => ({ kind: "swap", id, role, model }))),
        );
        const failed = told.find((message) => message?.kind === "swapped" && message.error !== undefined);
        if (failed?.kind !== "swapped") return;
        if (former !== undefined) served[role] = former;
        throw new EsteiraError("INVALID_PARAMETER_VALUE", failed.error ?? "");
      },
      direct: async () => {
        throw new Error("Processes that share a port are not directed");
      },
      close,
    };
  } catch (error) {
    await close();
    throw error;
  } finally {
    // From here on a worker that is told to end twice would end at once.
    signal.removeEventListener("abort", onAbort);
  }
}

/** The whole life of a worker: waits for its orders, serves, answers what is under way when it is told to end. */
export async function runWorker(interrupted: () => Promise<unknown>, note: (line: string) => void): Promise<void> {
  const say = (message: FromWorker): void => void process.send?.(message);
  const waiting = new Map<number, (text: string) => void>();
  let own: (() => Promise<string>) | undefined;
  let serving: ServingProcess | undefined;
  let started: Promise<void> | undefined;
  let nextId = 1;
  const stop = new AbortController();

  const onStart = async ({ settings, models }: Extract<ToWorker, { kind: "start" }>): Promise<void> => {
    try {
      serving = await startServingProcess(settings, models, note, stop.signal, (read) => {
        own = read;
        return () =>
          new Promise((resolve) => {
            const id = nextId++;
            waiting.set(id, resolve);
            say({ kind: "ask-metrics", id });
          });
      });
      say({ kind: "serving", address: serving.address });
    } catch (error) {
      say({ kind: "failed", message: error instanceof Error ? error.message : String(error) });
      if (process.connected) process.disconnect();
    }
  };
  const onSwap = async ({ id, role, model }: Extract<ToWorker, { kind: "swap" }>): Promise<void> => {
    try {
      await started;
      await serving?.swap(role, model);
      say({ kind: "swapped", id });
    } catch (error) {
      say({ kind: "swapped", id, error: error instanceof Error ? error.message : String(error) });
    }
  };
  process.on("message", (message: ToWorker) => {
    if (message.kind === "start") started = onStart(message);
    else if (message.kind === "swap") void onSwap(message);
    else if (message.kind === "own-metrics") {
      const { id } = message;
      void (own?.() ?? Promise.resolve("")).then((text) => say({ kind: "own-metrics", id, text }));
    } else {
      waiting.get(message.id)?.(message.text);
      waiting.delete(message.id);
    }
  });
  const disconnected = once(process, "disconnect").then(() => undefined);
  say({ kind: "ready" });
  // Without the first process nobody would end this one.
  await Promise.race([interrupted(), disconnected]);
  stop.abort();
  await started;
  await serving?.close();
  if (process.connected) process.disconnect();
}
