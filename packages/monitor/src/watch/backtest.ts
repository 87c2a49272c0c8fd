/** What a monitor's rules would have said of the past: each instant with what was known then. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { Alert } from "../alerts/alert.ts";
import type { MonitorFile } from "../file/monitor-file.ts";
import type { Severity } from "../file/rule.ts";
import type { Span } from "../report/span.ts";
import type { SignalLabels } from "../signals/signal.ts";
import { WatchedLedger } from "./watched-ledger.ts";
import { Watcher } from "./watcher.ts";

/** One time that an alert fired. Instants are milliseconds since the epoch. */
export interface Episode {
  readonly rule: string;
  readonly labels: SignalLabels;
  readonly severity: Severity;
  readonly firedAt: number;
  /** Null where it still fires at the end. */
  readonly resolvedAt: number | null;
}

export interface BacktestOptions {
  readonly file: MonitorFile;
  /** Where the file's relative paths begin. */
  readonly folder: string;
  readonly span: Span;
  /** Between two looks, milliseconds. Reports are made no more often. */
  readonly every: number;
}

/**
 * The alerts of the span, in the order in which they fired. Labels and decisions count from when they were known; what a service counted of itself is
 * nowhere on record, so its signals are absent. Throws INVALID_STATE where what the rules need cannot be read.
 */
export async function backtest({ file, folder, span, every }: BacktestOptions): Promise<readonly Episode[]> {
  const state = await mkdtemp(join(tmpdir(), "esteira-backtest-"));
  let now = span.from;
  const faults: string[] = [];
  try {
    const past = pastOf(file, every);
    const watcher = await Watcher.open({
      file: past,
      statePath: join(state, "state.json"),
      model: new WatchedLedger({ file: past, folder, since: span.from, now: span.to, inTurn: (work) => work() }),
      scrape: () => Promise.reject(new Error("The past has no services.")),
      ports: {
        post: () => Promise.reject(new Error("Nobody is told of the past.")),
        secrets: { env: {}, folder },
        clock: () => now,
        random: () => 0,
      },
      onFault: (sentence) => void faults.push(sentence),
    });
    const episodes = new Map<string, Episode>();
    for (now = span.from + every; now <= span.to; now += every) {
      await watcher.look();
      for (const alert of watcher.observed().state.alerts) keep(episodes, alert);
    }
    // Days before the first report have none; a report that never was makes every rule of it silent.
    if (watcher.observed().report === undefined && faults.length > 0)
      throw new EsteiraError("INVALID_STATE", `No day of the span could be reported on. ${faults.at(-1)}`);
    return [...episodes.values()].sort((a, b) => a.firedAt - b.firedAt);
  } finally {
    await rm(state, { recursive: true, force: true });
  }
}

/** The same rules, with nobody to tell, nothing to collect and nothing to train. */
function pastOf(file: MonitorFile, every: number): MonitorFile {
  const { decisions: _decisions, services: _services, retrain: _retrain, ...same } = file;
  const report = { ...file.report, every: Math.max(every, file.report.every ?? 0) };
  return { ...same, every, report, receivers: {}, routes: [] };
}

function keep(
  episodes: Map<string, Episode>,
  { fingerprint, firedAt, rule, labels, severity, phase, resolvedAt }: Alert,
): void {
  if (firedAt === null) return;
  const isOver = phase === "resolved" || phase === "inactive";
  episodes.set(`${fingerprint}-${firedAt}`, {
    rule,
    labels,
    severity,
    firedAt,
    resolvedAt: isOver ? resolvedAt : null,
  });
}
