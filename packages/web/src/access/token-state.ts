import type { Token } from "@esteira/core/entities/access";

/** What a token is worth at a moment, in ms since the epoch. */
export function stateOf(token: Pick<Token, "revokedAt" | "expiresAt">, now: number): "active" | "revoked" | "expired" {
  if (token.revokedAt !== undefined) return "revoked";
  return token.expiresAt <= now ? "expired" : "active";
}
