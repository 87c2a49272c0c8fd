/** Peoples the world: persons and companies, here and at other institutions, their communities, habits and contacts. */
import { KEY_TYPES } from "../ledger/ledger.ts";
import { Accounts } from "./accounts.ts";
import { DAY_MS } from "./calendar.ts";
import { Customers, MEMORY } from "./customers.ts";
import type { WorldParameters } from "./parameters.ts";
import { buildPlaces, type Places } from "./places.ts";
import { Alias, exp, ln, type Random, stream } from "./random.ts";

const PERSON_KEYS = (["CPF", "PHONE", "EMAIL", "EVP"] as const).map((key) => KEY_TYPES.indexOf(key));
const COMPANY_KEYS = (["CNPJ", "PHONE", "EMAIL", "EVP"] as const).map((key) => KEY_TYPES.indexOf(key));

export interface Period {
  readonly startMs: number;
  readonly endMs: number;
  readonly days: number;
}

export interface Population {
  readonly accounts: Accounts;
  readonly customers: Customers;
  readonly places: Places;
  /** Customers 0 .. persons - 1 are persons; then come companies. */
  readonly persons: number;
  /** Members of community c: members[start[c]] .. members[start[c + 1] - 1], account indexes of persons. */
  readonly communityStart: Int32Array;
  readonly communityMembers: Int32Array;
  /** Accounts of companies that sell in one city, by Zipf's law; and to the whole country. */
  readonly localSellers: readonly { readonly accounts: Int32Array; readonly alias: Alias }[];
  readonly onlineSellers: { readonly accounts: Int32Array; readonly alias: Alias };
  /** Brokers and betting houses: companies whose customers pay often and ever more. */
  readonly stakeholders: Int32Array;
  /** All persons' accounts: 0 .. internal, then at other institutions. */
  readonly personAccounts: Int32Array;
  /** The next free device. */
  devices: number;
}

/** Draws the moments of opening and of the key's registration. */
export function drawOpening(
  period: Period,
  parameters: WorldParameters,
  random: Random,
): { opened: number; key: number } {
  const { recentShare, ageDays } = parameters.population;
  const recent = random.chance(recentShare);
  const opened = recent
    ? period.startMs + Math.floor(random.between(-90, period.days) * DAY_MS)
    : period.startMs - Math.floor((30 + Math.min(9000, random.logNormal(ageDays.median, ageDays.sigma))) * DAY_MS);
  // Most keys are registered with the account; some much later, or anew.
  const late = random.chance(0.35) ? random.exponential(300) : random.exponential(1.5);
  return { opened, key: opened + Math.floor(late * DAY_MS) };
}

export function buildPopulation(
  transfers: number,
  period: Period,
  parameters: WorldParameters,
  seed: number,
): Population {
  const p = parameters.population;
  const random = stream(seed, "population");
  const months = period.days / 30;
  const perPerson = (p.personMonthly + p.companiesPerPerson * p.companyMonthly) * months;
  const persons = Math.max(150, Math.round(transfers / perPerson));
  const companies = Math.max(12, Math.round(persons * p.companiesPerPerson));
  const externalPersons = Math.round(persons * p.externalPersonsPerPerson);
  const externalCompanies = Math.max(40, Math.round(persons * p.externalCompaniesPerPerson));

  const places = buildPlaces(parameters, persons + externalPersons, random);
  const accounts = new Accounts();
  const customers = new Customers();
  const personKeys = new Alias(p.personKeys);
  const companyKeys = new Alias(p.companyKeys);

  const addAccount = (isCompany: boolean): number => {
    const { opened, key } = drawOpening(period, parameters, random);
    return accounts.add({
      isCompany,
      openedAt: opened,
      keyType: isCompany ? COMPANY_KEYS[companyKeys.draw(random)]! : PERSON_KEYS[personKeys.draw(random)]!,
      keyRegisteredAt: key,
      city: places.bySize.draw(random),
      level: random.logNormal(1, isCompany ? 0.55 : 0.42),
    });
  };

  let devices = 0;
  const ages = new Alias(p.ageShares);
  const limits = new Alias(parameters.payment.dayLimitShares);
  const addCustomer = (account: number, isCompany: boolean): void => {
    const age = isCompany ? -1 : ages.draw(random);
    const city = accounts.city[account]!;
    const activity = isCompany
      ? (p.companyMonthly / p.personMonthly) * random.gamma(p.activityShape) * (1 / p.activityShape)
      : p.ageActivity[age]! * random.gamma(p.activityShape) * (1 / p.activityShape);
    const monthlyCents = p.personMonthly * Math.max(activity, 0.15) * 23400;
    const [low, high] = parameters.payment.salaryFactor;
    const salary = monthlyCents * random.between(low, high) * (isCompany ? 8 : accounts.level[account]!);
    const own = random.chance(p.noPosition) ? Number.NaN : 0;
    const shares = !isCompany && customers.count > 0 && random.chance(parameters.devices.shared);
    const device = shares ? customers.device[customers.count - 1]! : devices++;
    const index = customers.add({
      account,
      ageBand: age + 1,
      region: places.region[city]!,
      activity,
      hour: isCompany ? random.between(9, 18) : random.between(7, 24),
      latitude: own + places.latitude[city]! + random.normal() * 0.08,
      longitude: own + places.longitude[city]! + random.normal() * 0.08,
      salaryCents: Math.floor(Math.min(8_000_000, Math.max(60_000, salary))),
      payday: isCompany ? 0 : random.chance(0.6) ? 0 : random.chance(0.4) ? 1 : 2,
      dayLimitCents:
        (isCompany ? parameters.payment.companyLimit : parameters.payment.dayLimits[limits.draw(random)]!) * 100,
      device,
      secondDevice: random.chance(parameters.devices.secondOwners) ? devices++ : -1,
    });
    accounts.customer[account] = index;
    customers.balance[index] = Math.floor(customers.salary[index]! * random.uniform() * random.uniform());
  };

  for (let i = 0; i < persons; i++) addCustomer(addAccount(false), false);
  for (let i = 0; i < companies; i++) addCustomer(addAccount(true), true);
  for (let i = 0; i < externalPersons; i++) addAccount(false);
  for (let i = 0; i < externalCompanies; i++) addAccount(true);

  const personAccounts = new Int32Array(persons + externalPersons);
  const companyAccounts = new Int32Array(companies + externalCompanies);
  for (let i = 0; i < persons; i++) personAccounts[i] = i;
  for (let i = 0; i < externalPersons; i++) personAccounts[persons + i] = persons + companies + i;
  for (let i = 0; i < companies; i++) companyAccounts[i] = persons + i;
  for (let i = 0; i < externalCompanies; i++)
    companyAccounts[companies + i] = persons + companies + externalPersons + i;

  const { start, members } = buildCommunities(accounts, personAccounts, p.communitySize, places.cities, random);
  const sellers = buildSellers(accounts, companyAccounts, places.cities, parameters, random);
  const population: Population = {
    accounts,
    customers,
    places,
    persons,
    communityStart: start,
    communityMembers: members,
    ...sellers,
    personAccounts,
    devices,
  };
  rememberContacts(population, random);
  return population;
}

/** Splits each city's persons, in random order, into communities of about `size`. */
function buildCommunities(
  accounts: Accounts,
  persons: Int32Array,
  size: number,
  cities: number,
  random: Random,
): { start: Int32Array; members: Int32Array } {
  const shuffled = persons.slice();
  for (let i = shuffled.length - 1; i > 0; i--) {
    const j = random.below(i + 1);
    const held = shuffled[i]!;
    shuffled[i] = shuffled[j]!;
    shuffled[j] = held;
  }
  const byCity: number[][] = Array.from({ length: cities }, () => []);
  for (const account of shuffled) byCity[accounts.city[account]!]!.push(account);
  const start: number[] = [0];
  const members = new Int32Array(persons.length);
  let filled = 0;
  for (const people of byCity) {
    const groups = Math.max(1, Math.round(people.length / size));
    for (let group = 0; group < groups; group++) {
      const until = Math.floor((people.length * (group + 1)) / groups);
      for (let i = Math.floor((people.length * group) / groups); i < until; i++) {
        accounts.community[people[i]!] = start.length - 1;
        members[filled++] = people[i]!;
      }
      start.push(filled);
    }
  }
  return { start: Int32Array.from(start), members };
}

type Sellers = Pick<Population, "localSellers" | "onlineSellers" | "stakeholders">;

function buildSellers(
  accounts: Accounts,
  companies: Int32Array,
  cities: number,
  parameters: WorldParameters,
  random: Random,
): Sellers {
  const local: number[][] = Array.from({ length: cities }, () => []);
  const online: number[] = [];
  for (const account of companies) {
    if (random.chance(parameters.population.onlineShare)) online.push(account);
    else local[accounts.city[account]!]!.push(account);
  }
  // A small world may leave a city without a shop, or none online: the first companies serve there too.
  for (const shops of local) if (shops.length === 0) shops.push(companies[random.below(companies.length)]!);
  if (online.length < 8) online.push(...companies.slice(0, 8));
  const ranked = (list: readonly number[]): { accounts: Int32Array; alias: Alias } => ({
    accounts: Int32Array.from(list),
    alias: new Alias(list.map((_, rank) => exp(-parameters.payment.zipf * ln(rank + 1.5)))),
  });
  return {
    localSellers: local.map(ranked),
    onlineSellers: ranked(online),
    stakeholders: Int32Array.from(online.slice(0, Math.max(4, Math.floor(online.length * 0.06)))),
  };
}

/** Fills each customer's memory with the contacts of the time before the period. */
function rememberContacts(population: Population, random: Random): void {
  const { accounts, customers, persons } = population;
  const contacts: number[] = [];
  for (let customer = 0; customer < customers.count; customer++) {
    const account = customers.account[customer]!;
    const isPerson = customer < persons;
    contacts.length = 0;
    const people = isPerson ? 5 + random.below(5) : 4;
    const shops = isPerson ? 3 + random.below(4) : 6;
    for (let i = 0; i < people; i++) contacts.push(drawNeighbour(population, account, random));
    for (let i = 0; i < shops; i++) contacts.push(drawSeller(population, accounts.city[account]!, 0.75, random));
    for (let i = 0; i < MEMORY; i++) {
      // The square of a uniform favours the first contacts: a few are paid often.
      const u = random.uniform();
      customers.remember(customer, contacts[Math.floor(u * u * contacts.length)]!);
    }
  }
}

/** A person of the same community, or of anywhere for those who belong to none. */
export function drawNeighbour(population: Population, account: number, random: Random): number {
  const community = population.accounts.community[account]!;
  const { personAccounts, communityStart, communityMembers } = population;
  if (community < 0) return personAccounts[random.below(personAccounts.length)]!;
  const start = communityStart[community]!;
  return communityMembers[start + random.below(communityStart[community + 1]! - start)]!;
}

/** A seller by its popularity: of the city with probability `local`, else of the country. */
export function drawSeller(population: Population, city: number, local: number, random: Random): number {
  const list = random.chance(local) ? population.localSellers[city]! : population.onlineSellers;
  return list.accounts[list.alias.draw(random)]!;
}
