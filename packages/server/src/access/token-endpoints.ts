import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import { SCOPES, type Scope } from "@esteira/core/entities/access";
import { EsteiraError, invalid, notFound } from "@esteira/core/errors";
import { tokenToWire, tokenWire } from "@esteira/core/wire/access";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { int64, nonEmpty, requiredText, text, texts } from "../http/fields.ts";
import { nothing } from "../http/paging.ts";
import type { Audit } from "./audit.ts";
import type { Caller } from "./caller.ts";
import { administers } from "./policy.ts";
import { createServiceToken } from "./service-tokens.ts";

const DEFAULT_DAYS = 90;

/** Service tokens of the caller; an admin also those of others. */
export function tokenEndpoints(store: AccessStore, clock: Clock, audit: Audit): readonly Endpoint[] {
  return [
    endpoint({
      method: "POST",
      path: "/access/tokens",
      policy: administers(),
      summary: "Create a service token; its text is told this once",
      input: z.object({
        name: requiredText,
        scopes: texts,
        experiment_ids: texts,
        registered_models: texts,
        expires_in_days: int64,
        username: text,
      }),
      output: z.object({ token: z.string(), info: tokenWire }),
      run: async (input, _, caller) => {
        const owner = await ownerOf(store, caller, nonEmpty(input.username));
        const made = await createServiceToken(store, clock, {
          userId: owner.id,
          name: input.name,
          scopes: input.scopes.map(scopeOf),
          experimentIds: input.experiment_ids,
          registeredModels: input.registered_models,
          days: input.expires_in_days ?? DEFAULT_DAYS,
        });
        audit("token-created", { token: made.info.id, user: owner.username, scopes: input.scopes.join(" ") });
        return { token: made.token, info: tokenToWire(made.info) };
      },
    }),
    endpoint({
      method: "GET",
      path: "/access/tokens",
      policy: administers(),
      summary: "List the caller's service tokens, or those of the user that an admin names",
      input: z.object({ username: text }),
      output: z.object({ tokens: z.array(tokenWire) }),
      run: async (input, _, caller) => {
        const owner = await ownerOf(store, caller, nonEmpty(input.username));
        return { tokens: (await store.listTokens(owner.id)).map(tokenToWire) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/access/tokens/:token_id",
      policy: administers(),
      summary: "Revoke a service token",
      input: z.object({}),
      output: nothing,
      run: async (_, { token_id = "" }, { user }) => {
        const token = await store.findToken(token_id);
        // Whose it is, is nobody's business: another's token is as unknown as none.
        if (token === undefined || (token.userId !== user?.id && user?.isAdmin !== true)) {
          throw notFound(`Token with id=${token_id} not found`);
        }
        await store.revokeToken(token.id);
        audit("token-revoked", { token: token.id, by: user?.username });
        return {};
      },
    }),
  ];
}

async function ownerOf(store: AccessStore, { user }: Caller, username: string | undefined) {
  if (user === undefined) throw new EsteiraError("UNAUTHENTICATED", "Nobody is signed in.");
  if (username === undefined || username === user.username) return user;
  if (!user.isAdmin) throw new EsteiraError("PERMISSION_DENIED", "Permission denied");
  return store.getUser(username);
}

function scopeOf(name: string): Scope {
  const scope = SCOPES.find((known) => known === name);
  if (scope !== undefined) return scope;
  throw invalid(`Unknown scope '${name}'; a token may have ${SCOPES.join(", ")}.`);
}
