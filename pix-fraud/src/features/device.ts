import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { deviceFields, linkFields } from "./state/device-use.ts";
import { DAY } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const DEVICE_WHOLE = deviceFields;
const LINK = linkFields;

const definitions = [
  {
    name: "d_is_new",
    definition: "1 when the payer never paid from this device before.",
    window: "ever",
    unit: "flag",
    entity: "device",
    pit: "P1",
    requires: ["device"],
    monotone: 1,
  },
  {
    name: "d_age",
    definition: "Days since the payer first paid from this device, at most 60.",
    window: "ever",
    unit: "days",
    entity: "device",
    pit: "P1",
    requires: ["device"],
  },
  {
    name: "d_customers_7d",
    definition: "Distinct payers on the device.",
    window: "7 d",
    unit: "count",
    entity: "device",
    pit: "P1",
    requires: ["device"],
    monotone: 1,
  },
  {
    name: "d_cnt_1h",
    definition: "Payments from the device.",
    window: "1 h",
    unit: "count",
    entity: "device",
    pit: "P1",
    requires: ["device"],
  },
  {
    name: "d_cnt_24h",
    definition: "Payments from the device.",
    window: "24 h",
    unit: "count",
    entity: "device",
    pit: "P1",
    requires: ["device"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** The device of the session; absent (NaN) when it is unknown. */
export const device: FeatureGroup = {
  definitions,
  write(m, row, at) {
    row[at + AT.d_is_new] = m.device < 0 ? Number.NaN : m.link < 0 ? 1 : 0;
    row[at + AT.d_age] =
      m.link < 0 ? Number.NaN : Math.min(60, (m.now - m.links.numbers[m.link + LINK.firstTime]!) / DAY);
    row[at + AT.d_customers_7d] = m.device < 0 ? Number.NaN : m.devices.whole[2 * m.device + DEVICE_WHOLE.customers7d]!;
    row[at + AT.d_cnt_1h] = m.device < 0 ? Number.NaN : m.devices.whole[2 * m.device + DEVICE_WHOLE.count1h]!;
    row[at + AT.d_cnt_24h] = m.device < 0 ? Number.NaN : m.devices.whole[2 * m.device + DEVICE_WHOLE.count24h]!;
  },
};
