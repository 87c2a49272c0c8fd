import { describe, expect, it } from "vitest";
import { emptyTransfer, type Ledger, readTransfer, type Transfer } from "../ledger/ledger.ts";
import { CATALOGUE } from "./catalogue.ts";
import { computeFeatures } from "./offline.ts";
import { randomLedger } from "./random-ledger.testing.ts";
import { Calendar } from "./state/calendar.ts";
import { DAY, HOUR, MINUTE } from "./state/windows.ts";

const NONE = Number.NaN;
const total = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0);
const distinct = (values: readonly number[]): number => new Set(values).size;
const ratio = (a: number, b: number): number => (b > 0 ? a / b : NONE);

interface Past extends Transfer {
  readonly row: number;
  readonly knownAt: number;
}

/** Reads every definition again, slowly and plainly: all earlier rows are looked at for each row. */
function byDefinition(ledger: Ledger, rows: readonly Past[], row: number): Record<string, number> {
  const t = rows[row]!;
  const now = t.time;
  const past = rows.slice(0, row);
  const within = (list: readonly Past[], width: number): Past[] => list.filter((e) => e.time > now - width);
  const out = past.filter((e) => e.payer === t.payer);
  const into = past.filter((e) => e.payee === t.payer);
  const received = past.filter((e) => e.payee === t.payee);
  const paidByPayee = past.filter((e) => e.payer === t.payee);
  const together = out.filter((e) => e.payee === t.payee);
  const back = past.filter((e) => e.payer === t.payee && e.payee === t.payer);
  const onDevice = t.device < 0 ? [] : past.filter((e) => e.device === t.device);
  const linked = onDevice.filter((e) => e.payer === t.payer);
  const known = past.filter((e) => e.knownAt <= now);
  const knownWithin = (width: number): Past[] => known.filter((e) => e.knownAt > now - width);
  const isFirstOfPair = (e: Past): boolean =>
    !rows.slice(0, e.row).some((other) => other.payer === e.payer && other.payee === e.payee);
  const cents = (list: readonly Past[]): number => total(list.map((e) => e.amountCents)) / 100;

  const windows: Record<string, number> = {};
  for (const [name, width] of [
    ["10m", 10 * MINUTE],
    ["1h", HOUR],
    ["24h", DAY],
    ["7d", 7 * DAY],
    ["30d", 30 * DAY],
  ] as const) {
    windows[`c_cnt_${name}`] = within(out, width).length;
    windows[`c_sum_${name}`] = cents(within(out, width));
  }

  const month = within(out, 30 * DAY);
  const logs = month.map((e) => Math.log1p(e.amountCents / 100));
  const mean = total(logs) / logs.length;
  const sd = logs.length >= 5 ? Math.sqrt(total(logs.map((x) => (x - mean) ** 2)) / (logs.length - 1)) : NONE;
  const quarter = within(out, 90 * DAY);
  const hourOf = (time: number): number => new Date(time + ledger.utcOffset).getUTCHours();
  const hour = hourOf(now);
  const near = quarter.filter((e) => [23, 0, 1].includes((hourOf(e.time) - hour + 24) % 24)).length;

  const localDay = Math.floor((now + ledger.utcOffset) / DAY);
  const calendar = new Calendar("BR").day(localDay);
  const isNight = (time: number): boolean => hourOf(time) >= 20 || hourOf(time) < 6;
  const periodStart = (() => {
    const midnight = localDay * DAY - ledger.utcOffset;
    if (hour < 6) return midnight - 4 * HOUR;
    return midnight + (hour < 20 ? 6 : 20) * HOUR;
  })();
  const spent = out.filter((e) => e.time >= periodStart).map((e) => e.amountCents);
  const caps = [t.limitCents, 20_000, 100_000].map((cap) => (cap - t.amountCents) / cap).filter((left) => left >= 0);

  const lastPlace = out.filter((e) => !Number.isNaN(e.latitude)).at(-1);
  const km = ((): number => {
    if (lastPlace === undefined) return NONE;
    const unit = (e: Transfer): number[] => {
      const [lat, lon] = [(e.latitude * Math.PI) / 180, (e.longitude * Math.PI) / 180];
      return [Math.cos(lat) * Math.cos(lon), Math.cos(lat) * Math.sin(lon), Math.sin(lat)];
    };
    const [a, b] = [unit(t), unit(lastPlace)];
    return 2 * 6371 * Math.asin(Math.sqrt(total(a.map((x, k) => (x - b[k]!) ** 2))) / 2);
  })();

  const credits = within(received, DAY);
  const closed = credits.filter((e) => e.time <= now - HOUR);
  const left = closed.map((credit) => {
    const paid = paidByPayee.filter((e) => e.row > credit.row && e.time < credit.time + HOUR);
    return Math.min(credit.amountCents, total(paid.map((e) => e.amountCents)));
  });
  const turnarounds = within(paidByPayee, 7 * DAY).flatMap((debit) => {
    const before = received.filter((e) => e.row < debit.row).at(-1);
    const previous = paidByPayee.filter((e) => e.row < debit.row).at(-1);
    // A payment to oneself is a debit first and a credit after.
    return before !== undefined && (previous === undefined || before.row >= previous.row)
      ? [Math.log1p((debit.time - before.time) / 1000)]
      : [];
  });
  const week = within(received, 7 * DAY);
  const receivedMonth = within(received, 30 * DAY);
  const age = received.length > 0 ? (now - received[0]!.time) / DAY : NONE;

  // Components by spreading over accounts that share a device.
  const ringOf = (account: number): Set<number> => {
    const ring = new Set([account]);
    for (let size = 0; size !== ring.size; ) {
      size = ring.size;
      const devices = new Set(past.filter((e) => e.device >= 0 && ring.has(e.payer)).map((e) => e.device));
      for (const e of past) if (devices.has(e.device)) ring.add(e.payer);
    }
    return ring;
  };
  const payeeRing = ringOf(t.payee);
  const payerRing = ringOf(t.payer);
  const frauds = knownWithin(90 * DAY);
  const oldPayments = (list: readonly Past[]): number =>
    within(list, 90 * DAY).filter((e) => e.time <= now - 7 * DAY).length;
  const receivedFrauds = frauds.filter((e) => e.payee === t.payee).length;
  const base = ratio(frauds.length, oldPayments(past));
  const days = (from: number): number => (now >= from ? (now - from) / DAY : NONE);
  const inDay = (instant: number): number => (now - instant < DAY ? 1 : 0);
  const minute = new Date(now + ledger.utcOffset).getUTCHours() * 60 + new Date(now).getUTCMinutes();

  const internal: Record<string, number> = {
    p_in_degree_1h: distinct(within(received, HOUR).map((e) => e.payer)),
    p_in_degree_24h: distinct(credits.map((e) => e.payer)),
    p_in_degree_7d: distinct(week.map((e) => e.payer)),
    p_in_cnt_24h: credits.length,
    p_in_sum_24h: cents(credits),
    p_burst: ratio(cents(credits) * Math.min(30, Math.max(1, age)), cents(receivedMonth)),
    p_new_payer_share: ratio(week.filter(isFirstOfPair).length, distinct(week.map((e) => e.payer))),
    p_dispersal_24h: ratio(total(left), total(closed.map((e) => e.amountCents))),
    p_secs_in_to_out_7d: turnarounds.length > 0 ? Math.expm1(total(turnarounds) / turnarounds.length) : NONE,
    ring_size: payeeRing.size,
    ring_fraud_known_90d: frauds.filter((e) => payeeRing.has(e.payee)).length,
  };
  if (t.payeeIsInternal === 0) for (const name of Object.keys(internal)) internal[name] = NONE;

  return {
    amount_log: Math.log1p(t.amountCents / 100),
    amount_round: t.amountCents % 1000 === 0 ? 1 : 0,
    amount_cents: (t.amountCents % 100) / 100,
    limit_use: (total(spent) + t.amountCents) / t.limitCents,
    near_cap: caps.length > 0 ? Math.min(...caps) : NONE,
    balance_drain: ratio(t.amountCents, t.balanceCents),
    hour_sin: Math.sin((2 * Math.PI * minute) / 1440),
    hour_cos: Math.cos((2 * Math.PI * minute) / 1440),
    is_night: isNight(now) ? 1 : 0,
    is_weekend_or_holiday: calendar.isDayOff ? 1 : 0,
    days_since_payday: calendar.daysSincePayday,
    initiation: t.initiation,
    key_type: t.keyType,
    d_rooted: t.riskBits & 1,
    d_screen_share: (t.riskBits >> 1) & 1,
    d_call_in_progress: (t.riskBits >> 2) & 1,
    d_accessibility: (t.riskBits >> 3) & 1,
    d_pasted_key: (t.riskBits >> 4) & 1,
    c_limit_raise_24h: inDay(t.limitRaisedAt),
    c_credential_change_24h: inDay(t.credentialsChangedAt),
    geo_distance: km,
    geo_speed: lastPlace === undefined ? NONE : km / Math.max((now - lastPlace.time) / HOUR, 1 / 60),
    ...windows,
    c_mean_30d: ratio(cents(month), month.length),
    c_logstd_30d: sd,
    c_z_amount: (Math.log1p(t.amountCents / 100) - mean) / Math.max(0.3, sd),
    c_ratio_max_90d: ratio(t.amountCents, Math.max(0, ...quarter.map((e) => e.amountCents))),
    c_secs_since_last: out.length > 0 ? (now - out.at(-1)!.time) / 1000 : NONE,
    c_new_payees_24h: within(out, DAY).filter(isFirstOfPair).length,
    c_payees_30d: distinct(month.map((e) => e.payee)),
    c_hour_rarity: quarter.length > 0 ? -Math.log((near + 1) / (quarter.length + 8)) : NONE,
    c_account_age: days(t.payerOpenedAt),
    c_in_sum_1h: cents(within(into, HOUR)),
    c_in_sum_24h: cents(within(into, DAY)),
    c_pass_through_1h: ratio(cents(within(out, HOUR)) + t.amountCents / 100, cents(within(into, HOUR))),
    cp_is_new: together.length === 0 ? 1 : 0,
    cp_cnt_90d: within(together, 90 * DAY).length,
    cp_days_since_first: together.length > 0 ? Math.min(60, (now - together[0]!.time) / DAY) : NONE,
    cp_reverse: back.length > 0 ? 1 : 0,
    cp_reverse_24h: within(back, DAY).length > 0 ? 1 : 0,
    d_is_new: t.device < 0 ? NONE : linked.length === 0 ? 1 : 0,
    d_age: linked.length > 0 ? Math.min(60, (now - linked[0]!.time) / DAY) : NONE,
    d_customers_7d: t.device < 0 ? NONE : distinct(within(onDevice, 7 * DAY).map((e) => e.payer)),
    d_cnt_1h: t.device < 0 ? NONE : within(onDevice, HOUR).length,
    d_cnt_24h: t.device < 0 ? NONE : within(onDevice, DAY).length,
    p_account_age: days(t.payeeOpenedAt),
    k_age: days(t.keyRegisteredAt),
    p_is_company: t.payeeIsCompany,
    p_is_internal: t.payeeIsInternal,
    ...internal,
    p_fraud_known_90d: receivedFrauds,
    p_risk_90d: (receivedFrauds + 20 * base) / (oldPayments(received) + 20),
    c_fraud_received_90d: frauds.filter((e) => e.payee === t.payer).length,
    c_known_victim_180d: knownWithin(180 * DAY).some((e) => e.payer === t.payer) ? 1 : 0,
    d_fraud_known_90d: t.device < 0 ? NONE : frauds.filter((e) => e.device === t.device).length,
    c_ring_fraud_known_90d: frauds.filter((e) => payerRing.has(e.payee)).length,
  };
}

describe("every feature against its definition", () => {
  it.each([
    // Minutes apart: the short windows are full. Hours apart: the long ones fill and empty.
    { rows: 700, accounts: 40, devices: 60, seed: 3, step: 4 * MINUTE, gaps: 0.01 },
    { rows: 900, accounts: 60, devices: 90, seed: 11, step: 6 * HOUR },
    // Every time a multiple of ten minutes, then of a day: rows on the very edges of windows, labels on rows.
    { rows: 500, accounts: 12, devices: 12, seed: 5, step: 4 * MINUTE, grid: 10 * MINUTE, gaps: 0.02 },
    { rows: 400, accounts: 12, devices: 12, seed: 6, step: 4 * HOUR, grid: DAY },
  ])("reads the same from all earlier rows ($rows rows, seed $seed)", (options) => {
    const ledger = randomLedger(options);
    const table = computeFeatures(ledger);
    expect(table.names).toEqual(CATALOGUE.map((feature) => feature.name));
    const rows = Array.from(
      { length: ledger.rows },
      (_, row): Past => ({
        ...readTransfer(ledger.transfers, row, emptyTransfer()),
        row,
        knownAt: ledger.labels.fraud[row] === 1 ? ledger.labels.knownAt[row]! : Number.NaN,
      }),
    );
    for (let row = 0; row < ledger.rows; row += row < 50 ? 1 : 3) {
      const expected = byDefinition(ledger, rows, row);
      for (const [column, name] of table.names.entries()) {
        const value = table.values[row * table.names.length + column]!;
        const wanted = expected[name];
        if (wanted === undefined) throw new Error(`the test does not know ${name}`);
        // Logarithms are kept in 1/16384ths; the rest is exact but for the rounding of a Float32.
        const tolerance = /logstd|z_amount|secs_in_to_out/.test(name) ? 3e-3 : name.startsWith("geo") ? 1e-4 : 1e-6;
        const close =
          Number.isNaN(wanted) || Number.isNaN(value)
            ? Number.isNaN(wanted) && Number.isNaN(value)
            : Math.abs(value - wanted) <= tolerance * Math.max(1, Math.abs(wanted));
        if (!close) expect.fail(`row ${row}, ${name}: ${value}, by definition ${wanted}`);
      }
    }
  });
});
