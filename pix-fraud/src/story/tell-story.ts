/** A model's life, day by day: it serves, is watched, is trained anew when its monitor says so, and is replaced once a person has said yes. */

import { once } from "node:events";
import { mkdir, readdir, readFile } from "node:fs/promises";
import { createServer } from "node:net";
import { join, resolve } from "node:path";
import { invalid } from "@esteira/core/errors";
import type { Flow } from "@esteira/core/flow/entity";
import { runId } from "@esteira/core/ids";
import { type Client, createClient } from "@esteira/sdk/client";
import { startServer } from "@esteira/server/start";
import { DAY, timelineUpTo } from "../job/timeline.ts";
import type { FraudModel } from "../service/fraud-model.ts";
import { contributionShares } from "../training/feature-samples.ts";
import { type RowRange, rowsIn, valuesOf } from "../training/rows.ts";
import { type Esteira, esteiraIn } from "./esteira.ts";
import { writeRows } from "./row-files.ts";
import { askDeployment, MODEL, placesOf, type ServedRow, scoreRows, versionsOf } from "./served-model.ts";
import type { Story, StoryDay, StoryEvent } from "./story.ts";
import { ALARM, FILES, PROJECT, RETRAIN, writeStoryFiles } from "./story-files.ts";
import { StoryLedger } from "./story-ledger.ts";
import { openStoryMonitor } from "./story-monitor.ts";
import { LATE, type StoryOptions } from "./story-options.ts";
import { dayRows, makeWorld, type StoryWorld, worldParameters } from "./story-world.ts";

export interface Telling {
  readonly signal: AbortSignal;
  readonly say: (line: string) => void;
}

/** Features that the ledger keeps: those that the first model is most made of. */
const KEPT = 24;
/** A person looks at what waits for an approval on the next day. */
const APPROVAL_DAYS = 1;
/** The reference is the new version's once its decisions are most of the report's window. */
const REFERENCE_DAYS = 11;
/** The version was fitted to some of these days; a shorter time does not have every kind of fraud that it knows. */
const REFERENCE_OF = 60 * DAY;
const FLOW_LIMIT_MS = 15 * 60_000;

/** Everything that it starts has ended when it returns or throws. */
export async function tellStory(options: StoryOptions, telling: Telling): Promise<Story> {
  const folder = resolve(options.data);
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length > 0)
    throw invalid(`The folder '${options.data}' is not empty: give another with --data.`);
  const port = await freePort();
  await writeStoryFiles(folder, options, port);
  const server = await startServer({
    ...{ host: "127.0.0.1", port: 0, backendStoreUri: `sqlite:///${join(folder, "esteira.db")}` },
    artifactsDestination: join(folder, "artifacts"),
  });
  const deployments = join(folder, "deployments");
  const esteira = esteiraIn(folder, { MLFLOW_TRACKING_URI: server.url, ESTEIRA_DEPLOYMENTS: deployments });
  const client = createClient({ baseUrl: server.url });
  let worker: ReturnType<Esteira["start"]> | undefined;
  try {
    await client.registeredModels.create({ name: MODEL });
    await esteira.run(["flow", "set", FILES.flow, "--model", MODEL]);
    worker = esteira.start(["flow", "work", "--lease", "30"]);
    const world = await makeWorld(options);
    const url = `http://127.0.0.1:${port}`;
    return await new StoryTeller({ options, folder, url, client, esteira, world, ...telling }).tell();
  } finally {
    if (worker !== undefined && worker.exitCode === null) {
      const gone = once(worker, "exit");
      worker.kill("SIGTERM");
      await gone;
    }
    await esteira.run(["deploy", "remove", "--name", MODEL], [0, 1, 2]).catch(() => undefined);
    await server.close();
  }
}

interface Stage extends Telling {
  readonly options: StoryOptions;
  readonly folder: string;
  /** Of the deployment. */
  readonly url: string;
  readonly client: Client;
  readonly esteira: Esteira;
  readonly world: StoryWorld;
}

class StoryTeller {
  readonly #stage: Stage;
  readonly #events: StoryEvent[] = [];
  readonly #days: StoryDay[] = [];
  readonly #models = new Map<string, FraudModel>();
  readonly #versions: (version: string) => Promise<FraudModel>;

  constructor(stage: Stage) {
    this.#stage = stage;
    const open = versionsOf(stage.client, join(stage.folder, "versions"));
    this.#versions = async (version) => {
      const model = await open(version);
      this.#models.set(version, model);
      return model;
    };
  }

  async tell(): Promise<Story> {
    const { options, folder, world, signal } = this.#stage;
    const { begin, lateDay } = world;
    await this.#deployFirst();
    const first = await this.#versions("1");
    await this.#writeReference(first, begin);
    const ledger = new StoryLedger(join(folder, FILES.ledger), world, this.#keptOf(first));
    // Where `esteira monitor retrain` looks for the alerts.
    const state = join(folder, ".esteira-monitor", FILES.monitor);
    await mkdir(state, { recursive: true });
    await mkdir(join(folder, FILES.ledger));
    const monitor = await openStoryMonitor(folder, state, begin);
    let waiting: { readonly flow: Flow; readonly since: number } | undefined;
    const asked = new Set<string>();
    let renewAt: { readonly day: number; readonly version: string } | undefined;
    for (let day = 0; day < options.days; day++) {
      signal.throwIfAborted();
      if (day === lateDay) this.#event(day, "late", `The first fraud of a new kind: ${spoken(LATE)}.`);
      const rows = dayRows(world, day);
      if (waiting !== undefined && day >= waiting.since + APPROVAL_DAYS) {
        const version = await this.#approve(waiting.flow, day, rows);
        if (version !== undefined) renewAt = { day: day + REFERENCE_DAYS, version };
        waiting = undefined;
      }
      const served = await this.#ask(rows);
      const alerts = await ledger.add(rows, served, (version) => this.#models.get(version)!);
      await ledger.learn(day);
      this.#days.push(this.#counted(day, rows, served, alerts));
      const end = begin + (day + 1) * DAY;
      if (renewAt?.day === day) await this.#writeReference(await this.#versions(renewAt.version), end);
      for (const { title, diagnosis } of await monitor.look(end))
        if (title.includes(ALARM)) this.#event(day, "alarm", diagnosis);
      const causes = monitor.firing(RETRAIN).filter((episode) => !asked.has(episode));
      for (const episode of causes) asked.add(episode);
      if (causes.length > 0 && waiting === undefined) {
        const flow = await this.#retrain(day, end, rows);
        if (flow !== undefined) waiting = { flow, since: day };
      }
    }
    return {
      ...{ format: 1, world: world.ledger.origin.description, late: LATE, begin },
      ...{ days: this.#days, events: this.#events },
    };
  }

  /** The first version is trained on what was known when service begins, and goes by the same flow. */
  async #deployFirst(): Promise<void> {
    const { options, folder, client, esteira, world } = this.#stage;
    const parameters = { ...worldParameters(options), trials: 1, as_of: new Date(world.begin).toISOString() };
    const given = Object.entries(parameters).flatMap(([name, value]) => ["-P", `${name}=${value}`]);
    await this.#writeHeldOut(world.begin);
    const file = join(folder, "first-run");
    await esteira.run([
      "run",
      PROJECT,
      "-e",
      "retrain",
      "--experiment-name",
      "retraining",
      "--run-id-file",
      file,
      ...given,
    ]);
    const { data } = await client.runs.get(runId((await readFile(file, "utf8")).trim()));
    const step = JSON.parse(data.tags.find(({ key }) => key === "esteira.workflow.step.train")?.value ?? "{}");
    await esteira.run(["register", `runs:/${step.run}/model`, "--model", MODEL]);
    const [flow] = await client.flows.ofModel(MODEL);
    let reached = await this.#until(flow!, isSettled);
    if (reached.work !== undefined) {
      await esteira.run(["flow", "approve", String(reached.id), "--model", MODEL]);
      reached = await this.#until(reached, hasEnded);
    }
    if (reached.outcome !== "promoted")
      throw new Error(`The first version was not deployed: ${reached.outcome} (${reached.reason ?? ""}).`);
    this.#event(0, "deployed", "Version 1 passes its gate and is deployed.");
  }

  async #retrain(day: number, end: number, rows: RowRange): Promise<Flow | undefined> {
    const { client, esteira } = this.#stage;
    const before = (await client.flows.ofModel(MODEL)).length;
    await this.#writeHeldOut(end);
    await esteira.run(["monitor", "retrain", FILES.monitor, "--once", "--at", new Date(end).toISOString()], [0, 3]);
    const flows = await client.flows.ofModel(MODEL);
    const newest = flows.reduce((one, other) => (other.id > one.id ? other : one));
    if (flows.length === before) return undefined;
    const { description } = await client.modelVersions.get(MODEL, newest.version);
    this.#event(day, "retrained", `Version ${newest.version} is trained. ${description}.`);
    const flow = await this.#until(newest, isSettled, rows);
    if (flow.work === undefined) {
      this.#event(day, "refused", `Version ${flow.version} ends as ${flow.outcome}: ${flow.reason ?? ""}`);
      return undefined;
    }
    this.#event(
      day,
      "approval",
      `Version ${flow.version} has passed its gate and its shadow, and waits for a person's yes.`,
    );
    return flow;
  }

  /** Resolves with the version where it is promoted. */
  async #approve({ id, version }: Flow, day: number, rows: RowRange): Promise<string | undefined> {
    const { client, esteira } = this.#stage;
    await esteira.run(["flow", "approve", String(id), "--model", MODEL]);
    const ended = await this.#until((await client.flows.get(MODEL, id)).flow, hasEnded, rows);
    const isPromoted = ended.outcome === "promoted";
    const text = isPromoted
      ? `A person has said yes, its canary has answered callers: version ${version} answers all.`
      : `Version ${version} ends as ${ended.outcome}: ${ended.reason ?? ""}`;
    this.#event(day, isPromoted ? "promoted" : "refused", text);
    return isPromoted ? version : undefined;
  }

  /** Callers go on asking meanwhile, where there are rows: a shadow and a canary are judged by them. */
  async #until(flow: Flow, isThere: (flow: Flow) => boolean, rows?: RowRange): Promise<Flow> {
    const { client, signal } = this.#stage;
    const limit = performance.now() + FLOW_LIMIT_MS;
    for (;;) {
      signal.throwIfAborted();
      const now = (await client.flows.get(MODEL, flow.id)).flow;
      if (isThere(now)) return now;
      if (performance.now() > limit) throw new Error(`Flow ${flow.id} is still at ${now.work}: ${now.note ?? ""}`);
      if (rows !== undefined) await this.#ask(rows);
      else await new Promise((done) => setTimeout(done, 500));
    }
  }

  #ask(rows: RowRange): Promise<readonly ServedRow[]> {
    const { url, world } = this.#stage;
    return askDeployment(url, { table: world.table, payers: world.ledger.transfers.payer }, rows, this.#versions);
  }

  async #writeHeldOut(asOf: number): Promise<void> {
    const { folder, world } = this.#stage;
    await writeRows(join(folder, FILES.heldOut), world, this.#untrained(asOf), { asOf, names: world.table.names });
  }

  /** Rows that a version was chosen and judged on, but not fitted to. A week alone has too few known frauds. */
  #untrained(asOf: number): RowRange {
    const { ledger } = this.#stage.world;
    const { validation, test } = timelineUpTo(ledger.transfers.time[0]!, asOf);
    return rowsIn(ledger, { from: validation.from, to: test.to });
  }

  async #writeReference(model: FraudModel, asOf: number): Promise<void> {
    const { folder, world } = this.#stage;
    const rows = rowsIn(world.ledger, { from: asOf - REFERENCE_OF, to: asOf });
    const scores = scoreRows(model, world.table, rows);
    await writeRows(join(folder, FILES.reference), world, rows, { asOf, names: this.#keptOf(model), scores });
  }

  #keptOf(model: FraudModel): readonly string[] {
    const { world } = this.#stage;
    const rows = dayRows(world, 0);
    const values = { values: valuesOf(world.table, rows), rows: rows.to - rows.from };
    const shares = contributionShares(model, values, placesOf(model, world.table));
    return [...shares]
      .sort(([, a], [, b]) => b - a)
      .slice(0, KEPT)
      .map(([name]) => name);
  }

  #counted(day: number, rows: RowRange, served: readonly ServedRow[], alerts: Uint8Array): StoryDay {
    const { labels } = this.#stage.world.ledger;
    const counts = { alerts: 0, frauds: 0, caught: 0, lateFrauds: 0, lateCaught: 0 };
    alerts.forEach((alert, i) => {
      counts.alerts += alert;
      if (labels.fraud[rows.from + i] !== 1) return;
      const isLate = labels.typology[rows.from + i] === this.#stage.world.lateCode;
      counts.frauds++;
      counts.caught += alert;
      if (isLate) counts.lateFrauds++;
      if (isLate) counts.lateCaught += alert;
    });
    return { day, version: served.at(-1)?.version ?? "", transfers: served.length, ...counts };
  }

  #event(day: number, kind: StoryEvent["kind"], text: string): void {
    this.#events.push({ day, kind, text });
    this.#stage.say(`day ${String(day).padStart(3)}  ${kind.padEnd(9)}  ${text}`);
  }
}

const hasEnded = ({ work }: Flow): boolean => work === undefined;
/** Nothing more happens by itself. */
const isSettled = ({ work }: Flow): boolean => work === undefined || work === "approval";

const spoken = (typology: string): string => typology.replaceAll("_", " ");

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  return typeof address === "object" && address !== null ? address.port : 0;
}
