import type { Scope, Token, User } from "@esteira/core/entities/access";
import { accessInfoWire, rightsWire, signedOutWire, tokenWire, userWire } from "@esteira/core/wire/access";
import { z } from "zod";
import { nothing, type Transport } from "./transport.ts";

const oneUser = z.object({ user: userWire }).transform((wire) => wire.user);
const newToken = z.object({ token: z.string(), info: tokenWire });
const tokens = z.object({ tokens: z.array(tokenWire) }).transform((wire) => wire.tokens);

export type Rights = z.output<typeof rightsWire>;

export interface TokenFields {
  name: string;
  scopes: readonly Scope[];
  /** Only these, and nothing else of its user's. */
  experimentIds?: readonly string[];
  registeredModels?: readonly string[];
  /** From 1 to 366; 90 when absent. */
  expiresInDays?: number;
  /** Whose it is: the caller's when absent. For admins. */
  username?: string;
}

/** Signing in and out, and service tokens. Esteira's own, but for the change of a password. */
export function accessOf(transport: Transport) {
  const own = { service: "esteira" } as const;
  return {
    /** Whether access is controlled, and who the caller is. */
    info: () => transport.call("GET", "access", accessInfoWire, own),
    /** In a browser: begins a session, whose cookie the browser keeps. */
    signIn: (username: string, password: string): Promise<User> =>
      transport.call("POST", "access/sessions", oneUser, { ...own, body: { username, password } }),
    /** What the caller may do to an experiment (by id), or to a registered model and its versions (by name). */
    rights: (resource: "experiment" | "registered_model", id: string): Promise<Rights> =>
      transport.call("GET", "access/rights", rightsWire, {
        ...own,
        query: { resource_type: resource, resource_id: id },
      }),
    signOut: () => transport.call("DELETE", "access/sessions/current", signedOutWire, own),
    /** Makes the first admin with the token that the server printed when it started without one. */
    setUp: (input: { token: string; username: string; password: string }): Promise<User> =>
      transport.call("POST", "access/setup", oneUser, { ...own, body: input }),
    changePassword: (username: string, change: { password: string; currentPassword?: string }): Promise<void> =>
      transport.call("PATCH", "users/update-password", nothing, {
        body: { username, password: change.password, current_password: change.currentPassword },
      }),
    /** The text of the token is in this answer and nowhere else. */
    createToken: (input: TokenFields): Promise<{ token: string; info: Token }> =>
      transport.call("POST", "access/tokens", newToken, {
        ...own,
        body: {
          name: input.name,
          scopes: input.scopes,
          experiment_ids: input.experimentIds,
          registered_models: input.registeredModels,
          expires_in_days: input.expiresInDays,
          username: input.username,
        },
      }),
    listTokens: (username?: string): Promise<readonly Token[]> =>
      transport.call("GET", "access/tokens", tokens, { ...own, query: { username } }),
    revokeToken: (id: string): Promise<void> =>
      transport.call("DELETE", `access/tokens/${encodeURIComponent(id)}`, nothing, own),
  };
}
