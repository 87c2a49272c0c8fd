import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { type MonitorReport, monitor } from "@esteira/lifecycle/monitoring/monitor";
import type { FraudReference } from "@esteira/lifecycle/monitoring/novelty";
import { reportMetrics } from "@esteira/lifecycle/monitoring/report-metrics";
import { renderReportHtml } from "@esteira/lifecycle/report/report-html";
import { ALERT_BUDGET } from "../policy/policy.ts";
import { TYPOLOGY_TEXTS } from "../policy/typology-texts.ts";
import { contributionShares, featureSamples } from "../training/feature-samples.ts";
import { rowsIn, valuesOf } from "../training/rows.ts";
import type { Study } from "../training/study.ts";
import type { JobContext } from "./context.ts";
import { type Champion, championScores } from "./gate-step.ts";
import { startJobRun } from "./job-run.ts";
import { LANGUAGES } from "./options.ts";
import type { Replay } from "./replay.ts";
import { shownPath } from "./shown-path.ts";

/**
 * Judges the served model on what it decided and on the labels known by the end of the ledger. The report is a run of its
 * own on the server, and a page in either language in the data folder.
 */
export async function monitorReplay(
  context: JobContext,
  study: Study,
  champion: Champion,
  replay: Replay,
  dataFolder: string,
): Promise<{ path: string; lines: string[] }> {
  const report = monitorReport(study, champion, replay);
  const folder = join(dataFolder, "reports");
  await mkdir(folder, { recursive: true });
  const pages = LANGUAGES.map((language) => ({
    name: `monitoring-v${champion.version.version}.${language}.html`,
    language,
    html: renderReportHtml(report, { language }),
  }));
  for (const { name, html } of pages) await writeWhole(join(folder, name), html);

  await startJobRun(
    context,
    {
      name: `monitoring-v${champion.version.version}`,
      tags: {
        "esteira.kind": "monitoring",
        "esteira.monitor.verdict": report.verdict,
        "esteira.model": `models:/${champion.version.name}/${champion.version.version}`,
        "esteira.model.sha256": champion.model.digest,
      },
    },
    async (run) => {
      run.logMetrics({
        ...reportMetrics(report),
        ...{ latency_p50_ms: replay.latency.p50, latency_p99_ms: replay.latency.p99 },
        parity_mismatches: replay.parityMismatches,
      });
      await run.logArtifact("monitor.json", `${JSON.stringify(report, null, 1)}\n`);
      for (const { name, html } of pages) await run.logArtifact(name, html);
    },
  );

  const chosen = pages.find(({ language }) => language === context.options.language) ?? pages[0]!;
  return {
    path: shownPath(join(folder, chosen.name)),
    lines: [
      `verdict: ${report.verdict}`,
      ...report.reasons.slice(0, 5).map((reason) => `${reason.level}: ${reason.text[context.options.language]}`),
    ],
  };
}

/** The file has its name only when it is whole. */
async function writeWhole(path: string, text: string): Promise<void> {
  const beside = `${path}.${process.pid}.part`;
  try {
    await writeFile(beside, text);
    await rename(beside, path);
  } catch (error) {
    await rm(beside, { force: true });
    throw error;
  }
}

function monitorReport(
  study: Study,
  champion: Champion,
  { rows, scores, alerts, threshold, latencyMs }: Replay,
): MonitorReport {
  const { ledger, timeline } = study;
  const live = { values: valuesOf(study.table, rows), rows: rows.to - rows.from };
  const columns = champion.model.names.map((name) => study.table.names.indexOf(name));
  const importance = contributionShares(champion.model, live, columns);
  const referenceScores = championScores(study, champion.model);
  return monitor({
    asOf: timeline.live.to,
    window: timeline.live,
    identity: {
      model: champion.version.name,
      version: champion.version.version,
      modelDigest: champion.model.digest,
      threshold,
      reference: `test span, ${day(timeline.test.from)} to ${day(timeline.test.to)}`,
      data: ledger.origin.description,
      dataDigest: ledger.origin.digest,
      currency: "BRL",
    },
    decisions: {
      time: Float64Array.from(ledger.transfers.time.subarray(rows.from, rows.to)),
      score: scores,
      alerted: alerts,
      amount: Float64Array.from(ledger.transfers.amountCents.subarray(rows.from, rows.to), (cents) => cents / 100),
      fraud: ledger.labels.fraud.subarray(rows.from, rows.to),
      knownAt: ledger.labels.knownAt.subarray(rows.from, rows.to),
      typology: ledger.labels.typology.subarray(rows.from, rows.to),
      latencyMs,
    },
    alertBudget: ALERT_BUDGET,
    features: featureSamples(study, importance, { reference: study.test, current: live }),
    referenceScores,
    referenceTimes: ledger.transfers.time.subarray(study.rows.test.from, study.rows.test.to),
    ...{ windowTimes: ledger.transfers.time.subarray(rows.from, rows.to), windowScores: scores },
    fraudReference: fraudReference(study, referenceScores, threshold),
    earlierFrauds: fraudsBefore(study),
    settings: { maturityDays: timeline.maturityDays },
  });
}

const day = (instant: number) => new Date(instant).toISOString().slice(0, 10);

/** What the champion was like on the test rows when it was accepted. */
function fraudReference(study: Study, scores: Float64Array, threshold: number): FraudReference {
  const { ledger, rows, train, testRows } = study;
  const tally = () => ({ trained: 0, frauds: 0, caught: 0 });
  const typologies = ledger.typologies.map((name) => ({ name, spoken: TYPOLOGY_TEXTS[name], ...tally() }));
  train.labels.forEach((label, at) => {
    if (label === 1) typologies[ledger.labels.typology[rows.train.from + at]!]!.trained++;
  });
  const fraudScores: number[] = [];
  testRows.labels.forEach((label, at) => {
    if (label === 0) return;
    const typology = typologies[testRows.typology[at]!]!;
    typology.frauds++;
    if (scores[at]! >= threshold) typology.caught++;
    fraudScores.push(scores[at]!);
  });
  return { typologies, fraudScores };
}

/** Known frauds before the live span: from them the labels' delay is learned. */
function fraudsBefore(study: Study) {
  const { labels, transfers } = study.ledger;
  const before = rowsIn(study.ledger, study.timeline.live).from;
  const times: number[] = [];
  const knownAt: number[] = [];
  for (let row = 0; row < before; row++) {
    if (labels.fraud[row] !== 1) continue;
    times.push(transfers.time[row]!);
    knownAt.push(labels.knownAt[row]!);
  }
  return { times, knownAt };
}
