import { join } from "node:path";
import type { ModelVersion } from "@esteira/core/entities/registered-model";
import { renderGateTerminal } from "@esteira/lifecycle/gates/render-terminal";
import type { EvaluationReport } from "@esteira/models/evaluation/evaluate";
import type { TrainerName } from "@esteira/models/training/trainer";
import { computeFeatures } from "../features/offline.ts";
import { baselines } from "../training/baselines.ts";
import { prepareStudy } from "../training/study.ts";
import type { JobConsole } from "./console.ts";
import type { JobContext } from "./context.ts";
import { gateCandidate, openChampion } from "./gate-step.ts";
import { loadLedger } from "./load-ledger.ts";
import { monitorReplay } from "./monitor-step.ts";
import { findRegistered, promote } from "./promote.ts";
import { replay } from "./replay.ts";
import { type Ending, gateStyle, metricsTable, typologyLines } from "./summary.ts";
import { splitTimeline } from "./timeline.ts";
import { trainTracked } from "./train-step.ts";

const count = new Intl.NumberFormat("en");
const day = (instant: number) => new Date(instant).toISOString().slice(0, 10);

type Outcome = Pick<Ending, "champion" | "refused" | "report">;

/** Ledger, features, training, gate, registry, service, monitoring: in this order, each step tracked. */
export async function runLifecycle(context: JobContext, console: JobConsole, data: string): Promise<Outcome> {
  const { options, signal } = context;
  const modelName = options.ledger === undefined ? "pix-fraud" : "ledger-fraud";

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
    return made;
  });
  signal.throwIfAborted();
  const timeline = splitTimeline(ledger.transfers.time[0]!, ledger.transfers.time[ledger.rows - 1]!);

  const study = await console.step("Features", async (say, progress) => {
    progress("computing, each row as of its own instant");
    const table = computeFeatures(ledger);
    const prepared = prepareStudy(ledger, table, timeline);
    say(`${table.names.length} features, point in time; labels as known on ${day(timeline.asOf)}`);
    say(
      `train ${day(timeline.train.from)}, validation ${day(timeline.validation.from)}, test ${day(timeline.test.from)} to ${day(timeline.test.to)}, live from ${day(timeline.live.from)}`,
    );
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
      return made;
    });
    await console.step("Gate", async (say, progress) => {
      progress(`${trainer} before the gate`);
      const known = await findRegistered(context, modelName, candidate.digest);
      const current = await openChampion(context, modelName);
      if (known) {
        say(`models:/${modelName}/${known.version} already holds these very bytes: nothing to decide`);
        if (known.version === current?.version.version) champion = { version: known, report: candidate.test };
        return;
      }
      const verdict = await gateCandidate(context, study, candidate, current, modelName);
      for (const line of renderGateTerminal(verdict, gateStyle).split("\n")) say(line);
      if (verdict.outcome === "passed") {
        const version = await promote(context, modelName, candidate, verdict);
        champion = { version, report: candidate.test };
        say(`registered as models:/${modelName}/${version.version}: alias champion, stage ${version.currentStage}`);
      } else {
        refused.push({ name: `${trainer} (${verdict.outcome})`, evidence: `runs:/${candidate.runId}/gate/verdict.md` });
      }
    });
    candidate.model.dispose();
  }

  const inService = await openChampion(context, modelName);
  if (inService === undefined) return { refused };
  champion ??= { version: inService.version };
  const { version } = inService;

  const replayed = await console.step("Serve", async (say, progress) => {
    const result = await replay(
      study,
      join(context.scratch, `${version.name}-${version.version}`),
      { modelName, modelVersion: version.version },
      signal,
      (done, of) => progress(`replaying ${count.format(done)} of ${count.format(of)} transfers`),
    );
    const rows = result.rows.to - result.rows.from;
    const alerts = result.alerts.reduce((sum, alert) => sum + alert, 0);
    say(
      `${count.format(rows)} transfers through the service, ${count.format(alerts)} held for review (${((alerts / rows) * 100).toFixed(2)} %)`,
    );
    say(
      `one transfer a request: p50 ${result.latency.p50.toFixed(2)} ms, p99 ${result.latency.p99.toFixed(2)} ms; served features differ from the table in ${result.parityMismatches} rows`,
    );
    const why = result.example?.reasons.map((reason) => reason.text[options.language]).join("; ");
    if (why) say(`for example ${result.example?.id}: ${why}`);
    return result;
  });

  const report = await console.step("Monitor", async (say, progress) => {
    progress("drift, alerts, performance on mature cohorts");
    const { path, lines } = await monitorReplay(context, study, inService, replayed, data);
    for (const line of lines) say(line);
    return path;
  });
  return { champion, refused, report };
}
