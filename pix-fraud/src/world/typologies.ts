/** The ten frauds against victims as generative processes: who pays, with what, to whom, how much, when. */
import { INITIATIONS, RISK_BITS } from "../ledger/ledger.ts";
import { roundAmount } from "./amounts.ts";
import { type Calendar, DAY_MS, HOUR_MS, MINUTE_MS } from "./calendar.ts";
import type { Desks, Mule, MuleWorld } from "./mules.ts";
import type { TypologyParameters, VictimTypology } from "./parameters.ts";
import type { PlannedEvent } from "./plan.ts";
import { drawNeighbour } from "./population.ts";
import { Alias, type Random } from "./random.ts";

/** One episode to be planned. */
export interface Case {
  readonly context: MuleWorld;
  readonly calendar: Calendar;
  readonly random: Random;
  readonly desks: Desks;
  readonly typology: number;
  readonly parameters: TypologyParameters;
  readonly victim: number;
  /** Factor of the victim's age on amounts. */
  readonly lossFactor: number;
  /** Local midnight of the day on which it begins, milliseconds UTC. */
  readonly midnight: number;
  /** Fraudulent transfers still to be planned for this typology: an episode does not exceed it by much. */
  readonly left: number;
}

/** Plans an episode and returns the moments of its fraudulent transfers. */
export type Script = (chapter: Case) => readonly number[];

const BY_KEY = INITIATIONS.indexOf("DICT");
const STATIC_QR = INITIATIONS.indexOf("QRES");
const DYNAMIC_QR = INITIATIONS.indexOf("QRDN");
const INITIATOR = INITIATIONS.indexOf("INIC");

const hoursTable = (weights: readonly number[]): Alias => new Alias(weights);
const EVENING = hoursTable([
  3, 2, 1.5, 1, 0.8, 0.8, 1, 1.2, 1.5, 2, 2.2, 2.2, 2.3, 2.3, 2.3, 2.4, 2.6, 3, 3.6, 4.2, 4.6, 4.6, 4.2, 3.6,
]);
const OFFICE = hoursTable([0, 0, 0, 0, 0, 0, 0, 0.2, 1.5, 4, 5, 5, 4, 4.5, 5, 5, 4.5, 3.5, 1.2, 0.4, 0.2, 0.1, 0, 0]);
const DAYTIME = hoursTable([
  0.4, 0.2, 0.1, 0.1, 0.1, 0.3, 0.8, 2, 4, 5, 5.5, 5.5, 5.5, 5, 5, 5, 5, 5, 5, 4.5, 4, 3, 2, 1,
]);
const NIGHT = hoursTable([4.5, 3, 1, 0.4, 0.2, 0.1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0.8, 3.5, 4.5, 5, 5.5, 5.5]);

const momentOf = ({ midnight, random }: Case, hours: Alias): number =>
  midnight + (hours.draw(random) + random.uniform()) * HOUR_MS;

/** Bits set independently with the given probabilities. */
function bitsOf(random: Random, chances: { readonly [K in keyof typeof RISK_BITS]?: number }): number {
  let bits = 0;
  for (const name of ["rooted", "screenShare", "callInProgress", "accessibilityService", "pastedKey"] as const)
    if (random.chance(chances[name] ?? 0)) bits |= RISK_BITS[name];
  return bits;
}

/** An amount of the typology, scaled by the victim's age and now and then rounded, in cents. */
function drawAmount({ random, parameters, lossFactor }: Case, factor = 1): number {
  const cents = random.logNormal(parameters.amount.median * factor, parameters.amount.sigma) * lossFactor * 100;
  return Math.max(1000, random.chance(0.55) ? roundAmount(cents) : Math.floor(cents));
}

/** A weekday for offices: the next business day from the case's own. */
function onBusinessDay(chapter: Case): Case {
  const { calendar, context } = chapter;
  let day = Math.floor((chapter.midnight - context.period.startMs) / DAY_MS);
  while (day < calendar.days - 1 && calendar.idle[day] === 1) day++;
  return { ...chapter, midnight: context.period.startMs + day * DAY_MS };
}

/** Plans one fraudulent transfer into a mule's account and notes the credit, so that it can be passed on. */
function steal(
  chapter: Case,
  times: number[],
  mule: Mule,
  event: Partial<PlannedEvent> & { readonly time: number },
): void {
  const { context, victim, typology } = chapter;
  const episode = context.plan.episodes.length - 1;
  const time = Math.floor(event.time);
  const known = knownPayee(chapter);
  const planned = context.plan.add({
    initiation: BY_KEY,
    ...event,
    ...(known < 0 ? { payee: mule.account, key: mule.key } : { payee: known, key: null }),
    kind: "pay",
    customer: victim,
    typology,
    episode,
    fillsPurse: known < 0,
    time,
  });
  if (!planned) return;
  times.push(time);
  if (known < 0) mule.credits.push({ time, episode });
}

/** Now and then the money goes to somebody whom the victim has paid before, whose account was taken over; -1 otherwise. */
function knownPayee({ context, victim, random }: Case): number {
  if (!random.chance(context.parameters.fraud.knownPayee)) return -1;
  const { world } = context;
  const payee = random.chance(0.7)
    ? world.customers.memory[victim * 48 + random.below(48)]!
    : drawNeighbour(world, world.customers.account[victim]!, random);
  return payee === world.customers.account[victim] ? -1 : payee;
}

const prepare = (chapter: Case, kind: "raise_limit" | "change_credentials", time: number): void => {
  chapter.context.plan.add({ kind, customer: chapter.victim, time });
};

const accountTakeover: Script = (chapter) => {
  const { context, random, desks } = chapter;
  const { world, parameters } = context;
  const times: number[] = [];
  let time = momentOf(chapter, EVENING);
  const mule = desks.pick(time);
  if (random.chance(parameters.fraud.takeoverNewDevice)) {
    const shared = random.chance(parameters.fraud.takeoverSharedDevice);
    const device = shared ? mule.ring.devices[0]! : world.devices++;
    if (random.chance(0.6)) prepare(chapter, "change_credentials", time - random.between(0.1, 20) * HOUR_MS);
    const count = random.integer(3, 6);
    const city = random.chance(0.6) ? mule.ring.city : -1;
    for (let i = 0; i < count; i++) {
      const cents = random.chance(0.4) ? random.integer(190, 200) * 100 : random.integer(15_000, 20_000);
      steal(chapter, times, i === 0 ? mule : desks.mateOf(mule, time), { time, amount: cents, device, city });
      time += random.between(20, 180) * 1000;
    }
    return times;
  }
  const count = random.integer(2, 6);
  if (random.chance(0.4)) prepare(chapter, "change_credentials", time - random.between(0.05, 3) * HOUR_MS);
  const drained = random.between(0.6, 0.95);
  for (let i = 0; i < count; i++) {
    // Equal parts of the balance at the start: each is a larger share of what is left.
    const share = Math.min(0.95, drained / count / (1 - (drained * i) / count));
    const city = random.chance(0.3) ? mule.ring.city : -1;
    steal(chapter, times, desks.mateOf(mule, time), { time, amountKind: "balance", amount: share, city });
    time += random.between(0.4, 4) * MINUTE_MS;
  }
  return times;
};

const falseCallCentre: Script = (given) => {
  const chapter = onBusinessDay(given);
  const { random, desks } = chapter;
  const times: number[] = [];
  let time = momentOf(chapter, OFFICE);
  const mule = desks.pick(time, random.chance(0.6) ? true : undefined);
  if (random.chance(0.4)) prepare(chapter, "raise_limit", time - random.between(0.1, 30) * HOUR_MS);
  const bits = bitsOf(random, { callInProgress: 0.5, pastedKey: 0.5, screenShare: 0.1 });
  const count = random.integer(1, 4);
  for (let i = 0; i < count; i++) {
    steal(chapter, times, desks.mateOf(mule, time), { time, amount: drawAmount(chapter), riskBits: bits });
    time += random.between(2, 18) * MINUTE_MS;
  }
  return times;
};

const impersonation: Script = (chapter) => {
  const { random, desks } = chapter;
  const times: number[] = [];
  const time = momentOf(chapter, DAYTIME);
  const mule = desks.pick(time, false);
  const bits = bitsOf(random, { pastedKey: 0.5 });
  const amount = drawAmount(chapter);
  steal(chapter, times, mule, { time, amount, riskBits: bits });
  if (random.chance(0.4)) {
    const later = time + random.between(10, 120) * MINUTE_MS;
    steal(chapter, times, mule, { time: later, amount: Math.floor(amount * random.between(1.1, 2.2)), riskBits: bits });
  }
  return times;
};

const tamperedQr: Script = (chapter) => {
  const { random, desks } = chapter;
  const times: number[] = [];
  const time = momentOf(chapter, DAYTIME);
  const cents = Math.min(
    40_000,
    Math.max(1500, random.logNormal(chapter.parameters.amount.median, chapter.parameters.amount.sigma) * 100),
  );
  steal(chapter, times, desks.pick(time), { time, amount: Math.floor(cents), initiation: STATIC_QR });
  return times;
};

const remoteAccess: Script = (chapter) => {
  const { random, desks } = chapter;
  const times: number[] = [];
  let time = momentOf(chapter, DAYTIME);
  const mule = desks.pick(time);
  const bits = bitsOf(random, { screenShare: 0.5, accessibilityService: 0.4, callInProgress: 0.25, rooted: 0.04 });
  const count = random.integer(1, 3);
  const byBalance = random.chance(0.7);
  for (let i = 0; i < count; i++) {
    const event = byBalance
      ? { amountKind: "balance" as const, amount: random.between(0.7, 1) / (count - i) }
      : { amount: drawAmount(chapter) };
    steal(chapter, times, desks.mateOf(mule, time), { time, ...event, riskBits: bits });
    time += random.between(0.5, 6) * MINUTE_MS;
  }
  return times;
};

const fakeSale: Script = (chapter) => {
  const { random, desks } = chapter;
  const times: number[] = [];
  const time = momentOf(chapter, DAYTIME);
  const mule = desks.pick(time);
  const amount = drawAmount(chapter);
  const initiation = random.chance(0.45)
    ? BY_KEY
    : random.chance(0.6)
      ? DYNAMIC_QR
      : random.chance(0.8)
        ? STATIC_QR
        : INITIATOR;
  steal(chapter, times, mule, { time, amount, initiation, riskBits: bitsOf(random, { pastedKey: 0.3 }) });
  if (random.chance(0.2)) {
    const fee = Math.max(1500, Math.floor(amount * random.between(0.08, 0.4)));
    steal(chapter, times, mule, { time: time + random.between(0.5, 30) * HOUR_MS, amount: fee, initiation });
  }
  return times;
};

const fakeInvestment: Script = (chapter) => {
  const { context, random, desks, victim, lossFactor, parameters } = chapter;
  const times: number[] = [];
  let time = momentOf(chapter, EVENING);
  const mule = desks.pick(time);
  const count = Math.min(random.integer(4, 12), Math.max(4, chapter.left));
  let cents = random.logNormal(parameters.amount.median, parameters.amount.sigma) * lossFactor * 100;
  const bits = bitsOf(random, { pastedKey: 0.3 });
  for (let i = 0; i < count; i++) {
    const payee = i === 0 || random.chance(0.6) ? mule : desks.mateOf(mule, time);
    steal(chapter, times, payee, { time, amount: Math.max(1000, roundAmount(cents)), riskBits: bits });
    // A small gain is paid out early, so that the victim believes.
    if (i === 1 && random.chance(0.7))
      refund(context, mule, victim, time + random.between(1, 20) * HOUR_MS, Math.floor(cents * 1.2));
    cents = Math.min(500_000, cents * random.between(1.1, 2.1));
    const gap = random.chance(0.35) ? random.between(0.02, 0.4) : random.exponential(1.1);
    time += gap * DAY_MS;
  }
  return times;
};

/** Money from the ring to the victim: a row when the mule's account is here, else a credit from outside. */
function refund(context: MuleWorld, mule: Mule, victim: number, time: number, cents: number): void {
  const account = context.world.customers.account[victim]!;
  if (mule.customer >= 0)
    context.plan.add({ kind: "pay", time, customer: mule.customer, payee: account, amount: cents });
  else context.plan.add({ kind: "credit", time, customer: victim, amount: cents });
}

const billSwap: Script = (given) => {
  const { calendar, context, random } = given;
  // Bills fall due on the 5th, 10th and 20th: the next such day, when there is one.
  let day = Math.floor((given.midnight - context.period.startMs) / DAY_MS);
  const isDue = (index: number): boolean => [5, 10, 20].includes(calendar.dayOfMonth[index]!);
  if (random.chance(0.7)) while (day < calendar.days - 1 && !isDue(day)) day++;
  const chapter = { ...given, midnight: context.period.startMs + day * DAY_MS };
  const times: number[] = [];
  const time = momentOf(chapter, OFFICE);
  const initiation = random.chance(0.5) ? DYNAMIC_QR : BY_KEY;
  steal(chapter, times, chapter.desks.pick(time, true), { time, amount: drawAmount(chapter), initiation });
  return times;
};

const coercion: Script = (chapter) => {
  const { context, random, desks } = chapter;
  const times: number[] = [];
  let time = momentOf(chapter, NIGHT);
  const count = random.integer(2, 4);
  const city = random.chance(0.4) ? context.world.places.bySize.draw(random) : -1;
  const share = random.between(0.5, 0.95);
  for (let i = 0; i < count; i++) {
    const amount = random.chance(0.5)
      ? { amountKind: "balance" as const, amount: Math.min(0.95, share / (count - i)) }
      : { amount: random.integer(2, 6) * 5000 };
    steal(chapter, times, desks.pick(time, false), { time, ...amount, city });
    time += random.between(2, 35) * MINUTE_MS;
  }
  return times;
};

const wrongPix: Script = (chapter) => {
  const { context, random, desks, victim } = chapter;
  const times: number[] = [];
  const bait = momentOf(chapter, DAYTIME);
  const cents = Math.min(
    60_000,
    Math.max(
      5000,
      roundAmount(random.logNormal(chapter.parameters.amount.median, chapter.parameters.amount.sigma) * 100),
    ),
  );
  const sender = desks.pick(bait);
  refund(context, sender, victim, bait, cents);
  const time = bait + (2 + random.exponential(25)) * MINUTE_MS;
  steal(chapter, times, desks.pick(time), { time, amount: cents, riskBits: bitsOf(random, { pastedKey: 0.4 }) });
  return times;
};

export const SCRIPTS: { readonly [K in VictimTypology]: Script } = {
  account_takeover: accountTakeover,
  false_call_centre: falseCallCentre,
  whatsapp_impersonation: impersonation,
  tampered_qr: tamperedQr,
  remote_access: remoteAccess,
  fake_sale: fakeSale,
  fake_investment: fakeInvestment,
  bill_swap: billSwap,
  coercion,
  wrong_pix: wrongPix,
};
