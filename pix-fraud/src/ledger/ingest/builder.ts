import { basename } from "node:path";
import { invalid } from "@esteira/core/errors";
import { digestColumns } from "../digest.ts";
import type { Ledger } from "../ledger.ts";
import type { ColumnName } from "./columns.ts";
import type { Mapping } from "./mapping.ts";
import { at, createTimeReader, type Place, readCents, readCode, readFlag, readName } from "./values.ts";

const DAY = 86_400_000;

/** One row of a file before it is understood; a reader may give the same object again for the next row. */
export interface RawRow {
  /** As an editor counts: a CSV's header is row 1. */
  readonly row: number;
  readonly value: (name: ColumnName) => unknown;
}

/** Reads every row into columns, checks what only the whole file can tell, and gives the ledger. */
export async function buildLedger(
  rows: AsyncIterable<RawRow>,
  mapping: Mapping,
  options: { readonly file: string; readonly sort: boolean },
): Promise<Ledger> {
  const readTime = createTimeReader(mapping.utcOffsetHours);
  const readKnownAt = createTimeReader(mapping.utcOffsetHours);
  const ids: string[] = [];
  const fileRows: number[] = [];
  const time: number[] = [];
  const payer: string[] = [];
  const payee: string[] = [];
  const cents: number[] = [];
  const fraud: (0 | 1)[] = [];
  const knownAt: number[] = [];
  const scenario: number[] = [];
  const seen = new Map<string, number>();
  const places = new Map<ColumnName, { file: string; row: number; column: string }>();
  let row = 0;
  // One place a column, moved from row to row: files have millions of values, and one in a file is ever shown.
  const place = (name: ColumnName): Place => {
    let found = places.get(name);
    if (found === undefined) {
      found = { file: options.file, row, column: mapping.columns[name] ?? name };
      places.set(name, found);
    }
    found.row = row;
    return found;
  };
  for await (const raw of rows) {
    row = raw.row;
    const id = readName(raw.value("id"), place("id"));
    const before = seen.get(id);
    if (before !== undefined) {
      throw invalid(
        `${at(place("id"))}: the id '${id}' stands already in row ${before}; every transfer has an id of its own.`,
      );
    }
    seen.set(id, row);
    if (mapping.orderById && !/^\d{1,15}$/.test(id)) {
      throw invalid(
        `${at(place("id"))}: the id '${id}' is no whole number, and the mapping orders rows of one instant by it (orderById).`,
      );
    }
    const instant = readTime(raw.value("time"), place("time"));
    const last = time.at(-1);
    if (last !== undefined && instant < last && !options.sort) {
      throw invalid(
        `${at(place("time"))}: ${new Date(instant).toISOString()} lies before the row above; order the file by time.`,
      );
    }
    const label = readFlag(raw.value("label"), place("label"));
    ids.push(id);
    fileRows.push(row);
    time.push(instant);
    const from = readName(raw.value("payer"), place("payer"));
    const to = readName(raw.value("payee"), place("payee"));
    if (from === to && !mapping.separatePayees) {
      throw invalid(
        `${at(place("payee"))}: '${to}' pays itself; expected another account than the payer's (separatePayees in the mapping where equal names are different things).`,
      );
    }
    payer.push(from);
    payee.push(to);
    cents.push(readCents(raw.value("amount"), mapping.amountUnit, place("amount")));
    fraud.push(label);
    scenario.push(mapping.columns.scenario === undefined ? label : readCode(raw.value("scenario"), place("scenario")));
    if (label === 0) knownAt.push(Number.NaN);
    else if (mapping.columns.knownAt === undefined) knownAt.push(instant + mapping.labelDelayDays * DAY);
    else {
      const known = readKnownAt(raw.value("knownAt"), place("knownAt"));
      if (known < instant)
        throw invalid(`${at(place("knownAt"))}: the label became known before the transfer was made.`);
      knownAt.push(known);
    }
  }
  const count = ids.length;
  if (count === 0) throw invalid(`${options.file} has no transfers: expected at least one row.`);
  const frauds = fraud.reduce<number>((sum, label) => sum + label, 0);
  if (frauds === 0 || frauds === count) {
    throw invalid(
      `${options.file} has ${count} transfers, of which ${frauds} are frauds: both classes are needed to learn from.`,
    );
  }

  const order = orderOf(time, ids, mapping.orderById);
  const names: string[] = [];
  const intern = (index: Map<string, number>, name: string): number => {
    let found = index.get(name);
    if (found === undefined) {
      found = names.length;
      index.set(name, found);
      names.push(name);
    }
    return found;
  };
  const payers = new Map<string, number>();
  const payees = mapping.separatePayees ? new Map<string, number>() : payers;
  const transfers = {
    time: Float64Array.from(order, (row) => time[row]!),
    payer: new Int32Array(count),
    payee: new Int32Array(count),
    amountCents: Float64Array.from(order, (row) => cents[row]!),
  };
  order.forEach((row, index) => {
    transfers.payer[index] = intern(payers, payer[row]!);
    transfers.payee[index] = intern(payees, payee[row]!);
  });
  const labels = {
    fraud: Uint8Array.from(order, (row) => fraud[row]!),
    knownAt: Float64Array.from(order, (row) => knownAt[row]!),
    reportedAt: Float64Array.from(order, (row) => knownAt[row]!),
    typology: Uint8Array.from(order, (row) => scenario[row]!),
  };
  const scenarios = labels.typology.reduce((most, code) => Math.max(most, code), 0);
  const digest = digestColumns(transfers, labels, {});
  const sorted = Array.from(order, (row) => ids[row]!);
  return {
    rows: count,
    transfers,
    labels,
    slices: {},
    typologies: mapping.columns.scenario
      ? ["none", ...Array.from({ length: scenarios }, (_, at) => `scenario_${at + 1}`)]
      : ["none", "fraud"],
    sliceNames: {},
    accounts: names.length,
    devices: 0,
    utcOffset: mapping.utcOffsetHours * 3_600_000,
    idOf: (row) => sorted[row]!,
    accountOf: (index) => (mapping.separatePayees ? `${index}:${names[index]}` : names[index]!),
    deviceOf: () => "",
    origin: {
      kind: "file",
      description: basename(options.file),
      digest,
      source: { type: "file", name: basename(options.file), mapping },
      trueToLedgerPrevalence: 1,
    },
  };
}

/** Rows by time; within an instant by id where the ids are numbers, else as they stand in the file. */
function orderOf(time: readonly number[], ids: readonly string[], byId: boolean): Uint32Array {
  const order = Uint32Array.from(time, (_, row) => row);
  return order.sort((a, b) => time[a]! - time[b]! || (byId ? Number(ids[a]) - Number(ids[b]) : 0) || a - b);
}
