import type { FastifyBaseLogger } from "fastify";

/** What the log tells about access: one line each, with names and ids and never a secret. */
export type AuditEvent =
  | "signed-in"
  | "sign-in-refused"
  | "sign-in-limited"
  | "signed-out"
  | "token-used"
  | "token-refused"
  | "permission-denied"
  | "token-created"
  | "token-revoked"
  | "user-created"
  | "user-deleted"
  | "user-changed"
  | "permission-changed"
  | "set-up"
  | "trust-changed";

export type Audit = (event: AuditEvent, details: Readonly<Record<string, unknown>>) => void;

const MAX_LENGTH = 255;
const REFUSALS: ReadonlySet<AuditEvent> = new Set([
  "sign-in-refused",
  "sign-in-limited",
  "token-refused",
  "permission-denied",
]);

export function auditTo(log: FastifyBaseLogger | undefined): Audit {
  return (event, details) => {
    const cut = Object.fromEntries(Object.entries(details).map(([key, value]) => [key, shorten(value)]));
    const line = { audit: event, ...cut };
    if (REFUSALS.has(event)) log?.warn(line, event);
    else log?.info(line, event);
  };
}

const shorten = (value: unknown): unknown =>
  typeof value === "string" && value.length > MAX_LENGTH ? `${value.slice(0, MAX_LENGTH)}…` : value;
