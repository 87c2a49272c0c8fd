import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { inFields } from "./state/inflow.ts";
import type { Moment } from "./state/moment.ts";
import { outFields, outWholeFields } from "./state/outflow.ts";
import { DAY, LOG_SCALE } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const IN = inFields;
const OUT = outFields;
const OUT_WHOLE = outWholeFields;

/** Fewer payments than this say nothing of the spread. */
const ENOUGH = 5;
const SMALLEST_SD = 0.3;
/** Payments, spread evenly over the day, that the payer's own hours are blended with. */
const PRIOR_PAYMENTS = 8;

/** Sample standard deviation of ln(1 + R$) from whole scaled sums. */
const sdLog = (count: number, sum: number, squares: number): number =>
  Math.sqrt(Math.max(0, squares - (sum * sum) / count) / (count - 1)) / LOG_SCALE;

const hourRarity = ({ hour, outflow, payerOut }: Moment, count: number): number => {
  if (count === 0) return Number.NaN;
  const hours = 2 * payerOut + OUT_WHOLE.hours;
  const near =
    outflow.whole[hours + hour]! +
    outflow.whole[hours + (hour === 23 ? 0 : hour + 1)]! +
    outflow.whole[hours + (hour === 0 ? 23 : hour - 1)]!;
  return -Math.log((near + (PRIOR_PAYMENTS * 3) / 24) / (count + PRIOR_PAYMENTS));
};

const definitions = [
  {
    name: "c_cnt_10m",
    definition: "Number of payments by the payer.",
    window: "10 min",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_cnt_1h",
    definition: "Number of payments by the payer.",
    window: "1 h",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_cnt_24h",
    definition: "Number of payments by the payer.",
    window: "24 h",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_cnt_7d",
    definition: "Number of payments by the payer.",
    window: "7 d",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_cnt_30d",
    definition: "Number of payments by the payer.",
    window: "30 d",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_sum_10m",
    definition: "Value paid by the payer.",
    window: "10 min",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_sum_1h",
    definition: "Value paid by the payer.",
    window: "1 h",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_sum_24h",
    definition: "Value paid by the payer.",
    window: "24 h",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_sum_7d",
    definition: "Value paid by the payer.",
    window: "7 d",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_sum_30d",
    definition: "Value paid by the payer.",
    window: "30 d",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_mean_30d",
    definition: "Mean amount of the payer's payments.",
    window: "30 d",
    unit: "R$",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_logstd_30d",
    definition: "Standard deviation of ln(1 + amount) of the payer's payments, from five on.",
    window: "30 d",
    unit: "-",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_z_amount",
    definition:
      "ln(1 + amount) less the payer's mean, over the payer's standard deviation (at least 0.3), from five payments on.",
    window: "30 d",
    unit: "sd",
    entity: "payer",
    pit: "P2",
  },
  {
    name: "c_ratio_max_90d",
    definition: "Amount over the payer's largest payment.",
    window: "90 d",
    unit: "ratio",
    entity: "payer",
    pit: "P2",
  },
  {
    name: "c_secs_since_last",
    definition: "Seconds since the payer's previous payment.",
    window: "ever",
    unit: "seconds",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_new_payees_24h",
    definition: "Payees that the payer paid for the first time.",
    window: "24 h",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_payees_30d",
    definition: "Distinct payees of the payer.",
    window: "30 d",
    unit: "count",
    entity: "payer",
    pit: "P1",
  },
  {
    name: "c_hour_rarity",
    definition:
      "Minus the logarithm of the smoothed share of the payer's payments within an hour of this hour of the day.",
    window: "90 d",
    unit: "nats",
    entity: "payer",
    pit: "P2",
  },
  {
    name: "c_account_age",
    definition: "Days since the payer's account was opened.",
    window: "ever",
    unit: "days",
    entity: "payer",
    pit: "P3",
    requires: ["payerOpenedAt"],
  },
  {
    name: "c_in_sum_1h",
    definition: "Value credited to the payer.",
    window: "1 h",
    unit: "R$",
    entity: "payer",
    pit: "P1",
    requires: ["payeeIsInternal"],
  },
  {
    name: "c_in_sum_24h",
    definition: "Value credited to the payer.",
    window: "24 h",
    unit: "R$",
    entity: "payer",
    pit: "P1",
    requires: ["payeeIsInternal"],
  },
  {
    name: "c_pass_through_1h",
    definition: "What the payer paid, with this amount, over what was credited to the payer; absent without credits.",
    window: "1 h",
    unit: "ratio",
    entity: "payer",
    pit: "P2",
    requires: ["payeeIsInternal"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** The payer's own past. */
export const payer: FeatureGroup = {
  definitions,
  write(m, row, at) {
    const { payerOut, payerIn } = m;
    const { numbers, whole } = m.outflow;
    const inflow = m.inflow.numbers;
    const amount = m.transfer.amountCents;
    row[at + AT.c_cnt_10m] = whole[2 * payerOut + OUT_WHOLE.count10m]!;
    row[at + AT.c_sum_10m] = numbers[payerOut + OUT.sum10m]! / 100;
    row[at + AT.c_cnt_1h] = whole[2 * payerOut + OUT_WHOLE.count1h]!;
    row[at + AT.c_sum_1h] = numbers[payerOut + OUT.sum1h]! / 100;
    row[at + AT.c_cnt_24h] = whole[2 * payerOut + OUT_WHOLE.count24h]!;
    row[at + AT.c_sum_24h] = numbers[payerOut + OUT.sum24h]! / 100;
    row[at + AT.c_cnt_7d] = whole[2 * payerOut + OUT_WHOLE.count7d]!;
    row[at + AT.c_sum_7d] = numbers[payerOut + OUT.sum7d]! / 100;
    const count = whole[2 * payerOut + OUT_WHOLE.count30d]!;
    const sum = numbers[payerOut + OUT.sum30d]!;
    row[at + AT.c_cnt_30d] = count;
    row[at + AT.c_sum_30d] = sum / 100;
    row[at + AT.c_mean_30d] = count > 0 ? sum / count / 100 : Number.NaN;

    let sd = Number.NaN;
    let z = Number.NaN;
    if (count >= ENOUGH) {
      const sumLog = numbers[payerOut + OUT.sumLog30d]!;
      sd = sdLog(count, sumLog, numbers[payerOut + OUT.sumLogSquare30d]!);
      z = (m.logAmount - sumLog / count / LOG_SCALE) / Math.max(SMALLEST_SD, sd);
    }
    row[at + AT.c_logstd_30d] = sd;
    row[at + AT.c_z_amount] = z;
    const largest = numbers[payerOut + OUT.maxAmount]!;
    row[at + AT.c_ratio_max_90d] = largest > 0 ? amount / largest : Number.NaN;
    row[at + AT.c_secs_since_last] = (m.now - numbers[payerOut + OUT.lastTime]!) / 1000;
    row[at + AT.c_new_payees_24h] = whole[2 * payerOut + OUT_WHOLE.newPayees24h]!;
    row[at + AT.c_payees_30d] = whole[2 * payerOut + OUT_WHOLE.payees30d]!;
    row[at + AT.c_hour_rarity] = hourRarity(m, whole[2 * payerOut + OUT_WHOLE.count90d]!);
    const age = (m.transfer.time - m.transfer.payerOpenedAt) / DAY;
    row[at + AT.c_account_age] = age >= 0 ? age : Number.NaN;

    const credited = inflow[payerIn + IN.sum1h]!;
    row[at + AT.c_in_sum_1h] = credited / 100;
    row[at + AT.c_in_sum_24h] = inflow[payerIn + IN.sum24h]! / 100;
    row[at + AT.c_pass_through_1h] = credited > 0 ? (numbers[payerOut + OUT.sum1h]! + amount) / credited : Number.NaN;
  },
};
