import { mkdir } from "node:fs/promises";
import { join, resolve } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { systemClock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import { lockFolder } from "@esteira/models/decisions/process-lock";
import { readState } from "@esteira/monitor/alerts/monitor-state";
import { dueRetraining, withRetraining } from "@esteira/monitor/retraining/due-retraining";
import { causeText, type Retraining } from "@esteira/monitor/retraining/retraining";
import { readRetrainings, writeRetrainings } from "@esteira/monitor/retraining/retraining-state";
import pc from "picocolors";
import { type Terminal, text, type Values } from "../command.ts";
import { stopFrom } from "../commands/run.ts";
import { trackingClient } from "../tracking.ts";
import { instantOf } from "./ledger-option.ts";
import { readMonitor, stateFolder } from "./monitor-file.ts";
import { openFlow, retrainModel } from "./retrain-model.ts";

/** A training has failed. */
const FAILED = 3;
const LOOK_EVERY_MS = 5000;

/** Retrains as `esteira monitor retrain` is told. Resolves with the exit code. */
export async function retrainWhenDue(values: Values, terminal: Terminal): Promise<number> {
  const monitor = await readMonitor(text(values, "file") ?? "");
  const { file, folder } = monitor;
  const plan = file.retrain;
  if (plan === undefined)
    throw invalid(`The file does not say how ${file.model} is trained anew: add its part retrain.`);
  const state = stateFolder(monitor, text(values, "state"));
  await mkdir(state, { recursive: true });
  const release = await lockFolder(state, "retrain.lock", "retraining");
  const stop = stopFrom(terminal);
  const client = trackingClient(terminal);
  const given = text(values, "at");
  if (given !== undefined && values.once !== true) throw invalid("--at is one instant: give --once with it.");
  const at = given === undefined ? undefined : instantOf(given, "--at");
  const clock = at === undefined ? systemClock : () => at;
  const context = {
    model: file.model,
    plan,
    folder,
    ledger: resolve(folder, file.ledger),
    client,
    terminal,
    stop,
    clock,
  };
  /** Undefined where nothing is due. */
  const turn = async (): Promise<Retraining | undefined> => {
    const now = clock();
    const known = await readRetrainings(state, file.model, now);
    // From the first time on the calendar counts.
    if (known.all.length === 0) await writeRetrainings(state, known);
    const { alerts } = await readState(join(state, "state.json"), file.model);
    const due = dueRetraining(plan, known, alerts, now);
    if (due === undefined) return undefined;
    const open = due.endedAt === null ? await openFlow(client, file.model) : undefined;
    if (open !== undefined) {
      terminal.note(`Flow ${open.id} of version ${open.version} is under way: what is due waits until it has ended.`);
      return undefined;
    }
    // Before anything is done: a cause starts one retraining, whatever becomes of this process.
    await writeRetrainings(state, withRetraining(known, due));
    if (due.endedAt === null)
      terminal.out(`Retraining ${pc.bold(file.model)}: ${due.causes.map(causeText).join("; ")}.`);
    const ended = due.endedAt === null ? await retrainModel(due, context) : due;
    await writeRetrainings(state, withRetraining(known, ended));
    if (ended.endedAt !== null) terminal.out(outcomeLine(file.model, ended));
    return ended;
  };
  try {
    if (values.once === true) {
      const ended = await turn();
      if (ended === undefined) terminal.out(`Nothing is due for ${file.model}.`);
      return ended?.failure == null ? 0 : FAILED;
    }
    terminal.out(pc.dim("(Ctrl-C stops it)"));
    while (!stop.cancelled.aborted) {
      await turn().catch((error: unknown) => {
        terminal.note(`${pc.yellow("!")} ${error instanceof Error ? error.message : String(error)}`);
      });
      await sleep(LOOK_EVERY_MS, undefined, { signal: stop.cancelled }).catch(() => {});
    }
    return 0;
  } finally {
    await release();
  }
}

function outcomeLine(model: string, { failure, version, flow, run }: Retraining): string {
  if (failure !== null)
    return `${pc.red("✗")} ${pc.bold(model)} was not retrained${run === null ? "" : ` (run ${run})`}: ${failure}`;
  const way = flow === null ? "no flow was started for it" : `flow ${flow} takes it on`;
  return `${pc.green("✓")} Version ${version} of ${pc.bold(model)} is trained (run ${run}); ${way}.`;
}
