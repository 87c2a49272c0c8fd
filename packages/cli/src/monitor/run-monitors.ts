import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { systemClock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import { lockFolder } from "@esteira/models/decisions/process-lock";
import { readState } from "@esteira/monitor/alerts/monitor-state";
import type { Post } from "@esteira/monitor/delivery/deliver";
import { alertLine } from "@esteira/monitor/delivery/words";
import { conditionText } from "@esteira/monitor/file/describe-monitor";
import { durationText } from "@esteira/monitor/file/duration";
import { NewestOnly } from "@esteira/monitor/watch/newest-only";
import { runWatchers } from "@esteira/monitor/watch/run-watchers";
import { openWatchRun } from "@esteira/monitor/watch/watch-run";
import { type InTurn, WatchedLedger } from "@esteira/monitor/watch/watched-ledger";
import { Watcher } from "@esteira/monitor/watch/watcher";
import { removeDrafts } from "@esteira/monitor/whole-file";
import { sendDelivery } from "@esteira/server/webhooks/send";
import pc from "picocolors";
import { type Terminal, text, texts, type Values } from "../command.ts";
import { portOf } from "../port.ts";
import { trackingClient } from "../tracking.ts";
import { serveMetrics } from "./metrics-server.ts";
import { type ReadMonitor, readMonitor, stateFolder } from "./monitor-file.ts";

/** A look was made and something fires. */
const FIRES = 3;
const SCRAPE_TIMEOUT_MS = 5000;
const DELIVERY_TIMEOUT_MS = 20_000;

/** Watches as `esteira monitor run` is told. Resolves with the exit code. */
export async function runMonitors(values: Values, terminal: Terminal): Promise<number> {
  const monitors = await Promise.all([text(values, "file") ?? "", ...texts(values, "also")].map(readMonitor));
  // What is shown of a model would be shown twice under one name.
  const twice = monitors.find(({ file }, i) => monitors.findIndex((other) => other.file.model === file.model) < i);
  if (twice !== undefined)
    throw invalid(`Two of the files watch the model ${twice.file.model}: put its rules into one of them.`);
  const releases: (() => Promise<void>)[] = [];
  try {
    const watchers: Watcher[] = [];
    const inTurn = oneAfterTheOther();
    for (const monitor of monitors) {
      const folder = stateFolder(monitor, text(values, "state"));
      await mkdir(folder, { recursive: true });
      releases.push(await lockFolder(folder, "monitor.lock", "watching"));
      await removeDrafts(folder);
      watchers.push(await openWatcher(monitor, join(folder, "state.json"), terminal, inTurn));
    }
    const telling = tellingOf(values, terminal);
    try {
      return values.once === true
        ? await once(watchers, telling, terminal)
        : await untilInterrupted(watchers, telling, values, terminal);
    } finally {
      await telling.settled();
    }
  } finally {
    for (const release of releases) await release();
  }
}

async function openWatcher(
  { file, folder }: ReadMonitor,
  statePath: string,
  terminal: Terminal,
  inTurn: InTurn,
): Promise<Watcher> {
  const now = systemClock();
  const { lookedAt } = await readState(statePath, file.model);
  return Watcher.open({
    file,
    statePath,
    model: new WatchedLedger({ file, folder, since: lookedAt ?? now, now, inTurn }),
    scrape,
    ports: {
      post,
      secrets: { env: terminal.env, folder },
      clock: systemClock,
      random: Math.random,
    },
    onFault: (sentence) => terminal.note(`${pc.yellow("!")} ${sentence}`),
  });
}

/** Tells the server of `--tracking-uri` what is seen; nothing where there is none. What goes wrong of it is a note. */
function tellingOf(values: Values, terminal: Terminal) {
  const uri = text(values, "trackingUri");
  if (uri === undefined) return { onLook: () => {}, settled: async () => {} };
  const client = trackingClient({ env: { ...terminal.env, MLFLOW_TRACKING_URI: uri } });
  const queues = new Map<Watcher, NewestOnly<Watcher>>();
  const queueOf = (watcher: Watcher) => {
    const run = openWatchRun(client, text(values, "experiment") ?? "monitoring");
    return new NewestOnly<Watcher>(async ({ every }) => {
      await run.tell(watcher.observed(), every).catch((error: unknown) => {
        terminal.note(
          `${pc.yellow("!")} ${watcher.observed().file.model}: the server was not told what was seen: ${error instanceof Error ? error.message : String(error)}`,
        );
      });
    });
  };
  return {
    onLook(watcher: Watcher): void {
      const queue = queues.get(watcher) ?? queueOf(watcher);
      queues.set(watcher, queue);
      queue.give(watcher);
    },
    settled: async (): Promise<void> => {
      await Promise.all([...queues.values()].map((queue) => queue.settled()));
    },
  };
}
type Telling = ReturnType<typeof tellingOf>;

async function scrape(url: string): Promise<string> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(SCRAPE_TIMEOUT_MS) });
  if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
  return answer.text();
}

/** Models may share a ledger, which only one at a time may fill. */
function oneAfterTheOther(): InTurn {
  let last: Promise<unknown> = Promise.resolve();
  return (work) => {
    const done = last.then(work);
    last = done.catch(() => {});
    return done;
  };
}

/** The addresses are those of the operator's own file, so private networks are as good as others. */
const post: Post = (message) =>
  sendDelivery(message, {
    policy: { schemes: ["http", "https"], allowPrivateAddresses: true },
    clock: systemClock,
    timeoutMs: DELIVERY_TIMEOUT_MS,
  });

async function once(watchers: readonly Watcher[], telling: Telling, terminal: Terminal): Promise<number> {
  let fires = false;
  let faulty = false;
  for (const watcher of watchers) {
    await watcher.look();
    telling.onLook(watcher);
    await watcher.deliver();
    const { file, state, faults } = watcher.observed();
    const firing = state.alerts.filter(({ phase }) => phase === "firing");
    fires ||= firing.length > 0;
    faulty ||= faults > 0;
    terminal.out(`${firing.length === 0 ? pc.green("✓") : pc.red("✗")} ${file.model}: ${firing.length} alerts fire.`);
    for (const alert of firing) terminal.out(`  ${alert.severity}: ${alertLine(alert, file, file.language)}`);
  }
  // What fires is what a person must know first, even where something else could not be read.
  return fires ? FIRES : faulty ? 2 : 0;
}

async function untilInterrupted(
  watchers: readonly Watcher[],
  telling: Telling,
  values: Values,
  terminal: Terminal,
): Promise<number> {
  const port = text(values, "port");
  const server =
    port === undefined
      ? undefined
      : await serveMetrics(() => watchers.map((watcher) => watcher.observed()), {
          host: text(values, "host") ?? "127.0.0.1",
          port: portOf(port),
        });
  for (const watcher of watchers) {
    const { file } = watcher.observed();
    terminal.out(`Watching ${pc.bold(file.model)} every ${durationText(watcher.every)}:`);
    for (const rule of file.rules) terminal.out(`  ${rule.name} (${rule.severity}): ${conditionText(rule)}`);
  }
  if (server !== undefined) terminal.out(`Metrics at ${pc.bold(`${server.address}/metrics`)}`);
  terminal.out(pc.dim("(Ctrl-C stops it)"));
  const stop = new AbortController();
  const running = runWatchers(watchers, {
    clock: systemClock,
    stop: stop.signal,
    onLook: telling.onLook,
    onFault: (sentence) => terminal.note(`${pc.yellow("!")} ${sentence}`),
  });
  await terminal.interrupted();
  stop.abort();
  await running;
  await server?.close();
  return 0;
}
