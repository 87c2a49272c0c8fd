import { EsteiraError, invalid } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import { renderCommand } from "../command/render.ts";
import { findEntryPoint } from "../mlproject/entry-point.ts";
import { loadProject } from "../mlproject/load-project.ts";
import type { RunProjectOptions } from "../run/options.ts";
import { resolveParameters } from "../run/parameters.ts";
import { runProject } from "../run-project.ts";
import { type FetchedProject, fetchProject } from "../source/fetch-project.ts";
import { endOrphans } from "./orphans.ts";
import { type OpenedParent, openParent } from "./parent.ts";
import { type PruneRule, watchTrials } from "./prune-watch.ts";
import { type Method, samplerOf } from "./sampler.ts";
import type { Assignment, Distribution, Space } from "./space.ts";
import { bestOf, isOver, nestedRuns, SWEEP_TAGS, type Trial, trialOf } from "./trials.ts";

/** As a run of a project; `parameters` are those that are the same in every trial. */
export interface SweepOptions extends Omit<RunProjectOptions, "fetched" | "loggedAs" | "tags" | "onOutput"> {
  readonly space: Space;
  readonly method: Method;
  readonly trials: number;
  readonly seed: number;
  /** What is to be greatest or least: the last value that a trial logs of it. */
  readonly metric: string;
  readonly goal: "min" | "max";
  readonly prune?: Omit<PruneRule, "goal"> | undefined;
  /** Trials at a time. */
  readonly workers: number;
  /** A trial has ended, and the best one so far. */
  readonly onTrial: (trial: Trial, best: Trial | undefined) => void;
}

export interface SweepResult {
  readonly runId: RunId;
  readonly trials: readonly Trial[];
  readonly best: Trial | undefined;
  /** Why there is no best. */
  readonly reason?: string;
}

/**
 * Tries values of a project's parameters, each as a run nested in the sweep's own. All of its state is in these runs: a sweep that was
 * interrupted, in whatever way, goes on where it was when the same one is run again.
 *
 * @throws EsteiraError for what is wrong with the project or its parameters, before there is a run; INVALID_STATE where it was stopped.
 */
export async function runSweep(options: SweepOptions): Promise<SweepResult> {
  const fetched = await fetchProject(options.uri, { ...options, signal: options.stop.cancelled });
  try {
    await check(options, fetched);
    const clock = options.clock ?? Date.now;
    const parent = await openParent(options.client, parentInput(options, fetched), clock);
    const { runId } = parent.run.info;
    const { client, stop } = options;
    options.note(`${parent.isResumed ? "Going on with" : "Sweep"} run ${runId}`);
    try {
      const trials = await runTrials(options, fetched, parent);
      if (stop.cancelled.aborted) throw new EsteiraError("INVALID_STATE", "Cancelled.");
      const best = bestOf(trials, options.goal);
      if (best === undefined) {
        const reason = `No trial has logged the metric '${options.metric}': look at why, for example in run ${trials[0]?.runId}.`;
        await client.runs.setTag(runId, { key: "esteira.failure", value: reason });
        // Nothing is left to go on with: the same command, after a change of the code, is another sweep.
        await client.runs.deleteTag(runId, SWEEP_TAGS.key);
        await client.runs.update(runId, { status: "FAILED", endTime: clock() });
        return { runId, trials, best, reason };
      }
      await client.runs.setTag(best.runId, { key: SWEEP_TAGS.best, value: "true" });
      await client.runs.setTag(runId, { key: SWEEP_TAGS.bestRun, value: best.runId });
      await client.runs.update(runId, { status: "FINISHED", endTime: clock() });
      return { runId, trials, best };
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      const status = stop.cancelled.aborted ? "KILLED" : "FAILED";
      await client.runs.setTag(runId, { key: "esteira.failure", value: reason.slice(0, 5000) }).catch(() => undefined);
      await client.runs.update(runId, { status, endTime: clock() }).catch(() => undefined);
      throw error;
    } finally {
      parent.release();
    }
  } finally {
    await fetched.remove();
  }
}

/** What would fail in every trial is said once, before the first. */
async function check(options: SweepOptions, { folder }: FetchedProject): Promise<void> {
  const { space, parameters, method, seed, cwd } = options;
  const twice = [...space.keys()].find((name) => parameters.has(name));
  if (twice !== undefined) throw invalid(`'${twice}' is both searched and given with -P: leave one of the two out.`);
  const project = await loadProject(folder);
  const entry = findEntryPoint(project, folder, options.entryPoint, options.env.SHELL);
  const first = samplerOf(method, space, seed)(0, []) ?? new Map<string, string>();
  const resolved = resolveParameters(entry, new Map([...parameters, ...first]), { cwd, folder });
  renderCommand(entry.command, resolved.logged, resolved.extra);
}

function parentInput(options: SweepOptions, { sourceName, repository }: FetchedProject) {
  const { entryPoint, parameters, space, method, seed, metric, goal, prune, experimentId, user, env } = options;
  const searched = Object.fromEntries([...space].map(([name, one]) => [name, textOf(one)]));
  return {
    experimentId,
    user,
    env,
    runName: options.runName ?? `sweep of ${metric}`,
    identity: [sourceName, entryPoint, [...parameters], [...space], method, seed, metric, goal, prune ?? null],
    tags: {
      "mlflow.source.name": sourceName,
      "mlflow.source.type": "LOCAL",
      "mlflow.source.git.commit": repository?.commit,
    },
    params: {
      ...{ method, metric, goal, seed: String(seed), entry_point: entryPoint },
      ...(prune === undefined ? {} : { prune: `${prune.metric} from step ${prune.warmup}` }),
      ...Object.fromEntries(Object.entries(searched).map(([name, text]) => [`space.${name}`, text.slice(0, 6000)])),
    },
  };
}

const textOf = (one: Distribution): string =>
  one.kind === "choice" ? `choice(${one.values.join(", ")})` : `${one.kind}(${one.low}, ${one.high})`;

async function runTrials(
  options: SweepOptions,
  fetched: FetchedProject,
  { run: parent }: OpenedParent,
): Promise<readonly Trial[]> {
  const { client, metric, goal, stop } = options;
  const runs = await nestedRuns(client, parent);
  const found = runs.flatMap((run) => trialOf(run, metric) ?? []);
  const ended = new Map(found.filter(isOver).map((trial) => [trial.number, trial]));
  const broken = new Map(found.filter((trial) => !ended.has(trial.number)).map((one) => [one.number, one.assignment]));
  for (const { info } of runs)
    if (info.status !== "KILLED" && found.some((trial) => trial.runId === info.runId && !isOver(trial)))
      await interrupt(options, info.runId);
  if (found.length > 0) options.note(`${ended.size} trials are there already, ${broken.size} were interrupted`);

  const working = new Map<number, { readonly assignment: Assignment; readonly pruned: AbortController }>();
  const suggest = samplerOf(options.method, options.space, options.seed);
  const sign = goal === "max" ? -1 : 1;
  const taken = (number: number) => ended.has(number) || working.has(number);
  const next = (): { number: number; assignment: Assignment } | undefined => {
    for (let number = 0; number < options.trials; number++) {
      if (taken(number)) continue;
      const seen = [
        ...[...ended.values()].map(({ assignment, value }) => ({
          assignment,
          loss: value === undefined ? undefined : sign * value,
        })),
        ...[...working.values()].map(({ assignment }) => ({ assignment, loss: undefined })),
      ];
      const assignment = broken.get(number) ?? suggest(number, seen);
      return assignment === undefined ? undefined : { number, assignment };
    }
    return undefined;
  };
  const failed = new AbortController();
  const halt = AbortSignal.any([stop.cancelled, failed.signal]);
  const lane = async (): Promise<void> => {
    for (let one = next(); one !== undefined && !halt.aborted; one = next()) {
      const pruned = new AbortController();
      working.set(one.number, { assignment: one.assignment, pruned });
      const trial = await runTrial(options, fetched, parent.info.runId, one, { halt, pruned: pruned.signal });
      working.delete(one.number);
      if (!isOver(trial)) return;
      ended.set(trial.number, trial);
      const best = bestOf([...ended.values()], goal);
      await logProgress(options, parent.info.runId, trial, best);
      options.onTrial(trial, best);
    }
  };
  const done = new AbortController();
  const { prune } = options;
  const watch = async (): Promise<void> => {
    if (prune === undefined) return;
    await watchTrials(client, parent, { ...prune, goal }, done.signal, ({ number }, step) =>
      working
        .get(number)
        ?.pruned.abort(new Error(`Pruned at step ${step}: worse than the median of the finished trials.`)),
    );
  };
  // The first fault ends all the others, and is the one that is thrown.
  const guarded = (work: Promise<void>) => work.catch((error: unknown) => failed.abort(error));
  const watching = guarded(watch());
  await Promise.all(Array.from({ length: options.workers }, () => guarded(lane())));
  done.abort();
  await watching;
  failed.signal.throwIfAborted();
  return [...ended.values()].sort((a, b) => a.number - b.number);
}

/** A trial whose process was killed: what is left of it ends, and its run says so. It is tried again as another run. */
async function interrupt({ client, clock = Date.now }: SweepOptions, runId: RunId): Promise<void> {
  await endOrphans(runId);
  await client.runs.logBatch(runId, {
    tags: [
      { key: SWEEP_TAGS.state, value: "interrupted" },
      { key: "esteira.failure", value: "The sweep was interrupted; this trial was run again as another run." },
    ],
  });
  await client.runs.update(runId, { status: "KILLED", endTime: clock() });
}

async function runTrial(
  options: SweepOptions,
  fetched: FetchedProject,
  parentId: RunId,
  { number, assignment }: { readonly number: number; readonly assignment: Assignment },
  { halt, pruned }: { readonly halt: AbortSignal; readonly pruned: AbortSignal },
): Promise<Trial> {
  const { client, stop, metric } = options;
  const { runId, status } = await runProject({
    ...options,
    fetched,
    runName: `trial ${number}`,
    parameters: new Map([...options.parameters, ...assignment]),
    tags: {
      "mlflow.parentRunId": parentId,
      [SWEEP_TAGS.trial]: String(number),
      [SWEEP_TAGS.assignment]: JSON.stringify(Object.fromEntries(assignment)),
    },
    onOutput: () => undefined,
    note: () => undefined,
    stop: { cancelled: AbortSignal.any([halt, pruned]), killed: stop.killed },
  });
  if (status === "KILLED") {
    const isPruned = pruned.aborted && !halt.aborted;
    const reason: unknown = pruned.reason;
    await client.runs.logBatch(runId, {
      tags: [
        // A training may end its run KILLED itself: that is its end, and no reason to try again.
        { key: SWEEP_TAGS.state, value: isPruned ? "pruned" : halt.aborted ? "interrupted" : "ended" },
        ...(isPruned && reason instanceof Error ? [{ key: "esteira.failure", value: reason.message }] : []),
      ],
    });
  }
  const trial = trialOf(await client.runs.get(runId), metric);
  if (trial === undefined) throw new EsteiraError("INVALID_STATE", `Run ${runId} has lost the tags of its trial.`);
  return trial;
}

/** The parent's curves: what each trial gave, and the best so far. */
async function logProgress(
  { client, clock = Date.now }: SweepOptions,
  parentId: RunId,
  { number, value }: Trial,
  best: Trial | undefined,
): Promise<void> {
  const timestamp = clock();
  await client.runs.logBatch(parentId, {
    metrics: [
      ...(value === undefined ? [] : [{ key: "objective", value, step: number, timestamp }]),
      ...(best?.value === undefined ? [] : [{ key: "best_objective", value: best.value, step: number, timestamp }]),
    ],
  });
}
