import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { inFields, inWholeFields } from "./state/inflow.ts";
import { DAY, LOG_SCALE } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const IN = inFields;
const IN_WHOLE = inWholeFields;

const days = (from: number, to: number): number => (to >= from ? (to - from) / DAY : Number.NaN);

const definitions = [
  {
    name: "p_account_age",
    definition: "Days since the payee's account was opened, as the directory says.",
    window: "ever",
    unit: "days",
    entity: "payee",
    pit: "P4",
    requires: ["payeeOpenedAt"],
    monotone: -1,
  },
  {
    name: "k_age",
    definition: "Days since the payee's key was registered, ported or claimed.",
    window: "ever",
    unit: "days",
    entity: "key",
    pit: "P4",
    requires: ["keyRegisteredAt"],
    monotone: -1,
  },
  {
    name: "p_is_company",
    definition: "1 when the payee is a company.",
    window: "now",
    unit: "flag",
    entity: "payee",
    pit: "P2",
    requires: ["payeeIsCompany"],
  },
  {
    name: "p_is_internal",
    definition: "1 when the payee's account is held by the same institution.",
    window: "now",
    unit: "flag",
    entity: "payee",
    pit: "P2",
    requires: ["payeeIsInternal"],
  },
  {
    name: "p_in_degree_1h",
    definition: "Distinct payers of the payee.",
    window: "1 h",
    unit: "count",
    entity: "payee",
    pit: "P6",
  },
  {
    name: "p_in_degree_24h",
    definition: "Distinct payers of the payee.",
    window: "24 h",
    unit: "count",
    entity: "payee",
    pit: "P6",
  },
  {
    name: "p_in_degree_7d",
    definition: "Distinct payers of the payee.",
    window: "7 d",
    unit: "count",
    entity: "payee",
    pit: "P6",
  },
  {
    name: "p_in_cnt_24h",
    definition: "Payments to the payee.",
    window: "24 h",
    unit: "count",
    entity: "payee",
    pit: "P1",
  },
  {
    name: "p_in_sum_24h",
    definition: "Value credited to the payee.",
    window: "24 h",
    unit: "R$",
    entity: "payee",
    pit: "P1",
  },
  {
    name: "p_burst",
    definition:
      "Value credited to the payee in 24 h over its mean per day in 30 d (or since its first credit, at least a day).",
    window: "30 d",
    unit: "ratio",
    entity: "payee",
    pit: "P1",
  },
  {
    name: "p_new_payer_share",
    definition: "Payers who paid the payee for the first time, over its distinct payers.",
    window: "7 d",
    unit: "ratio",
    entity: "payee",
    pit: "P6",
  },
  {
    name: "p_dispersal_24h",
    definition:
      "Of the payee's credits that are older than an hour: the share of their value that the payee paid out within the hour after each, up to its amount.",
    window: "24 h",
    unit: "ratio",
    entity: "payee",
    pit: "P1",
    requires: ["payeeIsInternal"],
    monotone: 1,
  },
  {
    name: "p_secs_in_to_out_7d",
    definition: "Geometric mean of the seconds from the payee's latest credit to its next payment.",
    window: "7 d",
    unit: "seconds",
    entity: "payee",
    pit: "P1",
    requires: ["payeeIsInternal"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** Columns of the payee's own account, which only the institution that holds it can see. */
const INTERNAL = [
  AT.p_in_degree_1h,
  AT.p_in_degree_24h,
  AT.p_in_degree_7d,
  AT.p_in_cnt_24h,
  AT.p_in_sum_24h,
  AT.p_burst,
  AT.p_new_payer_share,
  AT.p_dispersal_24h,
  AT.p_secs_in_to_out_7d,
];

/** Who receives. */
export const payee: FeatureGroup = {
  definitions,
  write(m, row, at) {
    const { transfer, payeeIn } = m;
    const { numbers, whole } = m.inflow;
    row[at + AT.p_account_age] = days(transfer.payeeOpenedAt, transfer.time);
    row[at + AT.k_age] = days(transfer.keyRegisteredAt, transfer.time);
    row[at + AT.p_is_company] = transfer.payeeIsCompany;
    row[at + AT.p_is_internal] = transfer.payeeIsInternal;
    if (transfer.payeeIsInternal === 0) {
      for (const column of INTERNAL) row[at + column] = Number.NaN;
      return;
    }
    const payers = whole[2 * payeeIn + IN_WHOLE.payers7d]!;
    const sumDay = numbers[payeeIn + IN.sum24h]!;
    const sumMonth = numbers[payeeIn + IN.sum30d]!;
    const closed = numbers[payeeIn + IN.closed24h]!;
    const turnarounds = whole[2 * payeeIn + IN_WHOLE.turnarounds7d]!;
    row[at + AT.p_in_degree_1h] = whole[2 * payeeIn + IN_WHOLE.payers1h]!;
    row[at + AT.p_in_degree_24h] = whole[2 * payeeIn + IN_WHOLE.payers24h]!;
    row[at + AT.p_in_degree_7d] = payers;
    row[at + AT.p_in_cnt_24h] = whole[2 * payeeIn + IN_WHOLE.count24h]!;
    row[at + AT.p_in_sum_24h] = sumDay / 100;
    const age = (m.now - numbers[payeeIn + IN.firstTime]!) / DAY;
    row[at + AT.p_burst] = sumMonth > 0 ? (sumDay * Math.min(30, Math.max(1, age))) / sumMonth : Number.NaN;
    row[at + AT.p_new_payer_share] = payers > 0 ? whole[2 * payeeIn + IN_WHOLE.newPayers7d]! / payers : Number.NaN;
    row[at + AT.p_dispersal_24h] = closed > 0 ? numbers[payeeIn + IN.dispersed24h]! / closed : Number.NaN;
    row[at + AT.p_secs_in_to_out_7d] =
      turnarounds > 0 ? Math.expm1(numbers[payeeIn + IN.sumTurnaround7d]! / turnarounds / LOG_SCALE) : Number.NaN;
  },
};
