/** Makes a ledger of a simulated Pix world: from a seed, the same to the byte. */
import { invalid } from "@esteira/core/errors";
import { digestColumns } from "../ledger/digest.ts";
import type { Ledger } from "../ledger/ledger.ts";
import { Arrivals, apportion, dayWeights } from "./arrivals.ts";
import { type Calendar, calendarOf, DAY_MS, parseDay, UTC_OFFSET_MS } from "./calendar.ts";
import { AGE_BANDS } from "./customers.ts";
import { Engine } from "./engine.ts";
import { planFraud } from "./fraud.ts";
import { planLookAlikes } from "./look-alikes.ts";
import { accountName, deviceName, endToEndId } from "./names.ts";
import { defaultParameters, TYPOLOGIES, type WorldParameters } from "./parameters.ts";
import { REGIONS } from "./places.ts";
import { Plan, type PlannedEvent } from "./plan.ts";
import { buildPopulation, type Period, type Population } from "./population.ts";
import { stream } from "./random.ts";
import { allocateRows, type Rows, renumber } from "./rows.ts";

export interface SimulationInput {
  /** Rows of the ledger, 1,000 to 20,000,000: exactly as many come out. */
  readonly transfers: number;
  /** Any safe integer. */
  readonly seed: number;
  /** Length of the period; 150 unless given. */
  readonly days?: number;
  /** First day on the local clock, YYYY-MM-DD; 2026-03-02 unless given. */
  readonly startDay?: string;
  readonly parameters?: WorldParameters;
}

/**
 * Simulates a period of one institution's outgoing Pix payments. Every row is a payment that could have been scored: its
 * payer is a customer. Throws EsteiraError INVALID_PARAMETER_VALUE when the input makes no world.
 */
export function simulateWorld(input: SimulationInput): Ledger {
  const { transfers, seed } = input;
  const days = input.days ?? 150;
  const startDay = input.startDay ?? "2026-03-02";
  const parameters = input.parameters ?? defaultParameters;
  check(transfers, seed, days);
  const firstDay = parseDay(startDay);
  const startMs = firstDay * DAY_MS - UTC_OFFSET_MS;
  const period: Period = { startMs, endMs: startMs + days * DAY_MS, days };
  const calendar = calendarOf(firstDay, days);

  const world = buildPopulation(transfers, period, parameters, seed);
  const plan = new Plan(period);
  const weights = dayWeights(calendar, parameters.rhythm, stream(seed, "days"));
  planLookAlikes({ world, parameters, period, calendar, plan, random: stream(seed, "look-alikes") });
  planFraud({ world, parameters, period, calendar, plan, weights, transfers, seed });

  const rows = allocateRows(transfers);
  live({ world, parameters, period, calendar, plan, weights, rows, seed });
  return toLedger({ world, parameters, period, rows, seed, transfers, days, startDay });
}

function check(transfers: number, seed: number, days: number): void {
  if (!Number.isInteger(transfers) || transfers < 1000 || transfers > 20_000_000)
    throw invalid(`A world has 1,000 to 20,000,000 transfers, not ${transfers}: choose a whole number between them.`);
  if (!Number.isSafeInteger(seed)) throw invalid(`The seed ${seed} is not a whole number.`);
  if (!Number.isInteger(days) || days < 14 || days > 1500)
    throw invalid(`A world lasts 14 to 1,500 days, not ${days}: choose a whole number between them.`);
}

interface Life {
  readonly world: Population;
  readonly parameters: WorldParameters;
  readonly period: Period;
  readonly calendar: Calendar;
  readonly plan: Plan;
  readonly weights: Float64Array;
  readonly rows: Rows;
  readonly seed: number;
}

/** Day by day: the planned events and as many everyday payments as fill the ledger, in order of time. */
function live({ world, parameters, period, calendar, plan, weights, rows, seed }: Life): void {
  const eventsOf = plan.byDay();
  const payments = plan.events.reduce((count, event) => count + (event.kind === "pay" ? 1 : 0), 0);
  const quotas = apportion(Math.max(0, rows.time.length - payments), weights);
  const engine = new Engine({
    world,
    parameters,
    plan,
    calendar,
    period,
    rows,
    seed,
    falseClaims: falseClaims(parameters),
  });
  const arrivals = new Arrivals(world.customers, calendar, parameters.rhythm, stream(seed, "arrivals"));
  const most = quotas.reduce((a, b) => Math.max(a, b), 0);
  const payers = new Int32Array(most);
  const moments = new Float64Array(most);

  for (let day = 0; day < period.days; day++) {
    const midnight = period.startMs + day * DAY_MS;
    const events = eventsOf[day]!;
    const quota = quotas[day]!;
    arrivals.fill(day, quota, payers, moments);
    const order = inOrder(moments, quota, events, midnight);
    for (let i = 0; i < order.length && rows.count < rows.time.length; i++) {
      const moment = Math.floor(order[i]! / ORDER);
      const index = order[i]! - moment * ORDER;
      const time = midnight + moment;
      const isDone = index < quota ? engine.payAsUsual(time, payers[index]!) : engine.happen(events[index - quota]!);
      // Who cannot pay leaves the moment to somebody else, so that the ledger has its length.
      for (let attempt = 0; !isDone && attempt < 200; attempt++)
        if (engine.payAsUsual(time, arrivals.drawCustomer())) break;
    }
  }
}

/** Above every number of events in a day. */
const ORDER = 2 ** 24;

/**
 * A day's payments and events by moment, ties by order (everyday payments first): moment x 2^24 + order, below 2^53, so that a
 * plain numeric sort is a stable one.
 */
function inOrder(
  moments: Float64Array,
  quota: number,
  events: readonly PlannedEvent[],
  midnight: number,
): Float64Array {
  const order = new Float64Array(quota + events.length);
  for (let i = 0; i < quota; i++) order[i] = moments[i]! * ORDER + i;
  for (let i = 0; i < events.length; i++) order[quota + i] = (events[i]!.time - midnight) * ORDER + quota + i;
  return order.sort();
}

/** Share of victims' frauds that become labels: contested and accepted. */
function labelledShare(parameters: WorldParameters): number {
  let mix = 0;
  let labelled = 0;
  for (const typology of Object.values(parameters.fraud.typologies)) {
    mix += typology.mix;
    labelled += typology.mix * typology.reported * parameters.reports.accepted;
  }
  return mix > 0 ? labelled / mix : 0;
}

/** False claims are made more frequent by the same factor as fraud, so that the labels' noise keeps its proportion. */
function falseClaims(parameters: WorldParameters): number {
  const { prevalence, publishedPrevalence } = parameters.fraud;
  return (parameters.reports.falseClaims * prevalence * labelledShare(parameters)) / publishedPrevalence;
}

function toLedger(input: {
  world: Population;
  parameters: WorldParameters;
  period: Period;
  rows: Rows;
  seed: number;
  transfers: number;
  days: number;
  startDay: string;
}): Ledger {
  const { world, parameters, period, rows, seed, transfers, days, startDay } = input;
  const accountNumbers = renumber([rows.payer, rows.payee], rows.count, world.accounts.count);
  const deviceNumbers = renumber([rows.device], rows.count, world.devices);
  const { count, fraud, knownAt, reportedAt, typology, truth, payerAgeBand, payerRegion, ...columns } = rows;
  const labels = { fraud, knownAt, reportedAt, typology, truth };
  const slices = { payerAgeBand, payerRegion };
  const labelled = fraud.reduce((sum, label) => sum + label, 0) / count;
  const late = parameters.lateTypology;
  const from = Math.floor(period.startMs + parameters.lateFrom * days * DAY_MS);
  return {
    rows: count,
    transfers: columns,
    labels,
    slices,
    typologies: TYPOLOGIES,
    sliceNames: { payerAgeBand: AGE_BANDS, payerRegion: REGIONS },
    accounts: accountNumbers.length,
    devices: deviceNumbers.length,
    utcOffset: UTC_OFFSET_MS,
    idOf: (row) => endToEndId(parameters.ispb, columns.time[row]!, row, seed),
    accountOf: (index) => accountName(accountNumbers[index]!, seed),
    deviceOf: (index) => deviceName(deviceNumbers[index]!, seed),
    origin: {
      kind: "simulated",
      description: `Simulated Pix world, seed ${seed}, ${count} transfers over ${days} days from ${startDay}`,
      digest: digestColumns(columns, labels, slices),
      source: {
        type: "simulation",
        seed,
        transfers,
        days,
        startDay,
        lateTypology: late === null ? null : { name: late, from },
        enrichment: {
          published: parameters.fraud.publishedPrevalence,
          labelled,
          true: truth.reduce((sum, label) => sum + label, 0) / count,
        },
      },
      trueToLedgerPrevalence: labelled > 0 ? parameters.fraud.publishedPrevalence / labelled : 1,
    },
  };
}
