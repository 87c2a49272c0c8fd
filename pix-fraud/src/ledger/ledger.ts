/**
 * The ledger: transfers in columns, ordered by time. Where a source does not know a column, the column is absent;
 * where it does not know a value: NaN in a float column, -1 in an entity column, 0 ("unknown") in a category.
 *
 * Entities (payer, payee, device) are dense indexes from 0, in order of first appearance in the ledger, so that an
 * index carries no meaning of its own. Instants are integer milliseconds since the epoch, UTC. Money is whole cents.
 */

/** What a scorer may see of a transfer at the moment of decision. One row, as scalars. */
export interface Transfer {
  /** Milliseconds since the epoch, UTC. */
  time: number;
  /** Entity index of the paying account. */
  payer: number;
  /** Entity index of the receiving account. Accounts share one index space: a payee may pay later. */
  payee: number;
  /** Whole cents of R$ (or of the source's currency). */
  amountCents: number;
  /** Entity index, -1 unknown. */
  device: number;
  /** Index into KEY_TYPES. */
  keyType: number;
  /** Index into INITIATIONS. */
  initiation: number;
  /** Balance of the payer just before, cents; NaN unknown. */
  balanceCents: number;
  /** Limit in force for the payer in this period (night limit at night), cents; NaN unknown. */
  limitCents: number;
  /** When the payer's account was opened; NaN unknown. */
  payerOpenedAt: number;
  /** When the payee's account was opened, as the directory (DICT) says; NaN unknown. */
  payeeOpenedAt: number;
  /** When the payee's key was registered; NaN unknown or no key. */
  keyRegisteredAt: number;
  /** When the payer last had a limit raised or asked for one; NaN never. */
  limitRaisedAt: number;
  /** When the payer's credentials last changed; NaN never. */
  credentialsChangedAt: number;
  /** Bits of RISK_BITS, seen by the app in this session. */
  riskBits: number;
  /** Session's place in degrees; NaN unknown. */
  latitude: number;
  longitude: number;
  /** 1 when the payee is a company, 0 when a person. */
  payeeIsCompany: number;
  /** 1 when the payee's account is held by the same institution (so its internals are visible). */
  payeeIsInternal: number;
}

export const KEY_TYPES = ["unknown", "none", "CPF", "CNPJ", "PHONE", "EMAIL", "EVP"] as const;
export const INITIATIONS = ["unknown", "MANU", "DICT", "QRES", "QRDN", "INIC"] as const;
export const RISK_BITS = {
  rooted: 1,
  screenShare: 2,
  callInProgress: 4,
  accessibilityService: 8,
  pastedKey: 16,
} as const;

export type NumericColumn = Float64Array | Float32Array | Int32Array | Uint8Array;

/** The columns that every ledger has. */
type RequiredColumn = "time" | "payer" | "payee" | "amountCents";

export type TransferColumns = { readonly [K in RequiredColumn]: NumericColumn } & {
  readonly [K in Exclude<keyof Transfer, RequiredColumn>]?: NumericColumn;
};

/** What becomes known of a transfer later, or only to a simulator. Never a feature of the row itself. */
export interface LabelColumns {
  /** 1 when an accepted fraud report exists at last (at any time). The label to train on is `fraudKnownAt <= asOf`. */
  readonly fraud: Uint8Array;
  /** When the label became known to us; NaN when it never did. */
  readonly knownAt: Float64Array;
  /** When the customer complained; NaN when never. Complaints that were rejected have one and no `fraud`. */
  readonly reportedAt: Float64Array;
  /** Index into `typologies`: 0 is none. The true cause in a simulated ledger, the published scenario in a benchmark. */
  readonly typology: Uint8Array;
  /** The hidden truth of a simulator: fraud that nobody reported included. Absent in real ledgers. */
  readonly truth?: Uint8Array;
}

/** Groups of customers for fairness slices. Never features. */
export interface SliceColumns {
  readonly payerAgeBand?: Uint8Array;
  readonly payerRegion?: Uint8Array;
}

export interface Ledger {
  readonly rows: number;
  readonly transfers: TransferColumns;
  readonly labels: LabelColumns;
  readonly slices: SliceColumns;
  /** Names of `labels.typology`; [0] is "none". */
  readonly typologies: readonly string[];
  /** Names of slice values, by slice column. */
  readonly sliceNames: { readonly payerAgeBand?: readonly string[]; readonly payerRegion?: readonly string[] };
  /** Number of distinct accounts (payers and payees together) and devices. */
  readonly accounts: number;
  readonly devices: number;
  /** Milliseconds to add to UTC for the customer's clock: Brazil is -3 h all year. */
  readonly utcOffset: number;
  /** The transfer's own id: an endToEndId when simulated, the source's id when ingested. */
  readonly idOf: (row: number) => string;
  /** The account's and device's own name (a hash when simulated, the source's text when ingested). */
  readonly accountOf: (index: number) => string;
  readonly deviceOf: (index: number) => string;
  readonly origin: LedgerOrigin;
}

export interface LedgerOrigin {
  readonly kind: "simulated" | "file";
  /** One line for a person: the seed and the number of transfers, or the file's name and its protocol. */
  readonly description: string;
  /** SHA-256, hexadecimal, of every column's bytes in a fixed order: equal digests are equal ledgers. */
  readonly digest: string;
  /** Where the data came from, as MLflow's dataset source (JSON-able). */
  readonly source: Record<string, unknown>;
  /**
   * How much rarer fraud is in the world than in this ledger: true prevalence / prevalence here. 1 when not enriched.
   * Probabilities are corrected with it (prior correction) before any statement about production.
   */
  readonly trueToLedgerPrevalence: number;
}

/** Copies row `row` into `into`, so that a replay allocates nothing. Absent columns give their "unknown". */
export function readTransfer(columns: TransferColumns, row: number, into: Transfer): Transfer {
  into.time = columns.time[row]!;
  into.payer = columns.payer[row]!;
  into.payee = columns.payee[row]!;
  into.amountCents = columns.amountCents[row]!;
  into.device = columns.device?.[row] ?? -1;
  into.keyType = columns.keyType?.[row] ?? 0;
  into.initiation = columns.initiation?.[row] ?? 0;
  into.balanceCents = columns.balanceCents?.[row] ?? Number.NaN;
  into.limitCents = columns.limitCents?.[row] ?? Number.NaN;
  into.payerOpenedAt = columns.payerOpenedAt?.[row] ?? Number.NaN;
  into.payeeOpenedAt = columns.payeeOpenedAt?.[row] ?? Number.NaN;
  into.keyRegisteredAt = columns.keyRegisteredAt?.[row] ?? Number.NaN;
  into.limitRaisedAt = columns.limitRaisedAt?.[row] ?? Number.NaN;
  into.credentialsChangedAt = columns.credentialsChangedAt?.[row] ?? Number.NaN;
  into.riskBits = columns.riskBits?.[row] ?? 0;
  into.latitude = columns.latitude?.[row] ?? Number.NaN;
  into.longitude = columns.longitude?.[row] ?? Number.NaN;
  into.payeeIsCompany = columns.payeeIsCompany?.[row] ?? 0;
  into.payeeIsInternal = columns.payeeIsInternal?.[row] ?? 1;
  return into;
}

export const emptyTransfer = (): Transfer => ({
  time: 0,
  payer: -1,
  payee: -1,
  amountCents: 0,
  device: -1,
  keyType: 0,
  initiation: 0,
  balanceCents: Number.NaN,
  limitCents: Number.NaN,
  payerOpenedAt: Number.NaN,
  payeeOpenedAt: Number.NaN,
  keyRegisteredAt: Number.NaN,
  limitRaisedAt: Number.NaN,
  credentialsChangedAt: Number.NaN,
  riskBits: 0,
  latitude: Number.NaN,
  longitude: Number.NaN,
  payeeIsCompany: 0,
  payeeIsInternal: 1,
});
