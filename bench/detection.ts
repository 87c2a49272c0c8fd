/**
 * How soon the daily watch tells that something has changed, and how often it is wrong: streams of simulated days, in which a scam comes that
 * nobody knew, a feature drifts slowly, another breaks, frauds become more, labels stay away, or nothing happens. The first 28 days are the
 * reference. An alarm counts that names what has changed; one before the change, or of another thing in its first days, is false.
 *
 *   npm run bench -- detection [--seeds 100] [--first-seed 1] [--rows 20000] [--late-share 0.003] [--scenario NAME] [--peer-seeds 2]
 *
 * With --peer-seeds the same streams are given to evidently and NannyML with their defaults, day by day: ESTEIRA_EVIDENTLY_PYTHON and
 * ESTEIRA_NANNYML_PYTHON, or ~/.cache/esteira/{evidently,nannyml}/bin/python. Ends with 1 when the goal is missed.
 */
import { parseArgs } from "node:util";
import { type Change, DailyWatch, type Day, gridOfDays, summarise } from "@esteira/lifecycle/monitoring/daily-watch";
import {
  BROKEN,
  DRIFTING,
  SCAM,
  SCENARIOS,
  type Scenario,
  STREAM_FEATURES,
  streamOf,
} from "@esteira/lifecycle/monitoring/stream-world";
import { PEERS, pythonOf, toldBy } from "./detection-peers.ts";
import { printFigure, printMachine, thousands } from "./figure.ts";

const REFERENCE_DAYS = 28;
const DAYS = 90;

const { values: options } = parseArgs({
  options: {
    seeds: { type: "string", default: "100" },
    "first-seed": { type: "string", default: "1" },
    rows: { type: "string", default: "20000" },
    "late-share": { type: "string", default: "0.003" },
    scenario: { type: "string" },
    "peer-seeds": { type: "string", default: "0" },
  },
});
const seeds = Number(options.seeds);
const firstSeed = Number(options["first-seed"]);
const rowsPerDay = Number(options.rows);
const lateShare = Number(options["late-share"]);

/** Whether an alarm names what has changed. */
function isRight(scenario: Scenario, change: Change): boolean {
  switch (scenario) {
    case "late-typology":
      return (
        change.kind === "typology" ||
        change.kind === "missed-reports" ||
        (change.kind === "pattern" && change.pattern.parts.filter(({ feature }) => SCAM.has(feature)).length >= 2)
      );
    case "slow-drift":
      return change.kind === "feature-moved" && change.feature === DRIFTING;
    case "broken-feature":
      return change.kind === "feature-missing" && change.feature === BROKEN;
    case "prevalence-shift":
      return change.kind === "expected-frauds" || change.kind === "alerts" || change.kind === "reports-risen";
    case "label-outage":
      return change.kind === "reports-silent";
    case "no-change":
      return false;
  }
}

interface Stream {
  /** Days from the change to the end of the day whose alarm names it; infinite where none did. */
  readonly delay: number;
  readonly first: Change | undefined;
  readonly falseAlarms: readonly Change[];
  /** Days on which an alarm would have been false. */
  readonly quietDays: number;
}

const changeDayOf = (scenario: Scenario, seed: number): number =>
  scenario === "no-change" ? DAYS : REFERENCE_DAYS + 14 + (seed % 28);

function watch(scenario: Scenario, seed: number): Stream {
  const changeDay = changeDayOf(scenario, seed);
  const reference: Day[] = [];
  let watching: DailyWatch | undefined;
  let grid: ReturnType<typeof gridOfDays> | undefined;
  const falseAlarms: Change[] = [];
  let day = -1;
  for (const today of streamOf({ scenario, seed, days: DAYS, rowsPerDay, changeDay, lateShare })) {
    day++;
    if (day < REFERENCE_DAYS) {
      reference.push(today);
      continue;
    }
    grid ??= gridOfDays(STREAM_FEATURES, reference);
    const cut = grid;
    watching ??= new DailyWatch(
      cut,
      reference.map((each) => summarise(each, cut)),
    );
    const changes = watching.add(summarise(today, cut));
    if (day < changeDay) falseAlarms.push(...changes);
    else {
      const first = changes.find((change) => isRight(scenario, change));
      if (first !== undefined)
        return { delay: day + 1 - changeDay, first, falseAlarms, quietDays: changeDay - REFERENCE_DAYS };
    }
  }
  return { delay: Number.POSITIVE_INFINITY, first: undefined, falseAlarms, quietDays: changeDay - REFERENCE_DAYS };
}

function tallied(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts].map(([name, count]) => `${name} ${count}`).join(", ");
}

const quantile = (sorted: readonly number[], share: number): number =>
  sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;

printMachine();
console.log(
  `${seeds} seeds from ${firstSeed} on, ${thousands(rowsPerDay)} decisions a day, ${STREAM_FEATURES.length} features, ${REFERENCE_DAYS} days of reference`,
);
let [falseAlarms, quietDays] = [0, 0];
let lateWithinADay = 0;
for (const scenario of SCENARIOS.filter((each) => (options.scenario ?? each) === each)) {
  const streams = Array.from({ length: seeds }, (_, index) => watch(scenario, firstSeed + index));
  const delays = streams.map(({ delay }) => delay).sort((a, b) => a - b);
  const wrong = streams.flatMap((stream) => stream.falseAlarms);
  const days = streams.reduce((sum, stream) => sum + stream.quietDays, 0);
  falseAlarms += wrong.length;
  quietDays += days;
  if (scenario === "late-typology") lateWithinADay = delays.filter((delay) => delay <= 1).length / seeds;
  const kinds = tallied(streams.map(({ first }) => first?.kind ?? "none"));
  const wrongKinds = tallied(wrong.map(({ kind }) => kind));
  console.log(
    `${scenario.padEnd(17)} delay ${scenario === "no-change" ? "-" : `median ${quantile(delays, 0.5)}, 90 % ${quantile(delays, 0.9)}, worst ${delays.at(-1)} days; first by ${kinds}`}; false alarms ${((30 * wrong.length) / days).toFixed(2)} a month${wrong.length > 0 ? ` (${wrongKinds})` : ""}`,
  );
}
const monthly = (30 * falseAlarms) / quietDays;
printFigure({
  name: "A late typology named within a day of its start, by false alarms a month",
  target: ">= 90 % at <= 1",
  measured: `${(100 * lateWithinADay).toFixed(0)} % at ${monthly.toFixed(2)}`,
  isMet: lateWithinADay >= 0.9 && monthly <= 1,
});

/** As `isRight`, of what a peer says; of a new scam anything is taken that is told after it began, though it names nothing. */
function isPeerRight(scenario: Scenario, said: string): boolean {
  if (scenario === "late-typology") return true;
  if (scenario === "slow-drift") return said.includes(DRIFTING);
  if (scenario === "broken-feature") return said.includes(BROKEN);
  return scenario === "prevalence-shift" && /score|alerted|cbpe/.test(said);
}

const AFTER_CHANGE = 14;
const peerSeeds = Number(options["peer-seeds"]);
for (const peer of peerSeeds === 0 ? [] : PEERS) {
  const python = pythonOf(peer);
  if (python === undefined) {
    console.log(`${peer} is not there: it is left out`);
    continue;
  }
  for (const scenario of SCENARIOS.filter((each) => (options.scenario ?? each) === each)) {
    const delays: number[] = [];
    let [alarmDays, quiet] = [0, 0];
    for (let seed = firstSeed; seed < firstSeed + peerSeeds; seed++) {
      const changeDay = changeDayOf(scenario, seed);
      const last = Math.min(DAYS, changeDay + AFTER_CHANGE);
      const told = await toldBy(
        peer,
        python,
        { scenario, seed, days: DAYS, rowsPerDay, changeDay, lateShare },
        { reference: REFERENCE_DAYS, last },
      );
      const right = told.find(([day, said]) => day >= changeDay && isPeerRight(scenario, said));
      delays.push(right === undefined ? Number.POSITIVE_INFINITY : right[0] + 1 - changeDay);
      alarmDays += new Set(told.map(([day]) => day).filter((day) => day < changeDay)).size;
      quiet += changeDay - REFERENCE_DAYS;
    }
    delays.sort((a, b) => a - b);
    console.log(
      `${peer} ${scenario.padEnd(17)} ${scenario === "no-change" ? "" : `delay median ${quantile(delays, 0.5)} (of ${AFTER_CHANGE} days looked at); `}days with false alarms ${((30 * alarmDays) / quiet).toFixed(1)} a month, ${peerSeeds} seeds`,
    );
  }
}
