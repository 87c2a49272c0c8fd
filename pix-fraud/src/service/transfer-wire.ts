import { invalid } from "@esteira/core/errors";
import { z } from "zod";
import type { NamedFraud, NamedTransfer } from "../features/online.ts";
import { INITIATIONS, KEY_TYPES, RISK_BITS } from "../ledger/ledger.ts";

// Schemas that only check: a transform makes objects for each field, which would be most of what a request leaves to collect.

/** An instant with its offset from UTC; one without would be read wrongly somewhere. */
const instant = z.iso.datetime({
  offset: true,
  error: "expected an ISO 8601 instant with an offset, such as 2026-07-01T12:00:00-03:00",
});

/** Money in R$ with at most two decimals. */
const money = z
  .number()
  .nonnegative()
  .max(1e11)
  .refine(
    (value) => Math.abs(value * 100 - Math.round(value * 100)) < 1e-6 * Math.max(1, value),
    "expected at most two decimals",
  );

type Given<T> = T | null | undefined;
const toCents = (money: Given<number>): number => (typeof money === "number" ? Math.round(money * 100) : Number.NaN);
const toMillis = (instant: Given<string>): number => (typeof instant === "string" ? Date.parse(instant) : Number.NaN);

const name = z.string().min(1).max(120);
const RISK_SIGNALS = ["rooted", "screenShare", "callInProgress", "accessibilityService", "pastedKey"] as const;
const SIGNAL_NAMES = ["rooted", "screen_share", "call_in_progress", "accessibility_service", "pasted_key"] as const;

export const transferWire = z
  .object({
    id: name,
    time: instant,
    payer: name,
    payee: name,
    amount: money,
    device: name.nullish(),
    key_type: z.enum(KEY_TYPES).default("unknown"),
    initiation: z.enum(INITIATIONS).default("unknown"),
    balance: money.nullish(),
    limit: money.nullish(),
    payer_opened_at: instant.nullish(),
    payee_opened_at: instant.nullish(),
    key_registered_at: instant.nullish(),
    limit_raised_at: instant.nullish(),
    credentials_changed_at: instant.nullish(),
    risk_signals: z.array(z.enum(SIGNAL_NAMES)).default([]),
    latitude: z.number().min(-90).max(90).nullish(),
    longitude: z.number().min(-180).max(180).nullish(),
    payee_is_company: z.boolean().default(false),
    payee_is_internal: z.boolean().default(true),
    /** Ask for the reasons of a transfer that is allowed, too. */
    explain: z.boolean().default(false),
  })
  .refine((wire) => wire.payer !== wire.payee, {
    path: ["payee"],
    message: "expected another account than the payer's",
  });

export type TransferWire = z.output<typeof transferWire>;

export const toNamedTransfer = (wire: TransferWire): NamedTransfer => ({
  time: toMillis(wire.time),
  payer: wire.payer,
  payee: wire.payee,
  device: wire.device ?? null,
  amountCents: toCents(wire.amount),
  keyType: KEY_TYPES.indexOf(wire.key_type),
  initiation: INITIATIONS.indexOf(wire.initiation),
  balanceCents: toCents(wire.balance),
  limitCents: toCents(wire.limit),
  payerOpenedAt: toMillis(wire.payer_opened_at),
  payeeOpenedAt: toMillis(wire.payee_opened_at),
  keyRegisteredAt: toMillis(wire.key_registered_at),
  limitRaisedAt: toMillis(wire.limit_raised_at),
  credentialsChangedAt: toMillis(wire.credentials_changed_at),
  riskBits: wire.risk_signals.reduce(
    (bits, signal) => bits | RISK_BITS[RISK_SIGNALS[SIGNAL_NAMES.indexOf(signal)]!],
    0,
  ),
  latitude: wire.latitude ?? Number.NaN,
  longitude: wire.longitude ?? Number.NaN,
  payeeIsCompany: wire.payee_is_company ? 1 : 0,
  payeeIsInternal: wire.payee_is_internal ? 1 : 0,
});

export const fraudWire = z.object({
  payer: name,
  payee: name,
  device: name.nullish(),
  time: instant,
  known_at: instant,
});

export const toNamedFraud = (wire: z.output<typeof fraudWire>): NamedFraud => ({
  payer: wire.payer,
  payee: wire.payee,
  device: wire.device ?? null,
  time: toMillis(wire.time),
  knownAt: toMillis(wire.known_at),
});

/** Parses one item or a list of at most `MOST`; the fault names the item and the field. */
export function parseItems<T extends z.ZodType>(
  schema: T,
  body: unknown,
  what: string,
): { items: z.output<T>[]; single: boolean } {
  const single = !Array.isArray(body);
  const list: unknown[] = single ? [body] : body;
  if (list.length === 0 || list.length > MOST) {
    throw invalid(`The request has ${list.length} ${what}s: expected 1 to ${MOST}.`);
  }
  const items = list.map((item, at) => {
    const parsed = schema.safeParse(item);
    if (parsed.success) return parsed.data;
    const issue = parsed.error.issues[0];
    const where = [...(single ? [] : [`${what} ${at}`]), issue?.path.join(".")].filter(Boolean).join(", ");
    throw invalid(`Invalid ${what}${where ? ` (${where})` : ""}: ${issue?.message ?? "not readable"}.`);
  });
  return { items, single };
}

const MOST = 1000;
