import { RISK_BITS, type Transfer } from "../ledger/ledger.ts";
import { columnsOf, type FeatureDefinition, type FeatureGroup } from "./feature.ts";
import { outFields } from "./state/outflow.ts";
import { DAY, HOUR } from "./state/windows.ts";

// A module's own constants are folded into its code; imported ones would be looked up at every use.
const OUT = outFields;

const EARTH_KM = 6371;
const RADIANS = Math.PI / 180;

/** Great-circle distance in km between the place of this session and that of the payer's previous one; NaN unknown. */
const distanceKm = (transfer: Transfer, latitude: number, longitude: number): number => {
  const dLat = (transfer.latitude - latitude) * RADIANS;
  const dLon = (transfer.longitude - longitude) * RADIANS;
  const a =
    Math.sin(dLat / 2) ** 2 +
    Math.cos(latitude * RADIANS) * Math.cos(transfer.latitude * RADIANS) * Math.sin(dLon / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(a)));
};

/** 1 when `at` lies in the 24 hours before (or at) the transfer, 0 when earlier or never. An instant to come is 0. */
const within24h = (transfer: Transfer, instant: number): number =>
  instant <= transfer.time && transfer.time - instant < DAY ? 1 : 0;

const definitions = [
  {
    name: "initiation",
    definition: "How the payment was initiated: 0 unknown, 1 manual, 2 key, 3 static QR, 4 dynamic QR, 5 initiator.",
    window: "now",
    unit: "code",
    entity: "transfer",
    pit: "P2",
    requires: ["initiation"],
  },
  {
    name: "key_type",
    definition: "The payee's key: 0 unknown, 1 none, 2 CPF, 3 CNPJ, 4 phone, 5 e-mail, 6 random (EVP).",
    window: "now",
    unit: "code",
    entity: "key",
    pit: "P2",
    requires: ["keyType"],
  },
  {
    name: "d_rooted",
    definition: "1 when the device is rooted or an emulator.",
    window: "now",
    unit: "flag",
    entity: "device",
    pit: "P2",
    requires: ["riskBits"],
    monotone: 1,
  },
  {
    name: "d_screen_share",
    definition: "1 when the screen is being shared or controlled from afar.",
    window: "now",
    unit: "flag",
    entity: "device",
    pit: "P2",
    requires: ["riskBits"],
    monotone: 1,
  },
  {
    name: "d_call_in_progress",
    definition: "1 when a call is in progress during the payment.",
    window: "now",
    unit: "flag",
    entity: "device",
    pit: "P2",
    requires: ["riskBits"],
    monotone: 1,
  },
  {
    name: "d_accessibility",
    definition: "1 when an unknown accessibility service is active.",
    window: "now",
    unit: "flag",
    entity: "device",
    pit: "P2",
    requires: ["riskBits"],
    monotone: 1,
  },
  {
    name: "d_pasted_key",
    definition: "1 when the key or code was pasted.",
    window: "now",
    unit: "flag",
    entity: "device",
    pit: "P2",
    requires: ["riskBits"],
    monotone: 1,
  },
  {
    name: "c_limit_raise_24h",
    definition: "1 when the payer had a limit raised, or asked for it, in the last 24 hours.",
    window: "24 h",
    unit: "flag",
    entity: "payer",
    pit: "P1",
    requires: ["limitRaisedAt"],
    monotone: 1,
  },
  {
    name: "c_credential_change_24h",
    definition: "1 when the payer's credentials changed in the last 24 hours.",
    window: "24 h",
    unit: "flag",
    entity: "payer",
    pit: "P1",
    requires: ["credentialsChangedAt"],
    monotone: 1,
  },
  {
    name: "geo_distance",
    definition: "Distance from the place of the payer's previous session that had one.",
    window: "ever",
    unit: "km",
    entity: "payer",
    pit: "P2",
    requires: ["latitude", "longitude"],
  },
  {
    name: "geo_speed",
    definition: "Distance from the payer's previous session that had a place, over the time since (at least a minute).",
    window: "ever",
    unit: "km/h",
    entity: "payer",
    pit: "P2",
    requires: ["latitude", "longitude"],
  },
] as const satisfies readonly FeatureDefinition[];

const AT = columnsOf(definitions);

/** How the payment was started, and from where. */
export const session: FeatureGroup = {
  definitions,
  write(m, row, at) {
    const { transfer, payerOut } = m;
    const { numbers } = m.outflow;
    const bits = transfer.riskBits;
    row[at + AT.initiation] = transfer.initiation;
    row[at + AT.key_type] = transfer.keyType;
    row[at + AT.d_rooted] = (bits & RISK_BITS.rooted) === 0 ? 0 : 1;
    row[at + AT.d_screen_share] = (bits & RISK_BITS.screenShare) === 0 ? 0 : 1;
    row[at + AT.d_call_in_progress] = (bits & RISK_BITS.callInProgress) === 0 ? 0 : 1;
    row[at + AT.d_accessibility] = (bits & RISK_BITS.accessibilityService) === 0 ? 0 : 1;
    row[at + AT.d_pasted_key] = (bits & RISK_BITS.pastedKey) === 0 ? 0 : 1;
    row[at + AT.c_limit_raise_24h] = within24h(transfer, transfer.limitRaisedAt);
    row[at + AT.c_credential_change_24h] = within24h(transfer, transfer.credentialsChangedAt);
    const km = distanceKm(transfer, numbers[payerOut + OUT.latitude]!, numbers[payerOut + OUT.longitude]!);
    row[at + AT.geo_distance] = km;
    row[at + AT.geo_speed] = km / Math.max((m.now - numbers[payerOut + OUT.placeTime]!) / HOUR, 1 / 60);
  },
};
