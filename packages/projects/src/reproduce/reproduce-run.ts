import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { EsteiraError } from "@esteira/core/errors";
import type { RunId } from "@esteira/core/ids";
import { REPRODUCTION_TAGS, SIGNATURE_FILE, VERDICT_FILE, type Verdict } from "@esteira/core/reproduction";
import type { Client } from "@esteira/sdk/client";
import type { Backend } from "../backends/backend.ts";
import { type Comparison, compareRuns, isEqual, type Tolerance } from "../diff/compare.ts";
import type { RunFacts } from "../diff/facts.ts";
import { readFacts } from "../diff/read-facts.ts";
import { type IgnoredName, VOLATILE } from "../diff/volatile.ts";
import { findEntryPoint } from "../mlproject/entry-point.ts";
import { loadProject } from "../mlproject/load-project.ts";
import type { Stop } from "../run/execute.ts";
import type { BackendSettings } from "../run/settings.ts";
import { runProject } from "../run-project.ts";
import { type FetchedProject, fetchProject } from "../source/fetch-project.ts";
import { findData } from "./find-data.ts";
import { judge } from "./judge.ts";
import { type RecordedRun, recordedRun } from "./recorded-run.ts";
import { type RestoredCode, restoreCode, restorePackages } from "./restore-code.ts";
import { openSigningKey, signBytes } from "./signing-key.ts";
import { sha256 } from "./verdict-bytes.ts";

/** Tells a training that it must not take what an earlier run has found: that would prove nothing. */
const REPRODUCES = "ESTEIRA_REPRODUCES";

export interface ReproduceOptions {
  readonly client: Client;
  readonly run: RunId;
  /** A folder whose code is run in place of the run's own. */
  readonly code?: string | undefined;
  /** Where a parameter's file is now. */
  readonly data: ReadonlyMap<string, string>;
  readonly tolerances: readonly Tolerance[];
  /** What is not compared, besides what never is. */
  readonly ignored: readonly IgnoredName[];
  /** Whether another run is made where the results differ and nothing says why. */
  readonly explain: boolean;
  /** The private key; made where there is none. */
  readonly keyFile: string;
  readonly user: string;
  readonly backend: Backend;
  readonly settings: BackendSettings;
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onOutput: (chunk: Uint8Array, stream: "out" | "err") => void;
  readonly note: (line: string) => void;
  readonly stop: Stop;
  readonly clock?: () => number;
}

export interface Reproduction {
  readonly verdict: Verdict;
  readonly original: RunFacts;
  readonly reproduction: RunFacts;
  readonly comparison: Comparison;
  readonly keyId: string;
}

/**
 * Runs again what a run ran: its code, environment and data restored, with its parameters, as a new run; compares the two, and leaves a
 * signed verdict with the new run and in the tags of both (of the new one alone where other code was given).
 *
 * @throws EsteiraError with what could not be restored, before anything runs; INVALID_STATE where the new run does not finish.
 */
export async function reproduceRun(options: ReproduceOptions): Promise<Reproduction> {
  const { client, note } = options;
  const recorded = recordedRun(await client.runs.get(options.run));
  const key = await openSigningKey(options.keyFile);
  note(`Reading run ${options.run}`);
  const original = await readFacts(client, options.run);
  if (original.unreadable !== undefined) throw new EsteiraError("INVALID_STATE", original.unreadable);
  const scratch = await mkdtemp(join(tmpdir(), "esteira-reproduce-"));
  const opened: FetchedProject[] = [];
  try {
    const { fetched, root, notVerified, changedDefaults } = await restore(options, recorded, original, opened);
    const data = await findData(recorded, {
      client,
      folder: fetched.folder,
      root,
      cwd: options.cwd,
      given: options.data,
      scratch,
      signal: options.stop.cancelled,
    });
    const again = () => runAgain(options, recorded, original, fetched, data);
    const reproduction = await again();
    const compared = (a: RunFacts, b: RunFacts) =>
      compareRuns(a, b, { ignored: [...VOLATILE, ...options.ignored], tolerances: options.tolerances });
    const comparison = compared(original, reproduction);
    let repeats: boolean | undefined;
    if (options.explain && !isEqual(comparison)) {
      note("The results differ: running once more, to tell chance from change");
      repeats = isEqual(compared(reproduction, await again()));
    }
    const verdict = judge({
      original,
      reproduction,
      comparison,
      tolerances: options.tolerances,
      notVerified: [...notVerified, ...unverifiedData(recorded)],
      changedDefaults,
      repeats,
      at: new Date((options.clock ?? Date.now)()).toISOString(),
    });
    const bytes = Buffer.from(`${JSON.stringify(verdict, null, 2)}\n`);
    const signature = signBytes(bytes, key);
    const uri = (await client.runs.get(reproduction.runId)).info.artifactUri;
    await client.artifacts.write(uri, VERDICT_FILE, bytes);
    await client.artifacts.write(uri, SIGNATURE_FILE, `${JSON.stringify(signature, null, 2)}\n`);
    const said = {
      [REPRODUCTION_TAGS.outcome]: verdict.outcome,
      [REPRODUCTION_TAGS.sha256]: sha256(bytes),
      [REPRODUCTION_TAGS.key]: signature.keyId,
    };
    await tag(client, reproduction.runId, said);
    // With other code it says what that code gives, and nothing about whether the run's own still gives the same.
    if (options.code === undefined)
      await tag(client, original.runId, { ...said, [REPRODUCTION_TAGS.run]: reproduction.runId });
    return { verdict, original, reproduction, comparison, keyId: signature.keyId };
  } finally {
    for (const one of opened) await one.remove();
    await rm(scratch, { recursive: true, force: true });
  }
}

const tag = (client: Client, id: RunId, tags: Readonly<Record<string, string>>): Promise<void> =>
  client.runs.logBatch(id, { tags: Object.entries(tags).map(([key, value]) => ({ key, value })) });

async function restore(
  options: ReproduceOptions,
  recorded: RecordedRun,
  { code }: RunFacts,
  opened: FetchedProject[],
): Promise<{
  fetched: FetchedProject;
  root: string;
  notVerified: readonly string[];
  changedDefaults: readonly string[];
}> {
  const { cwd, note } = options;
  const open = async (): Promise<RestoredCode> => {
    const restored = await restoreCode(recorded, code, { cwd, note, signal: options.stop.cancelled });
    opened.push(restored);
    return restored;
  };
  if (options.code !== undefined) {
    const fetched = await fetchProject(options.code, { cwd, signal: options.stop.cancelled });
    opened.push(fetched);
    const root = fetched.repository?.root ?? fetched.folder;
    const changedDefaults =
      recorded.commit === undefined ? [] : await defaultsThatChanged(recorded, (await open()).folder, fetched.folder);
    return { fetched, root, notVerified: [], changedDefaults };
  }
  const restored = await open();
  await restorePackages(restored, recorded.lockfile, note);
  return { fetched: restored, root: restored.root, notVerified: restored.missing, changedDefaults: [] };
}

async function defaultsThatChanged({ entryPoint }: RecordedRun, then: string, now: string): Promise<readonly string[]> {
  const [before, after] = await Promise.all(
    [then, now].map(async (folder) => findEntryPoint(await loadProject(folder), folder, entryPoint).parameters),
  );
  return (after ?? []).flatMap(({ name, default: value }) => {
    const was = before?.find((one) => one.name === name)?.default;
    return was === value
      ? []
      : [`the default of '${name}' is ${value ?? "none"} now, and was ${was ?? "none"}; the run's own value was used`];
  });
}

const unverifiedData = (recorded: RecordedRun): readonly string[] =>
  recorded.data.size > 0 ? [] : ["the data: the run has recorded no digest of a file that it read"];

async function runAgain(
  options: ReproduceOptions,
  recorded: RecordedRun,
  original: RunFacts,
  fetched: FetchedProject,
  data: ReadonlyMap<string, string>,
): Promise<RunFacts> {
  const { client, stop } = options;
  const project = await loadProject(fetched.folder);
  const entry = findEntryPoint(project, fetched.folder, recorded.entryPoint, options.env.SHELL);
  // The training may have logged params of its own: only what the command was given is given again.
  const names = [...entry.parameters.map(({ name }) => name), ...recorded.extra];
  const given = new Map(
    names.flatMap((name) => {
      const value = recorded.params.get(name);
      return value === undefined ? [] : [[name, data.get(name) ?? value] as const];
    }),
  );
  const { experimentId, runName } = (await client.runs.get(original.runId)).info;
  const result = await runProject({
    client,
    uri: fetched.folder,
    fetched,
    entryPoint: recorded.entryPoint,
    parameters: given,
    loggedAs: new Map(
      names.flatMap((name) => (data.has(name) ? [[name, recorded.params.get(name) ?? ""] as const] : [])),
    ),
    experimentId,
    runName: `${runName} again`,
    tags: { [REPRODUCTION_TAGS.of]: original.runId },
    user: options.user,
    environmentManager: options.backend.elsewhere === undefined ? recorded.manager : undefined,
    // A step that is taken from an earlier run would prove nothing.
    again: entry.steps.length > 0 ? { kind: "all" } : undefined,
    backend: options.backend,
    settings: options.settings,
    cwd: options.cwd,
    env: { ...options.env, [REPRODUCES]: original.runId },
    onOutput: options.onOutput,
    note: options.note,
    stop,
    ...(options.clock === undefined ? {} : { clock: options.clock }),
  });
  if (result.status !== "FINISHED")
    throw new EsteiraError(
      "INVALID_STATE",
      `Run ${result.runId}, which repeats ${original.runId}, is ${result.status}: ${result.reason ?? "its command said so"}`,
    );
  return readFacts(client, result.runId);
}
