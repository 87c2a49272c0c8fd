/** The customers of this institution in columns: who pays, with what habits, from which device. Money in cents. */
import { growBytes, growFloats, growIntegers } from "./columns.ts";

/** Earlier payees that a customer remembers, newest overwriting oldest: with repeats, so that habit is frequency. */
export const MEMORY = 48;

export const AGE_BANDS = ["company", "18-24", "25-34", "35-49", "50-59", "60+"] as const;

export interface NewCustomer {
  readonly account: number;
  /** Index into AGE_BANDS. */
  readonly ageBand: number;
  readonly region: number;
  /** Relative rate of payments. */
  readonly activity: number;
  /** Centre of the own von Mises clock, hours. */
  readonly hour: number;
  readonly latitude: number;
  readonly longitude: number;
  readonly salaryCents: number;
  /** 0: 5th business day, 1: the 20th, 2: last business day. */
  readonly payday: number;
  readonly dayLimitCents: number;
  readonly device: number;
  /** -1 when there is one device only. */
  readonly secondDevice: number;
}

export class Customers {
  count = 0;
  account = new Int32Array(1024);
  ageBand = new Uint8Array(1024);
  region = new Uint8Array(1024);
  activity = new Float64Array(1024);
  hour = new Float64Array(1024);
  latitude = new Float64Array(1024);
  longitude = new Float64Array(1024);
  salary = new Float64Array(1024);
  payday = new Uint8Array(1024);
  dayLimit = new Float64Array(1024);
  device = new Int32Array(1024);
  secondDevice = new Int32Array(1024);

  // What changes as the world runs.
  balance = new Float64Array(1024);
  /** Days of the period for which salary has been paid in: the next day to look at. */
  paidUntil = new Int32Array(1024);
  /** The current device is not registered before this; 0 when it is. */
  registeredAt = new Float64Array(1024);
  limitRaisedAt = new Float64Array(1024).fill(Number.NaN);
  credentialsChangedAt = new Float64Array(1024).fill(Number.NaN);
  /** Journey in force: until when, and where. */
  awayUntil = new Float64Array(1024);
  awayCity = new Int32Array(1024);
  /** Running totals, and the night or day that they belong to. */
  night = new Int32Array(1024).fill(-1);
  nightSpent = new Float64Array(1024);
  day = new Int32Array(1024).fill(-1);
  newDeviceSpent = new Float64Array(1024);
  memory = new Int32Array(1024 * MEMORY);
  remembered = new Int32Array(1024);

  add(customer: NewCustomer): number {
    if (this.count === this.account.length) this.grow();
    const index = this.count++;
    this.account[index] = customer.account;
    this.ageBand[index] = customer.ageBand;
    this.region[index] = customer.region;
    this.activity[index] = customer.activity;
    this.hour[index] = customer.hour;
    this.latitude[index] = customer.latitude;
    this.longitude[index] = customer.longitude;
    this.salary[index] = customer.salaryCents;
    this.payday[index] = customer.payday;
    this.dayLimit[index] = customer.dayLimitCents;
    this.device[index] = customer.device;
    this.secondDevice[index] = customer.secondDevice;
    return index;
  }

  /** Puts a payee into the customer's memory. */
  remember(customer: number, payee: number): void {
    this.memory[customer * MEMORY + (this.remembered[customer]! % MEMORY)] = payee;
    this.remembered[customer] = this.remembered[customer]! + 1;
  }

  private grow(): void {
    const old = this.account.length;
    const size = old * 2;
    this.account = growIntegers(this.account, size);
    this.ageBand = growBytes(this.ageBand, size);
    this.region = growBytes(this.region, size);
    this.activity = growFloats(this.activity, size);
    this.hour = growFloats(this.hour, size);
    this.latitude = growFloats(this.latitude, size);
    this.longitude = growFloats(this.longitude, size);
    this.salary = growFloats(this.salary, size);
    this.payday = growBytes(this.payday, size);
    this.dayLimit = growFloats(this.dayLimit, size);
    this.device = growIntegers(this.device, size);
    this.secondDevice = growIntegers(this.secondDevice, size);
    this.balance = growFloats(this.balance, size);
    this.paidUntil = growIntegers(this.paidUntil, size);
    this.registeredAt = growFloats(this.registeredAt, size);
    this.limitRaisedAt = growFloats(this.limitRaisedAt, size).fill(Number.NaN, old);
    this.credentialsChangedAt = growFloats(this.credentialsChangedAt, size).fill(Number.NaN, old);
    this.awayUntil = growFloats(this.awayUntil, size);
    this.awayCity = growIntegers(this.awayCity, size);
    this.night = growIntegers(this.night, size).fill(-1, old);
    this.nightSpent = growFloats(this.nightSpent, size);
    this.day = growIntegers(this.day, size).fill(-1, old);
    this.newDeviceSpent = growFloats(this.newDeviceSpent, size);
    this.memory = growIntegers(this.memory, size * MEMORY);
    this.remembered = growIntegers(this.remembered, size);
  }
}
