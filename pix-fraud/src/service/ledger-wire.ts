import { INITIATIONS, KEY_TYPES, type Ledger, RISK_BITS } from "../ledger/ledger.ts";

const SIGNALS = [
  ["rooted", RISK_BITS.rooted],
  ["screen_share", RISK_BITS.screenShare],
  ["call_in_progress", RISK_BITS.callInProgress],
  ["accessibility_service", RISK_BITS.accessibilityService],
  ["pasted_key", RISK_BITS.pastedKey],
] as const;

/** JSON keeps no NaN: what is not known is left out. */
const known = <K extends string, V>(name: K, value: V | undefined): Partial<Record<K, V>> =>
  value === undefined ? {} : ({ [name]: value } as Partial<Record<K, V>>);

const instant = (time: number | undefined): string | undefined =>
  time === undefined || Number.isNaN(time) ? undefined : new Date(time).toISOString();

const reais = (cents: number | undefined): number | undefined =>
  cents === undefined || Number.isNaN(cents) ? undefined : cents / 100;

const finite = (value: number | undefined): number | undefined =>
  value === undefined || Number.isNaN(value) ? undefined : value;

/** A ledger's row as a caller of the service would send it. */
export function transferToWire(ledger: Ledger, row: number): Record<string, unknown> {
  const t = ledger.transfers;
  const device = t.device?.[row] ?? -1;
  const bits = t.riskBits?.[row] ?? 0;
  return {
    id: ledger.idOf(row),
    time: new Date(t.time[row]!).toISOString(),
    payer: ledger.accountOf(t.payer[row]!),
    payee: ledger.accountOf(t.payee[row]!),
    amount: t.amountCents[row]! / 100,
    ...(device >= 0 ? { device: ledger.deviceOf(device) } : {}),
    key_type: KEY_TYPES[t.keyType?.[row] ?? 0],
    initiation: INITIATIONS[t.initiation?.[row] ?? 0],
    ...known("balance", reais(t.balanceCents?.[row])),
    ...known("limit", reais(t.limitCents?.[row])),
    ...known("payer_opened_at", instant(t.payerOpenedAt?.[row])),
    ...known("payee_opened_at", instant(t.payeeOpenedAt?.[row])),
    ...known("key_registered_at", instant(t.keyRegisteredAt?.[row])),
    ...known("limit_raised_at", instant(t.limitRaisedAt?.[row])),
    ...known("credentials_changed_at", instant(t.credentialsChangedAt?.[row])),
    ...(bits === 0 ? {} : { risk_signals: SIGNALS.filter(([, bit]) => (bits & bit) !== 0).map(([name]) => name) }),
    ...known("latitude", finite(t.latitude?.[row])),
    ...known("longitude", finite(t.longitude?.[row])),
    payee_is_company: t.payeeIsCompany?.[row] === 1,
    payee_is_internal: (t.payeeIsInternal?.[row] ?? 1) === 1,
  };
}

/** A ledger's fraud as its report would be sent. */
export function fraudToWire(ledger: Ledger, row: number): Record<string, unknown> {
  const t = ledger.transfers;
  const device = t.device?.[row] ?? -1;
  return {
    payer: ledger.accountOf(t.payer[row]!),
    payee: ledger.accountOf(t.payee[row]!),
    ...(device >= 0 ? { device: ledger.deviceOf(device) } : {}),
    time: new Date(t.time[row]!).toISOString(),
    known_at: new Date(ledger.labels.knownAt[row]!).toISOString(),
  };
}
