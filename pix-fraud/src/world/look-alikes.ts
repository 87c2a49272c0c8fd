/** Honest behaviour that looks like fraud: without it a model would be praised for telling toys apart. */
import { INITIATIONS, KEY_TYPES } from "../ledger/ledger.ts";
import { roundAmount } from "./amounts.ts";
import { type Calendar, DAY_MS, HOUR_MS, MINUTE_MS } from "./calendar.ts";
import type { WorldParameters } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import { drawNeighbour, drawSeller, type Period, type Population } from "./population.ts";
import { Alias, type Random } from "./random.ts";

export interface LookAlikeContext {
  readonly world: Population;
  readonly parameters: WorldParameters;
  readonly period: Period;
  readonly calendar: Calendar;
  readonly plan: Plan;
  readonly random: Random;
}

const BY_KEY = INITIATIONS.indexOf("DICT");
const STATIC_QR = INITIATIONS.indexOf("QRES");
const DYNAMIC_QR = INITIATIONS.indexOf("QRDN");
const EVP = KEY_TYPES.indexOf("EVP");

export function planLookAlikes(context: LookAlikeContext): void {
  planPhones(context);
  planChanges(context);
  planLargePayments(context);
  planStakes(context);
  planBills(context);
  planFreelancers(context);
  planBazaars(context);
  planNewShops(context);
}

/** Calls `act` with random persons at random moments of the day, `monthly` times for each person and month. */
function often(
  { world, parameters, period, random }: LookAlikeContext,
  monthly: number,
  act: (customer: number, time: number) => void,
): void {
  const count = Math.round((monthly * world.persons * period.days) / 30);
  const hours = new Alias(parameters.rhythm.businessHours);
  for (let i = 0; i < count; i++) {
    const customer = random.below(world.persons);
    const day = random.below(period.days);
    act(customer, period.startMs + day * DAY_MS + (hours.draw(random) + random.uniform()) * HOUR_MS);
  }
}

const anybody = ({ world, random }: LookAlikeContext): number =>
  world.personAccounts[random.below(world.personAccounts.length)]!;

const companyOf = ({ world, random }: LookAlikeContext): number =>
  drawSeller(world, random.below(world.places.cities), 0.7, random);

/** New phones: limited payments until registered; often with new credentials. Some customers travel. */
function planPhones(context: LookAlikeContext): void {
  const { plan, parameters, random, world } = context;
  const p = parameters.devices;
  often(context, p.monthlyReplacement, (customer, time) => {
    const until = Math.floor(time + random.exponential(p.registrationDays) * DAY_MS);
    plan.add({ kind: "new_phone", time, customer, device: world.devices++, until });
    if (random.chance(0.5))
      plan.add({ kind: "change_credentials", time: time + random.between(0, 2) * HOUR_MS, customer });
    // The first things that people do with a new phone: pay somebody.
    const count = random.integer(0, 3);
    for (let i = 0; i < count; i++) {
      const later = time + random.exponential(6) * HOUR_MS;
      const amount = random.chance(0.4) ? random.integer(60, 200) * 100 : roundAmount(random.logNormal(60, 0.9) * 100);
      plan.add({ kind: "pay", time: later, customer, amount, payee: random.chance(0.4) ? anybody(context) : -1 });
    }
  });
  often(context, parameters.lookAlikes.travel, (customer, time) => {
    const until = Math.floor(time + random.between(1, 12) * DAY_MS);
    plan.add({ kind: "travel", time, customer, amount: world.places.bySize.draw(random), until });
  });
}

function planChanges(context: LookAlikeContext): void {
  const { plan, parameters } = context;
  often(context, parameters.lookAlikes.limitRaise, (customer, time) =>
    plan.add({ kind: "raise_limit", time, customer }),
  );
  often(context, parameters.lookAlikes.credentialChange, (customer, time) =>
    plan.add({ kind: "change_credentials", time, customer }),
  );
}

/** Rents, deposits, help for relatives, things bought from strangers, sweeps to other accounts, money given back. */
function planLargePayments(context: LookAlikeContext): void {
  const { plan, parameters, random, world } = context;
  const p = parameters.lookAlikes;
  const pay = (
    customer: number,
    time: number,
    payee: number,
    median: number,
    sigma: number,
    initiation = BY_KEY,
  ): void => {
    const cents = random.logNormal(median, sigma) * 100;
    const amount = random.chance(0.6) ? roundAmount(cents) : Math.floor(cents);
    plan.add({ kind: "pay", time, customer, payee, amount, initiation });
  };
  often(context, p.firstRent, (customer, time) => {
    const payee = random.chance(0.6) ? anybody(context) : companyOf(context);
    if (random.chance(0.15)) plan.add({ kind: "raise_limit", time: time - random.between(1, 40) * HOUR_MS, customer });
    pay(customer, time, payee, 1300, 0.5);
    if (random.chance(0.5)) pay(customer, time + random.between(2, 60) * MINUTE_MS, payee, 1300, 0.5);
  });
  often(context, p.deposit, (customer, time) => {
    if (random.chance(0.5)) plan.add({ kind: "raise_limit", time: time - random.between(1, 48) * HOUR_MS, customer });
    const payee = random.chance(0.4) ? anybody(context) : companyOf(context);
    const parts = random.chance(0.4) ? random.integer(2, 4) : 1;
    for (let i = 0; i < parts; i++)
      pay(customer, time + i * random.between(1, 10) * MINUTE_MS, payee, 4500 / parts, 0.8);
  });
  often(context, p.relative, (customer, time) => {
    const payee = random.chance(0.4)
      ? drawNeighbour(world, world.customers.account[customer]!, random)
      : anybody(context);
    pay(customer, time, payee, 320, 1.0);
    if (random.chance(0.25)) pay(customer, time + random.between(10, 180) * MINUTE_MS, payee, 320, 1.0);
  });
  often(context, p.secondHand, (customer, time) => {
    const payee = random.chance(0.5) ? anybody(context) : companyOf(context);
    pay(customer, time, payee, 130, 1.3, random.chance(0.5) ? BY_KEY : DYNAMIC_QR);
    if (random.chance(0.12)) pay(customer, time + random.between(0.5, 30) * HOUR_MS, payee, 25, 0.6);
  });
  often(context, p.sweep, (customer, time) => {
    const payee = random.chance(0.4) ? anybody(context) : -1;
    const count = random.chance(0.25) ? random.integer(2, 3) : 1;
    for (let i = 0; i < count; i++) {
      const later = time + i * random.between(0.5, 8) * MINUTE_MS;
      plan.add({
        kind: "pay",
        time: later,
        customer,
        payee,
        amountKind: "balance",
        amount: random.between(0.6, 1) / (count - i),
      });
    }
  });
  often(context, p.giveBack, (customer, time) => {
    const sender = random.below(world.persons);
    const cents = roundAmount(random.logNormal(120, 0.8) * 100);
    plan.add({
      kind: "pay",
      time,
      customer: sender,
      payee: world.customers.account[customer]!,
      amount: cents,
      initiation: BY_KEY,
    });
    const payee = random.chance(0.6) ? world.customers.account[sender]! : anybody(context);
    plan.add({ kind: "pay", time: time + (2 + random.exponential(30)) * MINUTE_MS, customer, payee, amount: cents });
  });
}

/** Brokers and betting houses: money that goes to one place again and again, in growing amounts; some of it comes back. */
function planStakes(context: LookAlikeContext): void {
  const { plan, parameters, random, world } = context;
  often(context, parameters.lookAlikes.stakes, (customer, first) => {
    const payee = random.chance(0.55)
      ? world.stakeholders[random.below(world.stakeholders.length)]!
      : random.chance(0.5)
        ? anybody(context)
        : companyOf(context);
    let cents = random.logNormal(35, 0.7) * 100;
    let time = first;
    const count = random.integer(3, 9);
    for (let i = 0; i < count; i++) {
      plan.add({ kind: "pay", time, customer, payee, amount: Math.max(500, roundAmount(cents)) });
      if (random.chance(0.15))
        plan.add({ kind: "credit", time: time + 2 * HOUR_MS, customer, amount: Math.floor(cents) });
      cents = Math.min(400_000, cents * random.between(0.7, 1.9));
      time += (random.chance(0.35) ? random.between(0.02, 0.4) : random.exponential(1.4)) * DAY_MS;
    }
  });
}

/** On payday people pay several bills and people within minutes. */
function planBills(context: LookAlikeContext): void {
  const { plan, parameters, random, world, calendar, period } = context;
  often(context, parameters.lookAlikes.billRun, (customer, time) => {
    const since = calendar.sincePayday[world.customers.payday[customer]!]!;
    let day = Math.floor((time - period.startMs) / DAY_MS);
    let at = time;
    while (day < period.days && since[day] !== 0) {
      day++;
      at += DAY_MS;
    }
    const count = random.integer(3, 8);
    for (let i = 0; i < count; i++) {
      const payee = random.chance(0.25) ? companyOf(context) : -1;
      plan.add({ kind: "pay", time: at, customer, payee, amount: roundAmount(random.logNormal(95, 0.9) * 100) });
      at += random.exponential(90) * 1000 + 15_000;
    }
  });
}

/** Freelancers who are paid by strangers and pay their helpers out of it within the hour. */
function planFreelancers(context: LookAlikeContext): void {
  const { plan, parameters, random, world, period } = context;
  const p = parameters.lookAlikes;
  const count = Math.max(2, Math.round(world.persons * p.freelancers));
  const hours = new Alias(parameters.rhythm.businessHours);
  for (let i = 0; i < count; i++) {
    const customer = random.below(world.persons);
    const helpers = Array.from({ length: random.integer(2, 5) }, () => anybody(context));
    const jobs = Math.round((p.freelanceJobs * random.between(0.4, 1.6) * period.days) / 30);
    for (let job = 0; job < jobs; job++) {
      let time =
        period.startMs + random.below(period.days) * DAY_MS + (hours.draw(random) + random.uniform()) * HOUR_MS;
      const cents = roundAmount(random.logNormal(260, 0.8) * 100);
      const account = world.customers.account[customer]!;
      if (random.chance(0.5))
        plan.add({
          kind: "pay",
          time,
          customer: random.below(world.persons),
          payee: account,
          amount: cents,
          fillsPurse: true,
        });
      else plan.add({ kind: "credit", time, customer, amount: cents, fillsPurse: true });
      const parts = random.integer(1, 3);
      for (let part = 0; part < parts; part++) {
        time += random.exponential(18) * MINUTE_MS + 60_000;
        const payee = random.chance(0.3) ? anybody(context) : helpers[random.below(helpers.length)]!;
        plan.add({ kind: "pay", time, customer, payee, amountKind: "purse", amount: random.between(0.3, 0.9) });
      }
    }
  }
}

/** Bazaars, raffles, collections: one account, often a young one, paid by many of one place within days. */
function planBazaars(context: LookAlikeContext): void {
  const { plan, parameters, random, world, period } = context;
  const p = parameters.lookAlikes;
  const count = Math.max(2, Math.round((p.bazaars * world.customers.count * period.days) / 30_000));
  const communities = world.communityStart.length - 1;
  for (let i = 0; i < count; i++) {
    const community = random.below(communities);
    const from = world.communityStart[community]!;
    const size = world.communityStart[community + 1]! - from;
    if (size === 0) continue;
    const day = random.below(period.days);
    const hall = random.chance(0.5)
      ? world.communityMembers[from + random.below(size)]!
      : openShop(context, period.startMs + day * DAY_MS, random.between(2, 90), random.chance(0.5));
    const payers = random.integer(...p.bazaarPayers);
    const length = random.between(0.3, 4);
    for (let k = 0; k < payers; k++) {
      const member = world.communityMembers[from + random.below(size)]!;
      const customer = random.chance(0.6) ? world.accounts.customer[member]! : random.below(world.persons);
      if (customer < 0) continue;
      const time = period.startMs + (day + random.uniform() * length) * DAY_MS;
      const initiation = random.chance(0.6) ? STATIC_QR : BY_KEY;
      plan.add({
        kind: "pay",
        time,
        customer,
        payee: hall,
        amount: roundAmount(random.logNormal(40, 0.8) * 100),
        initiation,
      });
    }
  }
}

/** Shops that opened lately and find their first buyers by advertisement, from all over the country. */
function planNewShops(context: LookAlikeContext): void {
  const { plan, parameters, random, world, period } = context;
  const p = parameters.lookAlikes;
  const count = Math.max(3, Math.round((p.newShops * world.customers.count * period.days) / 30_000));
  const hours = new Alias(parameters.rhythm.idleHours);
  for (let i = 0; i < count; i++) {
    const day = random.below(period.days);
    const shop = openShop(context, period.startMs + day * DAY_MS, random.between(1, 60), random.chance(0.75));
    const buyers = random.integer(...p.shopBuyers);
    const length = random.between(6, 45);
    const price = random.logNormal(100, 0.8);
    const initiation = random.chance(0.4) ? DYNAMIC_QR : random.chance(0.4) ? STATIC_QR : BY_KEY;
    for (let k = 0; k < buyers; k++) {
      const customer = random.below(world.persons);
      const time =
        period.startMs +
        (day + random.below(Math.ceil(length))) * DAY_MS +
        (hours.draw(random) + random.uniform()) * HOUR_MS;
      plan.add({
        kind: "pay",
        time,
        customer,
        payee: shop,
        amount: Math.floor(random.logNormal(price, 0.7) * 100),
        initiation,
      });
    }
  }
}

/** A young account at another institution that sells. */
function openShop({ world, random }: LookAlikeContext, from: number, ageDays: number, isCompany: boolean): number {
  const opened = Math.floor(from - ageDays * DAY_MS);
  return world.accounts.add({
    isCompany,
    openedAt: opened,
    keyType: random.chance(0.5) ? EVP : KEY_TYPES.indexOf(isCompany ? "CNPJ" : "CPF"),
    keyRegisteredAt: opened + Math.floor(random.between(0, ageDays) * random.uniform() * DAY_MS),
    city: world.places.bySize.draw(random),
    level: random.logNormal(1, 0.5),
  });
}
