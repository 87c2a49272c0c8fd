/**
 * Lives through the plan and the everyday payments in order of time: chooses what is open, applies the rules and the
 * balance, and writes rows. Everything that a row shows is the state just before it.
 */
import { INITIATIONS, KEY_TYPES, RISK_BITS } from "../ledger/ledger.ts";
import { everydayAmount } from "./amounts.ts";
import { type Calendar, DAY_MS, HOUR_MS, parseDay, UTC_OFFSET_MS } from "./calendar.ts";
import { MEMORY } from "./customers.ts";
import type { WorldParameters } from "./parameters.ts";
import type { Plan, PlannedEvent } from "./plan.ts";
import { drawNeighbour, drawSeller, type Period, type Population } from "./population.ts";
import { Alias, mix32, type Random, stream } from "./random.ts";
import type { Rows } from "./rows.ts";

const NO_KEY = KEY_TYPES.indexOf("none");
const MANUAL = INITIATIONS.indexOf("MANU");
const BY_KEY = INITIATIONS.indexOf("DICT");
const STATIC_QR = INITIATIONS.indexOf("QRES");
const DYNAMIC_QR = INITIATIONS.indexOf("QRDN");
const INITIATOR = INITIATIONS.indexOf("INIC");
const WAYS = [MANUAL, BY_KEY, STATIC_QR, DYNAMIC_QR, INITIATOR];

/** Fewer cents than this are not worth a payment: the payer does something else. */
const SMALLEST = 100;

export class Engine {
  private readonly world: Population;
  private readonly parameters: WorldParameters;
  private readonly plan: Plan;
  private readonly calendar: Calendar;
  private readonly period: Period;
  private readonly rows: Rows;
  private readonly random: Random;
  private readonly sessions: Random;
  private readonly claims: Random;
  private readonly wayToCompany = new Alias([0.03, 0.17, 0.3, 0.43, 0.07]);
  private readonly wayToPerson = new Alias([0.06, 0.8, 0.09, 0.01, 0.04]);
  private readonly nightRuleFrom: number;
  private readonly deviceRuleFrom: number;
  private readonly nightLimit: number;
  private readonly purse: Float64Array;
  private readonly falseClaims: number;
  /** Whether the payee of the payment in hand was chosen anew. */
  private isNewPayee = false;

  constructor(input: {
    world: Population;
    parameters: WorldParameters;
    plan: Plan;
    calendar: Calendar;
    period: Period;
    rows: Rows;
    seed: number;
    /** Probability that an honest transfer is contested, enriched like fraud. */
    falseClaims: number;
  }) {
    this.world = input.world;
    this.parameters = input.parameters;
    this.plan = input.plan;
    this.calendar = input.calendar;
    this.period = input.period;
    this.rows = input.rows;
    this.random = stream(input.seed, "payments");
    this.sessions = stream(input.seed, "sessions");
    this.claims = stream(input.seed, "false claims");
    this.falseClaims = input.falseClaims;
    this.nightRuleFrom = parseDay(input.parameters.rules.nightFrom) * DAY_MS - UTC_OFFSET_MS;
    this.deviceRuleFrom = parseDay(input.parameters.rules.newDeviceFrom) * DAY_MS - UTC_OFFSET_MS;
    this.nightLimit = input.parameters.rules.nightLimit * 100;
    this.purse = new Float64Array(input.world.customers.count);
  }

  /** One everyday payment; false when this customer cannot pay now. */
  payAsUsual(time: number, customer: number): boolean {
    const { accounts, customers } = this.world;
    const account = customers.account[customer]!;
    if (accounts.openedAt[account]! > time || accounts.blockedAt[account]! <= time) return false;
    const isPerson = accounts.isCompany[account] === 0;
    let payee = this.choosePayee(customer, account, isPerson, time);
    if (payee < 0) return false;
    const night =
      isPerson && accounts.isCompany[payee] === 0 ? this.nightLeft(time, customer) : Number.POSITIVE_INFINITY;
    if (night < SMALLEST) {
      // The night's limit between persons is used up: what is still bought at night is bought in a shop.
      payee = drawSeller(this.world, accounts.city[account]!, 0.7, this.random);
      this.isNewPayee = true;
      if (!this.isOpen(payee, time)) return false;
    }
    const level = accounts.level[account]! * (accounts.isCompany[payee] === 1 ? accounts.level[payee]! : 1);
    const amount = everydayAmount(this.parameters.payment, !isPerson, level, this.random);
    return this.pay(time, customer, payee, amount, null);
  }

  /** Lives through one planned event; false when it was a payment that could not be made. */
  happen(event: PlannedEvent): boolean {
    const { customers } = this.world;
    const customer = event.customer;
    switch (event.kind) {
      case "raise_limit":
        customers.limitRaisedAt[customer] = event.time;
        // A raise asked for works one or two days later; who raises once rarely lowers it again.
        customers.dayLimit[customer] = Math.min(5_000_000, customers.dayLimit[customer]! * 1.5);
        return true;
      case "change_credentials":
        customers.credentialsChangedAt[customer] = event.time;
        return true;
      case "new_phone":
        customers.device[customer] = event.device;
        customers.registeredAt[customer] = event.until;
        return true;
      case "travel":
        customers.awayCity[customer] = event.amount;
        customers.awayUntil[customer] = event.until;
        return true;
      case "credit":
        customers.balance[customer] = customers.balance[customer]! + event.amount;
        if (event.fillsPurse) this.purse[customer] = this.purse[customer]! + event.amount;
        return true;
      case "pay":
        return this.payPlanned(event);
    }
  }

  private payPlanned(event: PlannedEvent): boolean {
    const { accounts, customers } = this.world;
    const customer = event.customer;
    const account = customers.account[customer]!;
    if (accounts.openedAt[account]! > event.time || accounts.blockedAt[account]! <= event.time) return false;
    this.receiveSalary(customer, event.time);
    let payee = event.payee;
    this.isNewPayee = true;
    if (payee < 0) payee = this.choosePayee(customer, account, accounts.isCompany[account] === 0, event.time);
    if (payee < 0 || payee === account || !this.isOpen(payee, event.time)) return false;
    let amount = event.amount;
    if (event.amountKind === "balance") amount = Math.floor(customers.balance[customer]! * event.amount);
    if (event.amountKind === "purse") {
      amount = Math.floor(this.purse[customer]! * event.amount);
      if (amount < SMALLEST) return false;
    }
    return this.pay(event.time, customer, payee, Math.max(amount, 1), event);
  }

  private isOpen(account: number, time: number): boolean {
    return this.world.accounts.openedAt[account]! <= time && this.world.accounts.blockedAt[account]! > time;
  }

  /** Someone to pay, open at this moment and not the payer; -1 when six tries found nobody. */
  private choosePayee(customer: number, account: number, isPerson: boolean, time: number): number {
    const p = this.parameters.payment;
    for (let attempt = 0; attempt < 6; attempt++) {
      const u = this.random.uniform();
      let payee: number;
      this.isNewPayee = false;
      if (u < (isPerson ? p.repeatShare : p.companyRepeatShare)) payee = this.recall(customer);
      else if (!isPerson || u < p.repeatShare + p.merchantShare) {
        payee =
          isPerson || this.random.chance(0.45)
            ? drawSeller(this.world, this.cityOf(customer, account, time), isPerson ? 0.75 : 0.4, this.random)
            : this.anybody();
      } else {
        payee = this.chooseNew(customer, account);
        this.isNewPayee = true;
      }
      if (payee !== account && this.isOpen(payee, time)) return payee;
    }
    return -1;
  }

  /** A payee out of the customer's memory; the chance falls in a straight line from the newest to the oldest. */
  private recall(customer: number): number {
    const { customers } = this.world;
    const u = this.random.uniform();
    const back = Math.floor(MEMORY * (1 - Math.sqrt(u)));
    const newest = customers.remembered[customer]! - 1;
    return customers.memory[customer * MEMORY + ((newest - back + MEMORY) % MEMORY)]!;
  }

  private chooseNew(customer: number, account: number): number {
    const p = this.parameters.payment;
    const u = this.random.uniform();
    if (u < p.newOnline) return drawSeller(this.world, 0, 0, this.random);
    if (u < p.newOnline + p.newCommunity) return drawNeighbour(this.world, account, this.random);
    if (u < p.newOnline + p.newCommunity + p.newTwoHops) {
      const friend = this.recall(customer);
      const friendly = this.world.accounts.customer[friend]!;
      return friendly >= 0 ? this.recall(friendly) : drawNeighbour(this.world, friend, this.random);
    }
    return this.anybody();
  }

  private anybody(): number {
    const { personAccounts } = this.world;
    return personAccounts[this.random.below(personAccounts.length)]!;
  }

  private cityOf(customer: number, account: number, time: number): number {
    const { accounts, customers } = this.world;
    return customers.awayUntil[customer]! > time ? customers.awayCity[customer]! : accounts.city[account]!;
  }

  /** What is left of tonight's limit between persons, cents; Infinity by day or before the rule. */
  private nightLeft(time: number, customer: number): number {
    const { customers } = this.world;
    const night = nightOf(time);
    if (night < 0 || time < this.nightRuleFrom) return Number.POSITIVE_INFINITY;
    if (customers.night[customer] !== night) {
      customers.night[customer] = night;
      customers.nightSpent[customer] = 0;
    }
    return this.nightLimit - customers.nightSpent[customer]!;
  }

  /** What is left of today's limit on a device that is not registered, cents. */
  private newDeviceLeft(time: number, customer: number): number {
    const { customers } = this.world;
    const day = Math.floor((time + UTC_OFFSET_MS) / DAY_MS);
    if (customers.day[customer] !== day) {
      customers.day[customer] = day;
      customers.newDeviceSpent[customer] = 0;
    }
    return this.parameters.rules.newDeviceDay * 100 - customers.newDeviceSpent[customer]!;
  }

  /** Pays in what salaries have come since the customer was last looked at. */
  private receiveSalary(customer: number, time: number): void {
    const { customers } = this.world;
    const today = Math.floor((time - this.period.startMs) / DAY_MS);
    const since = this.calendar.sincePayday[customers.payday[customer]!]!;
    for (let day = customers.paidUntil[customer]!; day <= today; day++) {
      if (since[day] === 0) customers.balance[customer] = customers.balance[customer]! + customers.salary[customer]!;
    }
    customers.paidUntil[customer] = today + 1;
  }

  /** Applies rules and balance to a payment and writes its row; false when nothing worth paying is left. */
  private pay(time: number, customer: number, payee: number, wanted: number, event: PlannedEvent | null): boolean {
    const { accounts, customers } = this.world;
    const account = customers.account[customer]!;
    const typology = event?.typology ?? 0;
    this.receiveSalary(customer, time);

    let device = event === null || event.device < 0 ? customers.device[customer]! : event.device;
    let unregistered = event !== null && event.device >= 0 ? true : customers.registeredAt[customer]! > time;
    if (
      (event === null || event.device < 0) &&
      customers.secondDevice[customer]! >= 0 &&
      this.sessions.chance(this.parameters.devices.secondUse)
    ) {
      device = customers.secondDevice[customer]!;
      unregistered = false;
    }

    const betweenPersons = accounts.isCompany[account] === 0 && accounts.isCompany[payee] === 0;
    const nightLeft = betweenPersons ? this.nightLeft(time, customer) : Number.POSITIVE_INFINITY;
    const atNight = nightLeft !== Number.POSITIVE_INFINITY;
    const limit = atNight ? Math.min(this.nightLimit, customers.dayLimit[customer]!) : customers.dayLimit[customer]!;
    let amount = Math.min(wanted, limit, nightLeft);
    const limitedDevice = unregistered && time >= this.deviceRuleFrom;
    if (limitedDevice)
      amount = Math.min(amount, this.parameters.rules.newDeviceTransfer * 100, this.newDeviceLeft(time, customer));
    if (amount < Math.min(wanted, SMALLEST)) return false;

    amount = this.affordable(customer, amount, typology);
    if (amount < Math.min(wanted, SMALLEST)) return false;
    amount = Math.floor(amount);

    this.write(time, customer, payee, amount, limit, device, event);
    customers.balance[customer] = customers.balance[customer]! - amount;
    if (atNight) customers.nightSpent[customer] = customers.nightSpent[customer]! + amount;
    if (limitedDevice) customers.newDeviceSpent[customer] = customers.newDeviceSpent[customer]! + amount;
    customers.remember(customer, payee);
    if (event?.amountKind === "purse") this.purse[customer] = this.purse[customer]! - amount;
    const receiver = accounts.customer[payee]!;
    if (receiver >= 0) {
      customers.balance[receiver] = customers.balance[receiver]! + amount;
      if (event?.fillsPurse) this.purse[receiver] = this.purse[receiver]! + amount;
    }
    return true;
  }

  /** Moves money in from the customer's other accounts, or makes do with what there is. */
  private affordable(customer: number, amount: number, typology: number): number {
    const { customers } = this.world;
    const balance = customers.balance[customer]!;
    if (balance >= amount) return amount;
    // A fraudster makes the victim find the money; others do so when they need to.
    if (typology > 0 || balance < 2000 || this.random.chance(this.parameters.payment.topUp)) {
      const extra = this.random.chance(0.45) ? 0 : this.random.exponential(15_000);
      customers.balance[customer] = Math.floor(amount + extra);
      return amount;
    }
    return this.random.chance(0.3) ? balance : Math.floor(balance * this.random.between(0.3, 0.95));
  }

  private write(
    time: number,
    customer: number,
    payee: number,
    amount: number,
    limit: number,
    device: number,
    event: PlannedEvent | null,
  ): void {
    const { accounts, customers, places } = this.world;
    const rows = this.rows;
    const row = rows.count++;
    const account = customers.account[customer]!;
    const payeeIsCompany = accounts.isCompany[payee]!;
    const isInternal = accounts.customer[payee]! >= 0;
    rows.time[row] = time;
    rows.payer[row] = account;
    rows.payee[row] = payee;
    rows.amountCents[row] = amount;
    rows.device[row] = device;

    const keyFrom = event?.key ? event.key.registeredAt : accounts.keyRegisteredAt[payee]!;
    let way = event === null ? 0 : event.initiation;
    if (way === 0) way = WAYS[(payeeIsCompany === 1 ? this.wayToCompany : this.wayToPerson).draw(this.sessions)]!;
    if (keyFrom > time) way = MANUAL;
    const byKey = way !== MANUAL;
    rows.initiation[row] = way;
    rows.keyType[row] = byKey ? (event?.key ? event.key.type : accounts.keyType[payee]!) : NO_KEY;
    rows.keyRegisteredAt[row] = byKey ? keyFrom : Number.NaN;
    rows.payeeOpenedAt[row] = byKey || isInternal ? accounts.openedAt[payee]! : Number.NaN;

    rows.balanceCents[row] = customers.balance[customer]!;
    rows.limitCents[row] = limit;
    rows.payerOpenedAt[row] = accounts.openedAt[account]!;
    rows.limitRaisedAt[row] = customers.limitRaisedAt[customer]!;
    rows.credentialsChangedAt[row] = customers.credentialsChangedAt[customer]!;
    rows.riskBits[row] = this.sessionBits(device, way === BY_KEY && this.isNewPayee) | (event?.riskBits ?? 0);

    const away = customers.awayUntil[customer]! > time;
    const city = event !== null && event.city >= 0 ? event.city : away ? customers.awayCity[customer]! : -1;
    const known = customers.latitude[customer]!;
    rows.latitude[row] =
      (city < 0 || Number.isNaN(known) ? known : places.latitude[city]!) + this.sessions.normal() * 0.02;
    rows.longitude[row] =
      (city < 0 || Number.isNaN(known) ? customers.longitude[customer]! : places.longitude[city]!) +
      this.sessions.normal() * 0.02;
    rows.payeeIsCompany[row] = payeeIsCompany;
    rows.payeeIsInternal[row] = isInternal ? 1 : 0;
    rows.payerAgeBand[row] = customers.ageBand[customer]!;
    rows.payerRegion[row] = customers.region[customer]!;
    this.label(row, time, event);
  }

  private sessionBits(device: number, typedKey: boolean): number {
    const p = this.parameters.devices;
    let bits = 0;
    // What a device carries, it carries in every session: from its number, not from a draw.
    if (mix32(device ^ 0x51ed270b) < p.rooted * 4294967296) bits |= RISK_BITS.rooted;
    if (mix32(device ^ 0x2f6e2b15) < p.accessibility * 4294967296) bits |= RISK_BITS.accessibilityService;
    const u = this.sessions.uniform();
    if (u < p.call) bits |= RISK_BITS.callInProgress;
    else if (u < p.call + p.screenShare) bits |= RISK_BITS.screenShare;
    if (typedKey ? u > 0.55 : u > 1 - p.pastedKey * 0.4) bits |= RISK_BITS.pastedKey;
    return bits;
  }

  private label(row: number, time: number, event: PlannedEvent | null): void {
    const rows = this.rows;
    if (event !== null && event.typology > 0) {
      rows.typology[row] = event.typology;
      rows.truth[row] = 1;
      const episode = this.plan.episodes[event.episode]!;
      rows.reportedAt[row] = episode.reportedAt;
      rows.knownAt[row] = episode.knownAt;
      rows.fraud[row] = Number.isNaN(episode.knownAt) ? 0 : 1;
      return;
    }
    if (this.claims.uniform() >= this.falseClaims) return;
    const p = this.parameters.reports;
    const reported = time + Math.floor(Math.min(p.contestDays * 24, this.claims.logNormal(72, 1.2)) * HOUR_MS);
    const days = Math.min(p.decisionMaxDays, this.claims.logNormal(p.decisionDays, p.decisionSigma));
    rows.reportedAt[row] = reported;
    if (this.claims.chance(p.falseAccepted)) {
      rows.fraud[row] = 1;
      rows.knownAt[row] = reported + Math.floor(days * DAY_MS);
    }
  }
}

/** The number of the night (20:00 to 06:00 local) that a moment belongs to; -1 by day. */
function nightOf(time: number): number {
  const local = time + UTC_OFFSET_MS;
  const hour = Math.floor(local / HOUR_MS) % 24;
  if (hour >= 6 && hour < 20) return -1;
  return Math.floor((local - 20 * HOUR_MS) / DAY_MS);
}
