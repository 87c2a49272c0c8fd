/**
 * The accounts of the world in columns, customers of this institution and of others alike. Rows are the simulation's own
 * indexes; a ledger renumbers them in order of appearance. Instants are milliseconds UTC.
 */
import { growBytes, growFloats, growIntegers } from "./columns.ts";

export interface NewAccount {
  readonly isCompany: boolean;
  readonly openedAt: number;
  /** Index into KEY_TYPES of the key that payers are given. */
  readonly keyType: number;
  readonly keyRegisteredAt: number;
  readonly city: number;
  /** The account's own price level (companies) or style of spending (persons): a factor on amounts. */
  readonly level: number;
}

export class Accounts {
  count = 0;
  isCompany = new Uint8Array(1024);
  openedAt = new Float64Array(1024);
  keyType = new Uint8Array(1024);
  keyRegisteredAt = new Float64Array(1024);
  city = new Int32Array(1024);
  level = new Float64Array(1024);
  /** Community of a person; -1 for companies and for accounts that belong to none. */
  community = new Int32Array(1024);
  /** Row in the table of customers, -1 where another institution holds the account. */
  customer = new Int32Array(1024);
  /** From when the account neither pays nor receives; Infinity when never. */
  blockedAt = new Float64Array(1024);

  add(account: NewAccount): number {
    if (this.count === this.isCompany.length) this.grow();
    const index = this.count++;
    this.isCompany[index] = account.isCompany ? 1 : 0;
    this.openedAt[index] = account.openedAt;
    this.keyType[index] = account.keyType;
    this.keyRegisteredAt[index] = account.keyRegisteredAt;
    this.city[index] = account.city;
    this.level[index] = account.level;
    this.community[index] = -1;
    this.customer[index] = -1;
    this.blockedAt[index] = Number.POSITIVE_INFINITY;
    return index;
  }

  private grow(): void {
    const size = this.isCompany.length * 2;
    this.isCompany = growBytes(this.isCompany, size);
    this.openedAt = growFloats(this.openedAt, size);
    this.keyType = growBytes(this.keyType, size);
    this.keyRegisteredAt = growFloats(this.keyRegisteredAt, size);
    this.city = growIntegers(this.city, size);
    this.level = growFloats(this.level, size);
    this.community = growIntegers(this.community, size);
    this.customer = growIntegers(this.customer, size);
    this.blockedAt = growFloats(this.blockedAt, size);
  }
}
