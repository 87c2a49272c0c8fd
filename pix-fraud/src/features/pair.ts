import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { pairFields, pairWholeFields } from "./state/relations.ts";
import { DAY } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const PAIR = pairFields;
const PAIR_WHOLE = pairWholeFields;

const definitions = [
  {
    name: "cp_is_new",
    definition: "1 when the payer never paid this payee before.",
    window: "ever",
    unit: "flag",
    entity: "pair",
    pit: "P1",
    monotone: 1,
  },
  {
    name: "cp_cnt_90d",
    definition: "Payments of the payer to this payee.",
    window: "90 d",
    unit: "count",
    entity: "pair",
    pit: "P1",
  },
  {
    name: "cp_days_since_first",
    definition: "Days since the payer first paid this payee, at most 60.",
    window: "ever",
    unit: "days",
    entity: "pair",
    pit: "P1",
  },
  {
    name: "cp_reverse",
    definition: "1 when the payee ever paid the payer before.",
    window: "ever",
    unit: "flag",
    entity: "pair",
    pit: "P1",
    requires: ["payeeIsInternal"],
  },
  {
    name: "cp_reverse_24h",
    definition: "1 when the payee paid the payer in the last 24 hours, as the bait of a return scam does.",
    window: "24 h",
    unit: "flag",
    entity: "pair",
    pit: "P1",
    requires: ["payeeIsInternal"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** The past between this payer and this payee. */
export const pair: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.cp_is_new] = m.pair < 0 ? 1 : 0;
    row[at + AT.cp_cnt_90d] = m.pair < 0 ? 0 : m.pairs.whole[2 * m.pair + PAIR_WHOLE.count90d]!;
    row[at + AT.cp_days_since_first] =
      m.pair < 0 ? Number.NaN : Math.min(60, (m.now - m.pairs.numbers[m.pair + PAIR.firstTime]!) / DAY);
    row[at + AT.cp_reverse] = m.hasReversePair ? 1 : 0;
    row[at + AT.cp_reverse_24h] = m.reversePairLast24h ? 1 : 0;
  },
};
