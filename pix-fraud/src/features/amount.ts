import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { outFields, outWholeFields } from "./state/outflow.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const OUT = outFields;
const OUT_WHOLE = outWholeFields;

const CAPS_CENTS = [20_000, 100_000];

const definitions = [
  {
    name: "amount_log",
    definition: "Natural logarithm of one plus the amount.",
    window: "now",
    unit: "ln R$",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "amount_round",
    definition: "1 when the amount is a multiple of R$ 10.",
    window: "now",
    unit: "flag",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "amount_cents",
    definition: "The part of the amount after the decimal separator, in R$.",
    window: "now",
    unit: "R$",
    entity: "transfer",
    pit: "P2",
  },
  {
    name: "limit_use",
    definition: "What the payer paid in this limit period (day or night) with this amount, over the limit in force.",
    window: "period",
    unit: "ratio",
    entity: "payer",
    pit: "P2",
    requires: ["limitCents"],
  },
  {
    name: "near_cap",
    definition:
      "Smallest share left below a cap that binds (R$ 200, R$ 1,000, the limit in force); absent above them all.",
    window: "now",
    unit: "ratio",
    entity: "transfer",
    pit: "P3",
    requires: ["limitCents"],
  },
  {
    name: "balance_drain",
    definition: "Amount over the payer's balance just before.",
    window: "now",
    unit: "ratio",
    entity: "payer",
    pit: "P2",
    requires: ["balanceCents"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** The amount by itself and against what the payer may and can pay. */
export const amount: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.amount_log] = m.logAmount;
    row[at + AT.amount_round] = m.transfer.amountCents % 1000 === 0 ? 1 : 0;
    row[at + AT.amount_cents] = (m.transfer.amountCents % 100) / 100;
    {
      const spent =
        m.outflow.whole[2 * m.payerOut + OUT_WHOLE.limitPeriod] === m.limitPeriod
          ? m.outflow.numbers[m.payerOut + OUT.periodSum]!
          : 0;
      const limit = m.transfer.limitCents;
      row[at + AT.limit_use] = limit > 0 ? (spent + m.transfer.amountCents) / limit : Number.NaN;
    }
    {
      const amount = m.transfer.amountCents;
      let nearest = Number.NaN;
      for (let index = -1; index < CAPS_CENTS.length; index++) {
        const cap = index < 0 ? m.transfer.limitCents : CAPS_CENTS[index]!;
        const left = (cap - amount) / cap;
        if (left >= 0 && !(left >= nearest)) nearest = left;
      }
      row[at + AT.near_cap] = nearest;
    }
    {
      const balance = m.transfer.balanceCents;
      row[at + AT.balance_drain] = balance > 0 ? m.transfer.amountCents / balance : Number.NaN;
    }
  },
};
