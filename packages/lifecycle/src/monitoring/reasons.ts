import { type DriftRow, driftLevel } from "./drift.ts";
import type { Level } from "./levels.ts";
import type { MonitorReport } from "./monitor.ts";
import { hoursIn } from "./quality/hour-spans.ts";
import { type Language, type ReasonWords, type Spoken, speak } from "./reason-words.ts";
import type { MonitorSettings } from "./settings.ts";

export interface Reason {
  readonly code: keyof ReasonWords;
  readonly level: Level;
  readonly text: Spoken;
}

type Measured = Pick<
  MonitorReport,
  | "settings"
  | "alertRate"
  | "latency"
  | "scoreDrift"
  | "drift"
  | "performance"
  | "novelty"
  | "changes"
  | "domain"
  | "reconstruction"
  | "quality"
>;

/** What a report says in words, the loudest first. */
export function reasonsOf(report: Measured): Reason[] {
  const { settings, alertRate: alerts, latency, scoreDrift, drift, performance, novelty } = report;
  const reasons: Reason[] = [];
  const add = (level: Level, code: keyof ReasonWords, say: (words: ReasonWords, language: Language) => string) =>
    reasons.push({ code, level, text: speak(say) });

  if (alerts.transfers === 0) add("act", "noTraffic", (words) => words.noTraffic());
  for (const row of novelty.typologies) {
    if (row.status === "new")
      add(row.level, "newTypology", (words, language) =>
        words.newTypology({
          name: row.spoken[language],
          frauds: row.frauds,
          caught: row.caught,
          since: row.firstKnownAt,
        }),
      );
    if (row.status === "worse")
      add(row.level, "typologyWorse", (words, language) =>
        words.typologyWorse({
          name: row.spoken[language],
          recall: row.recall,
          before: row.referenceRecall,
          frauds: row.frauds,
        }),
      );
  }
  const { all, fraudScores } = novelty;
  if (all.status === "worse")
    add(all.level, "recallWorse", (words) =>
      words.recallWorse({ recall: all.recall, before: all.referenceRecall, frauds: all.frauds }),
    );
  if (fraudScores.level !== "info")
    add(fraudScores.level, "fraudScoresFallen", (words) =>
      words.fraudScoresFallen({
        median: fraudScores.medianCurrent,
        before: fraudScores.medianReference,
        frauds: fraudScores.frauds,
      }),
    );
  if (alerts.level !== "info") {
    const figures = { rate: alerts.rate, budget: alerts.budget };
    if (alerts.rate > alerts.budget) add(alerts.level, "alertRateHigh", (words) => words.alertRateHigh(figures));
    else add(alerts.level, "alertRateLow", (words) => words.alertRateLow(figures));
  }
  if (latency !== null && latency.p99 > settings.latencyWatchMs) {
    const limit = latency.p99 > settings.latencyActMs ? settings.latencyActMs : settings.latencyWatchMs;
    add(limit === settings.latencyActMs ? "act" : "watch", "latencyHigh", (words) =>
      words.latencyHigh({ p99: latency.p99, limit }),
    );
  }
  if (scoreDrift.level !== "stable")
    add(scoreDrift.level, "scoreDrift", (words) => words.scoreDrift({ psi: scoreDrift.psi }));
  addQuality(report, add);
  addDrift(drift, settings, add);
  const { domain } = report;
  if (domain !== null && domain.level !== "info")
    add(domain.level, "domainMoved", (words) =>
      words.domainMoved({
        auc: domain.auc,
        ...domain.interval,
        features: domain.features.slice(0, 3).map(({ feature }) => feature),
      }),
    );
  const { reconstruction } = report;
  if (reconstruction !== null && reconstruction.level !== "info")
    add(reconstruction.level, "togetherMoved", (words) =>
      words.togetherMoved({
        auc: reconstruction.auc,
        ...reconstruction.interval,
        features: reconstruction.features
          .filter(({ share }) => share > 0)
          .slice(0, 3)
          .map(({ feature }) => feature),
      }),
    );
  // The latest alone: a pattern that stays is found again and again.
  const pattern = report.changes?.findLast((change) => change.kind === "pattern");
  if (pattern !== undefined) add("watch", "patternRisen", (words) => words.patternRisen(pattern));
  addEstimates(report, add);
  if (performance.mature === null)
    add("info", "noMatureCohort", (words) => words.noMatureCohort({ maturityDays: settings.maturityDays }));
  if (reasons.every((reason) => reason.level === "info"))
    reasons.unshift({ code: "nothingFound", level: "info", text: speak((words) => words.nothingFound()) });
  const loudness: Record<Level, number> = { act: 0, watch: 1, info: 2 };
  return reasons.sort((a, b) => loudness[a.level] - loudness[b.level]);
}

/** The first of each kind in words; the rest is in the report's table. */
function addQuality(
  { quality, settings }: Measured,
  add: (level: Level, code: keyof ReasonWords, say: (words: ReasonWords) => string) => void,
): void {
  const levelOf = (importance: number): Level => (importance < settings.importanceToAct ? "watch" : "act");
  for (const one of quality.rescaled)
    add(levelOf(one.importance), "featureRescaled", (words) => words.featureRescaled(one));
  const beyond = quality.beyond.find(({ importance }) => importance >= settings.importanceToAct);
  if (beyond !== undefined) add("watch", "featureBeyond", (words) => words.featureBeyond(beyond));
  for (const span of quality.silent ?? [])
    add("watch", "silentHours", (words) => words.silentHours({ ...span, hours: hoursIn(span) }));
  const missing = quality.missing ?? [];
  const [first] = [...missing].sort((a, b) => b.missing - a.missing);
  if (first !== undefined) {
    const others = new Set(missing.map(({ feature }) => feature)).size - 1;
    add("watch", "missingHours", (words) => words.missingHours({ ...first, hours: hoursIn(first), others }));
  }
}

/** What the young cohorts' scores say, unless such estimates have failed before. */
function addEstimates(
  { settings, performance, novelty }: Measured,
  add: (level: Level, code: keyof ReasonWords, say: (words: ReasonWords) => string) => void,
): void {
  const { estimates, cohorts } = performance;
  if (!estimates.isTrusted) {
    add("watch", "estimatesFailed", (words) => words.estimatesFailed(estimates));
    return;
  }
  const before = novelty.all.referenceRecall;
  const young = cohorts.filter(({ mature, estimated }) => !mature && estimated !== null && estimated.frauds > 0);
  const worst = young.sort((a, b) => a.estimated!.recall.interval.high - b.estimated!.recall.interval.high)[0];
  if (worst === undefined || !(worst.estimated!.recall.interval.high < before - settings.recallDropWatch)) return;
  const { value } = worst.estimated!.recall;
  add("watch", "estimateFallen", (words) => words.estimateFallen({ recall: value, before, from: worst.from }));
}

function addDrift(
  drift: readonly DriftRow[],
  settings: MonitorSettings,
  add: (level: Level, code: keyof ReasonWords, say: (words: ReasonWords) => string) => void,
): void {
  const speaking = drift.filter((row) => driftLevel(row, settings) !== "info");
  const missing = speaking.filter((row) => Math.abs(row.missingCurrent - row.missingReference) > settings.missingWatch);
  for (const row of missing)
    add(driftLevel(row, settings), "featureMissing", (words) =>
      words.featureMissing({ feature: row.feature, before: row.missingReference, now: row.missingCurrent }),
    );
  // The rest in one sentence: a list of twenty features is not a reason but a table, and the table is below.
  const moved = speaking.filter((row) => !missing.includes(row));
  const first = moved.find((row) => row.level === "act") ?? moved[0];
  if (first !== undefined)
    add(driftLevel(first, settings), "featureDrift", (words) =>
      words.featureDrift({
        feature: first.feature,
        psi: first.psi,
        importance: first.importance,
        others: moved.length - 1,
      }),
    );
}
