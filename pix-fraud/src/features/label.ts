import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { deviceFields } from "./state/device-use.ts";
import { inWholeFields } from "./state/inflow.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const DEVICE_WHOLE = deviceFields;
const IN_WHOLE = inWholeFields;

/** Payments, at the base rate, that a payee's own record is blended with. */
const PRIOR_PAYMENTS = 20;

const definitions = [
  {
    name: "p_fraud_known_90d",
    definition: "Frauds received by the payee that became known in the window.",
    window: "90 d",
    unit: "count",
    entity: "payee",
    pit: "P5",
    monotone: 1,
  },
  {
    name: "p_risk_90d",
    definition:
      "Known frauds of the payee over its payments older than 7 d, smoothed by 20 payments at the base rate known then.",
    window: "90 d",
    unit: "ratio",
    entity: "payee",
    pit: "P5",
    monotone: 1,
  },
  {
    name: "c_fraud_received_90d",
    definition: "Frauds received by the payer (who may be passing the money on) that became known in the window.",
    window: "90 d",
    unit: "count",
    entity: "payer",
    pit: "P5",
    requires: ["payeeIsInternal"],
    monotone: 1,
  },
  {
    name: "c_known_victim_180d",
    definition: "1 when an accepted report names the payer as the victim.",
    window: "180 d",
    unit: "flag",
    entity: "payer",
    pit: "P5",
  },
  {
    name: "d_fraud_known_90d",
    definition: "Frauds paid from the device that became known in the window.",
    window: "90 d",
    unit: "count",
    entity: "device",
    pit: "P5",
    requires: ["device"],
    monotone: 1,
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** Frauds on earlier transfers that were known at the instant of the row, never those that became known later. */
export const label: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.p_fraud_known_90d] = m.inflow.whole[2 * m.payeeIn + IN_WHOLE.knownFrauds]!;
    {
      const old =
        m.inflow.whole[2 * m.payeeIn + IN_WHOLE.count90d]! - m.inflow.whole[2 * m.payeeIn + IN_WHOLE.count7d]!;
      const known = m.inflow.whole[2 * m.payeeIn + IN_WHOLE.knownFrauds]!;
      row[at + AT.p_risk_90d] = (known + PRIOR_PAYMENTS * m.baseRate) / (old + PRIOR_PAYMENTS);
    }
    row[at + AT.c_fraud_received_90d] = m.inflow.whole[2 * m.payerIn + IN_WHOLE.knownFrauds]!;
    row[at + AT.c_known_victim_180d] = m.inflow.whole[2 * m.payerIn + IN_WHOLE.knownVictim]! > 0 ? 1 : 0;
    row[at + AT.d_fraud_known_90d] =
      m.device < 0 ? Number.NaN : m.devices.whole[2 * m.device + DEVICE_WHOLE.knownFrauds]!;
  },
};
