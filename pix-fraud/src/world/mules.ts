/**
 * Mule rings: the accounts that receive what victims lose, and how they pass it on.
 *
 * An account goes through recruited, dormant, test, active and blocked. Accounts are in use in a few places ("desks") at a
 * time, one after another; the accounts of a ring follow each other at one desk, share devices and a second layer.
 */
import { INITIATIONS, KEY_TYPES } from "../ledger/ledger.ts";
import { DAY_MS, HOUR_MS, MINUTE_MS } from "./calendar.ts";
import type { WorldParameters } from "./parameters.ts";
import type { Plan } from "./plan.ts";
import { drawSeller, type Period, type Population } from "./population.ts";
import type { Random } from "./random.ts";

export type Trade = "social" | "shop" | "investment";

export interface Ring {
  readonly members: Mule[];
  /** Second layer: accounts that receive from the first. */
  readonly splitters: number[];
  readonly devices: number[];
  readonly city: number;
}

export interface Mule {
  readonly account: number;
  /** Customer index when the account is at this institution, else -1. */
  readonly customer: number;
  readonly ring: Ring;
  readonly isCompany: boolean;
  readonly from: number;
  readonly until: number;
  /** The key handed to victims. */
  readonly key: { readonly type: number; readonly registeredAt: number };
  /** Credits of victims' money: moment and episode. */
  readonly credits: { readonly time: number; readonly episode: number }[];
}

const EVP = KEY_TYPES.indexOf("EVP");
const BY_KEY = INITIATIONS.indexOf("DICT");

export interface MuleWorld {
  readonly world: Population;
  readonly parameters: WorldParameters;
  readonly period: Period;
  readonly plan: Plan;
  readonly random: Random;
}

/** The desks of one trade: for each, its accounts in order of time without gaps. */
export class Desks {
  private readonly desks: Mule[][] = [];
  private readonly random: Random;

  /** `perDay`: frauds a day that this trade's accounts receive, seen from here. */
  constructor(context: MuleWorld, trade: Trade, perDay: number, from: number) {
    this.random = context.random;
    const count = Math.max(1, Math.round(perDay / context.parameters.mules.receivedPerDay));
    for (let i = 0; i < count; i++) this.desks.push(openDesk(context, trade, from));
  }

  /** An account in use at `time`; company accounts only, or persons only, when asked and when one is at hand. */
  pick(time: number, company?: boolean): Mule {
    let mule = this.at(this.random.below(this.desks.length), time);
    for (let attempt = 0; attempt < 8 && company !== undefined && mule.isCompany !== company; attempt++)
      mule = this.at(this.random.below(this.desks.length), time);
    return mule;
  }

  /** A ring-mate of `mule` in use near `time`, else the mule itself: schemes change accounts, not rings. */
  mateOf(mule: Mule, time: number): Mule {
    const mates = mule.ring.members.filter((mate) => mate.from <= time && mate.until > time);
    return mates.length > 0 ? mates[this.random.below(mates.length)]! : mule;
  }

  all(): Mule[] {
    return this.desks.flat();
  }

  private at(desk: number, time: number): Mule {
    const mules = this.desks[desk]!;
    let low = 0;
    for (let high = mules.length - 1; low < high; ) {
      const middle = Math.floor((low + high + 1) / 2);
      if (mules[middle]!.from <= time) low = middle;
      else high = middle - 1;
    }
    return mules[low]!;
  }
}

function openDesk(context: MuleWorld, trade: Trade, from: number): Mule[] {
  const { period, parameters, random } = context;
  const [shortest, longest] = {
    social: parameters.mules.socialDays,
    shop: parameters.mules.shopDays,
    investment: parameters.mules.investmentDays,
  }[trade];
  const mules: Mule[] = [];
  let time = from - random.uniform() * longest * 0.5 * DAY_MS;
  let ring = openRing(context);
  let left = ringFirstLayer(context);
  while (time < period.endMs) {
    if (left-- <= 0) {
      ring = openRing(context);
      left = ringFirstLayer(context);
    }
    const until = time + random.between(shortest, longest) * DAY_MS;
    mules.push(recruit(context, trade, ring, Math.floor(time), Math.floor(until)));
    // Accounts overlap a little: the next is in use before the last is blocked.
    time = until;
  }
  return mules;
}

const ringFirstLayer = ({ parameters, random }: MuleWorld): number =>
  Math.ceil(random.integer(parameters.mules.ringSize[0], parameters.mules.ringSize[1]) * 0.6);

function openRing({ world, random }: MuleWorld): Ring {
  const devices = Array.from({ length: random.integer(1, 3) }, () => world.devices++);
  return { members: [], splitters: [], devices, city: world.places.bySize.draw(random) };
}

function recruit(context: MuleWorld, trade: Trade, ring: Ring, from: number, until: number): Mule {
  const { world, parameters, period, random } = context;
  const p = parameters.mules;
  const progress = Math.min(1, Math.max(0, (from - period.startMs) / (period.endMs - period.startMs)));
  const companies = p.companyShare[0] + (p.companyShare[1] - p.companyShare[0]) * progress;
  const isCompany = random.chance(trade === "shop" ? Math.min(1, companies * 1.25) : companies);
  const isInternal = random.chance(p.internal);
  const account = random.chance(p.rented)
    ? rent(context, isCompany, isInternal, from)
    : open(context, ring, isCompany, isInternal, from);
  const customer = world.accounts.customer[account]!;
  world.accounts.blockedAt[account] = Math.min(
    world.accounts.blockedAt[account]!,
    until + Math.floor(random.between(0.1, 2) * DAY_MS),
  );
  const opened = world.accounts.openedAt[account]!;
  const fresh = Math.max(opened, from - Math.floor(random.exponential(18) * DAY_MS));
  const mule: Mule = {
    account,
    customer,
    ring,
    isCompany,
    from,
    until,
    key: random.chance(0.55)
      ? { type: EVP, registeredAt: fresh }
      : {
          type: world.accounts.keyType[account]!,
          registeredAt: Math.max(opened, world.accounts.keyRegisteredAt[account]!),
        },
    credits: [],
  };
  test(context, ring, mule);
  ring.members.push(mule);
  return mule;
}

/** An account with a real history: a customer's of here, or anybody's. */
function rent({ world, period, random }: MuleWorld, isCompany: boolean, isInternal: boolean, from: number): number {
  const { accounts, customers, persons, personAccounts } = world;
  for (let attempt = 0; attempt < 20; attempt++) {
    const sellers = world.localSellers[random.below(world.localSellers.length)]!.accounts;
    const account = isCompany
      ? sellers[random.below(sellers.length)]!
      : isInternal
        ? customers.account[random.below(persons)]!
        : personAccounts[persons + random.below(personAccounts.length - persons)]!;
    const here = accounts.customer[account]! >= 0;
    const isFree = accounts.openedAt[account]! < from - 120 * DAY_MS && accounts.blockedAt[account]! > period.endMs;
    if (isFree && (here === isInternal || attempt > 10)) return account;
  }
  return personAccounts[personAccounts.length - 1]!;
}

/** An account opened for the purpose, dormant until `from`. */
function open(
  { world, parameters, random }: MuleWorld,
  ring: Ring,
  isCompany: boolean,
  isInternal: boolean,
  from: number,
): number {
  const { accounts, customers, places } = world;
  const [shortest, longest] = parameters.mules.dormantDays;
  const hurried = random.chance(0.35);
  const age = hurried ? random.logNormal(18, 0.6) : random.between(shortest, longest);
  const opened = Math.floor(from - age * DAY_MS);
  const account = accounts.add({
    isCompany,
    openedAt: opened,
    keyType: isCompany ? KEY_TYPES.indexOf("CNPJ") : KEY_TYPES.indexOf(random.chance(0.5) ? "PHONE" : "CPF"),
    keyRegisteredAt: opened + Math.floor(random.exponential(2) * DAY_MS),
    city: random.chance(0.6) ? ring.city : places.bySize.draw(random),
    level: random.logNormal(1, 0.4),
  });
  if (!isInternal) return account;
  const city = accounts.city[account]!;
  accounts.customer[account] = customers.add({
    account,
    ageBand: isCompany ? 0 : random.integer(1, 3),
    region: places.region[city]!,
    activity: random.between(0.02, 0.25),
    hour: random.between(8, 24),
    latitude: places.latitude[city]! + random.normal() * 0.08,
    longitude: places.longitude[city]! + random.normal() * 0.08,
    salaryCents: 0,
    payday: 0,
    dayLimitCents: random.chance(0.5) ? 500_000 : 1_000_000,
    device: random.chance(0.6) ? ring.devices[random.below(ring.devices.length)]! : world.devices++,
    secondDevice: -1,
  });
  const customer = accounts.customer[account]!;
  customers.balance[customer] = random.integer(500, 15_000);
  for (let i = 0; i < 48; i++) customers.remember(customer, drawSeller(world, city, 0.75, random));
  return account;
}

/** A payment of a few cents or reais between ring-mates shows that the account works. */
function test({ plan, parameters, random }: MuleWorld, ring: Ring, mule: Mule): void {
  const payer = ring.members.findLast((mate) => mate.customer >= 0 && mate.until > mule.from - DAY_MS);
  if (payer === undefined || !random.chance(parameters.mules.testPayment)) return;
  plan.add({
    time: mule.from - random.between(0.5, 20) * HOUR_MS,
    kind: "pay",
    customer: payer.customer,
    payee: mule.account,
    amount: random.integer(1, 1000),
    initiation: BY_KEY,
    key: mule.key,
  });
}

/**
 * Plans the onward transfers of every account that is held here and has received victims' money: within minutes most of what
 * came in leaves in a few parts, to the ring's second layer or straight to an exit (a broker, a betting house).
 */
export function planCashOut(
  context: MuleWorld,
  mules: readonly Mule[],
  openEpisode: (parent: number, time: number) => number,
  typology: number,
): void {
  const { random, parameters, plan, period } = context;
  const p = parameters.mules;
  for (const mule of mules) {
    if (mule.customer < 0 || mule.credits.length === 0) continue;
    const credits = mule.credits.toSorted((a, b) => a.time - b.time);
    for (let i = 0; i < credits.length; ) {
      const first = credits[i]!;
      let time = first.time + (0.3 + random.exponential(p.onwardMinutes)) * MINUTE_MS;
      // What arrives before the money leaves, leaves with it.
      while (i < credits.length && credits[i]!.time <= time) i++;
      if (time >= period.endMs) break;
      const episode = openEpisode(first.episode, time);
      if (episode < 0) continue;
      const parts = random.chance(0.65) ? 1 : random.integer(2, 4);
      for (let part = 0; part < parts; part++) {
        const share =
          part === parts - 1 ? random.between(...p.onwardShare) : 1 / (parts - part) / random.between(1, 1.3);
        plan.add({
          time,
          kind: "pay",
          customer: mule.customer,
          payee: drawOnward(context, mule.ring),
          amountKind: "purse",
          amount: share,
          device: -1,
          typology,
          episode,
          fillsPurse: true,
        });
        time += (0.2 + random.exponential(1)) * p.onwardGapSeconds * 1000;
      }
    }
  }
}

function drawOnward(context: MuleWorld, ring: Ring): number {
  const { world, random, period } = context;
  if (random.chance(0.3)) return world.stakeholders[random.below(world.stakeholders.length)]!;
  if (ring.splitters.length < 4 || random.chance(0.15))
    ring.splitters.push(open(context, ring, random.chance(0.3), false, period.startMs + random.uniform() * DAY_MS));
  return ring.splitters[random.below(ring.splitters.length)]!;
}
