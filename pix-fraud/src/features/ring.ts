import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";

const definitions = [
  {
    name: "ring_size",
    definition: "Accounts joined to the payee by shared devices, itself included.",
    window: "ever",
    unit: "count",
    entity: "ring",
    pit: "P6",
    requires: ["device", "payeeIsInternal"],
  },
  {
    name: "ring_fraud_known_90d",
    definition: "Known frauds received by any account of the payee's ring.",
    window: "90 d",
    unit: "count",
    entity: "ring",
    pit: "P5",
    requires: ["device", "payeeIsInternal"],
    monotone: 1,
  },
  {
    name: "c_ring_fraud_known_90d",
    definition: "Known frauds received by any account of the payer's ring.",
    window: "90 d",
    unit: "count",
    entity: "ring",
    pit: "P5",
    requires: ["device", "payeeIsInternal"],
    monotone: 1,
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** Accounts joined by the devices that they were operated from, as seen in earlier rows. */
export const ring: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.ring_size] = m.transfer.payeeIsInternal === 0 ? Number.NaN : m.payeeRingSize;
    row[at + AT.ring_fraud_known_90d] = m.transfer.payeeIsInternal === 0 ? Number.NaN : m.payeeRingFrauds;
    row[at + AT.c_ring_fraud_known_90d] = m.payerRingFrauds;
  },
};
