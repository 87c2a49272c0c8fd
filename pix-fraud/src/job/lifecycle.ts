import { join } from "node:path";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { renderGateTerminal } from "@esteira/lifecycle/gates/render-terminal";
import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import type { TrainerName } from "@esteira/models/training/trainer";
import { baselines } from "../training/baselines.ts";
import type { Candidate } from "../training/candidate.ts";
import type { Study } from "../training/study.ts";
import { keepCard } from "./card-step.ts";
import { compareModels } from "./compare-step.ts";
import type { JobConsole } from "./console.ts";
import type { JobContext } from "./context.ts";
import { type Champion, gateCandidate, openChampion, subjectOf } from "./gate-step.ts";
import { loadLedger } from "./load-ledger.ts";
import { monitorReplay } from "./monitor-step.ts";
import { findRegistered, isHalfPromoted, promote, putInService } from "./promote.ts";
import { type Replay, replay } from "./replay.ts";
import { replayFeatures } from "./replay-features.ts";
import { shownPath } from "./shown-path.ts";
import { type Ending, gateStyle, metricsTable, typologyLines } from "./summary.ts";
import { trainTracked } from "./train-step.ts";

const count = new Intl.NumberFormat("en");
const day = (instant: number) => new Date(instant).toISOString().slice(0, 10);

export type Outcome = Pick<Ending, "champion" | "refused" | "report">;

/** Ledger, features, training, gate, registry, service, monitoring: in this order, each step tracked. */
export async function runLifecycle(context: JobContext, console: JobConsole, data: string): Promise<Outcome> {
  const { options, protocol, signal } = context;

  const ledger = await console.step("Ledger", async (say, progress) => {
    progress(options.ledger === undefined ? "simulating" : `reading ${options.ledger}`);
    const made = await loadLedger(options);
    const known = made.labels.fraud.reduce((sum, label) => sum + label, 0);
    say(
      `${count.format(made.rows)} transfers, ${day(made.transfers.time[0]!)} to ${day(made.transfers.time[made.rows - 1]!)}: ${made.origin.description}`,
    );
    say(
      `${count.format(known)} known frauds (${((known / made.rows) * 100).toFixed(2)} %), digest ${made.origin.digest.slice(0, 12)}`,
    );
    protocol.check(made);
    return made;
  });
  signal.throwIfAborted();

  const study = await console.step("Features", async (say, progress) => {
    progress("computing, each row as of its own instant");
    const prepared = protocol.prepare(ledger);
    const { table, timeline } = prepared;
    say(
      `${table.names.length} features, point in time, digest ${prepared.tableDigest.slice(0, 12)}; labels as known on ${day(timeline.asOf)}`,
    );
    say(
      `train ${day(timeline.train.from)}, ${protocol.name === "handbook" ? "delay week" : "validation"} ${day(timeline.validation.from)}, test ${day(timeline.test.from)} to ${day(timeline.test.to)}, live from ${day(timeline.live.from)}`,
    );
    if (protocol.name === "handbook") {
      say(
        "the delay week's scores set the alert threshold, its labels are not used; known victims leave the test week",
      );
    }
    return prepared;
  });
  signal.throwIfAborted();

  const anchors = await console.step("Baselines", async (say, progress) => {
    progress("amount only, logistic regression");
    const made = await baselines(study, options.seed, signal);
    for (const line of metricsTable(made)) say(line);
    return made;
  });

  let champion: { version: ModelVersion; report?: EvaluationReport } | undefined;
  const candidates: Candidate[] = [];
  const refused: { name: string; evidence: string }[] = [];
  const trainers: TrainerName[] = options.trainer === "both" ? ["random-forest", "xgboost"] : [options.trainer];
  for (const trainer of trainers) {
    signal.throwIfAborted();
    const candidate = await console.step("Train", async (say, progress) => {
      progress(trainer);
      const made = await trainTracked(context, study, trainer, anchors, progress);
      for (const line of metricsTable([{ name: trainer, report: made.test }])) say(line);
      for (const line of typologyLines(made.test)) say(line);
      say(`run ${context.url}/#/experiments/${context.experimentId}/runs/${made.runId}`);
      candidates.push(made);
      return made;
    });
    await console.step("Gate", async (say, progress) => {
      progress(`${trainer} before the gate`);
      const known = await findRegistered(context, candidate.digest);
      const current = await openChampion(context);
      if (known && known.version === current?.version.version) {
        const version = isHalfPromoted(known) ? await putInService(context.client, known.name, known.version) : known;
        champion = { version, report: candidate.test };
        say(`models:/${version.name}/${version.version}, the champion, holds these very bytes: nothing to decide`);
        return;
      }
      if (known && !isHalfPromoted(known)) {
        say(`models:/${known.name}/${known.version} has held these very bytes and was replaced: nothing to decide`);
        return;
      }
      const verdict = await gateCandidate(context, study, subjectOf(context, candidate), current, anchors);
      for (const line of renderGateTerminal(verdict, gateStyle).split("\n")) say(line);
      if (verdict.outcome === "passed") {
        const version = await promote(context, candidate, verdict, known);
        champion = { version, report: candidate.test };
        await keepCard(context, version, candidate.runArtifactUri);
        say(`registered as models:/${version.name}/${version.version}: alias champion, stage ${version.currentStage}`);
      } else {
        refused.push({ name: `${trainer} (${verdict.outcome})`, evidence: `runs:/${candidate.runId}/gate/verdict.md` });
      }
    });
    candidate.model.dispose();
  }

  const { published } = protocol;
  if (published !== undefined) {
    await console.step("Compare", async (say, progress) => {
      progress("beside the published results");
      for (const line of await compareModels(context, study, anchors, candidates, published)) say(line);
    });
  }

  const inService = await openChampion(context);
  if (inService === undefined) return { refused };
  champion ??= { version: inService.version };
  if (study.timeline.live.from >= study.timeline.live.to) {
    console.line(
      `   Left out: service and monitoring, because the ledger has nothing after ${day(study.timeline.live.from)}, when the last label of the test was known.`,
    );
    return { champion, refused };
  }

  const replayed = await console.step("Serve", (say, progress) =>
    serve(context, study, inService, data, say, progress),
  );
  const report = await console.step("Monitor", async (say, progress) => {
    progress("drift, alerts, performance on mature cohorts");
    const { path, lines } = await monitorReplay(context, study, inService, replayed, data);
    for (const line of lines) say(line);
    return path;
  });
  return { champion, refused, report };
}

type Say = (line: string) => void;

/** The live span through the served model: raw transfers where the service computes the features, else the features. */
async function serve(
  context: JobContext,
  study: Study,
  inService: Champion,
  data: string,
  say: Say,
  progress: Say,
): Promise<Replay> {
  const { options, protocol, scratch, signal } = context;
  const { version, model } = inService;
  const onProgress = (done: number, of: number) =>
    progress(`replaying ${count.format(done)} of ${count.format(of)} transfers`);
  const native = protocol.served === "transfers";
  const result = native
    ? await replay(
        study,
        join(scratch, `${version.name}-${version.version}`),
        { modelName: version.name, modelVersion: version.version },
        join(data, "decisions"),
        signal,
        onProgress,
      )
    : await replayFeatures(study, model, signal, onProgress);
  const rows = result.rows.to - result.rows.from;
  const alerts = result.alerts.reduce((sum, alert) => sum + alert, 0);
  say(
    `${count.format(rows)} transfers through ${native ? "the service" : "/invocations"}, ${count.format(alerts)} held for review (${((alerts / rows) * 100).toFixed(2)} %)`,
  );
  const differ = native
    ? "served features differ from the table"
    : "served scores differ from the model's on the table";
  say(
    `one transfer a request: p50 ${result.latency.p50.toFixed(2)} ms, p99 ${result.latency.p99.toFixed(2)} ms; ${differ} in ${result.parityMismatches} rows`,
  );
  if (!native) {
    say(
      "left out: the route for raw transfers and its reasons, because it computes this product's features, not these",
    );
  }
  const why = result.example?.reasons.map((reason) => reason.text[options.language]).join("; ");
  if (why) say(`for example ${result.example?.id}: ${why}`);
  if (result.recorded !== undefined)
    say(`${count.format(result.recorded)} decisions to hold are on record in ${shownPath(join(data, "decisions"))}`);
  return result;
}
