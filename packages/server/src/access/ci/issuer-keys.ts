import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";
import { createLocalJWKSet, type JWTVerifyGetKey } from "jose";
import { JWKSNoMatchingKey } from "jose/errors";
import { z } from "zod";
import { fetchJson, type ReachPolicy } from "./guarded-fetch.ts";

export interface IssuerKeys {
  /** What finds the key of a token of this issuer. Unknown keys are looked for anew, but not more often than once in a while. */
  keysOf(issuer: string): JWTVerifyGetKey;
  /** Throws unless the issuer answers under this very name. */
  check(issuer: string): Promise<void>;
}

const GOOD_MS = 600_000;
/** Between two look-ups that unknown keys ask for: whoever invents key ids makes the server ask no more than this. */
const PAUSE_MS = 30_000;

const discovery = z.object({ issuer: z.string(), jwks_uri: z.string() });
const keySet = z.object({ keys: z.array(z.looseObject({ kty: z.string() })) });

interface Known {
  readonly find: JWTVerifyGetKey;
  readonly at: number;
}

/** Public keys of issuers, by their discovery documents, kept for ten minutes. */
export function issuerKeys(policy: ReachPolicy, clock: Clock): IssuerKeys {
  const known = new Map<string, Promise<Known>>();

  async function look(issuer: string): Promise<Known> {
    const address = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
    const found = discovery.safeParse(await fetchJson(address, policy));
    if (!found.success) throw noIssuer(issuer, "its discovery document names no issuer and no jwks_uri");
    if (found.data.issuer !== issuer) {
      throw noIssuer(issuer, `its discovery document calls it '${found.data.issuer}': take that name letter by letter`);
    }
    const keys = keySet.safeParse(await fetchJson(found.data.jwks_uri, policy));
    if (!keys.success) throw noIssuer(issuer, `there are no keys at ${found.data.jwks_uri}`);
    return { find: createLocalJWKSet(keys.data), at: clock() };
  }

  function current(issuer: string, youngerThan: number): Promise<Known> {
    const before = known.get(issuer);
    const next = (async () => {
      // A look-up that failed is made again by whoever comes next.
      const last = await before?.catch(() => undefined);
      return last !== undefined && clock() - last.at < youngerThan ? last : look(issuer);
    })();
    known.set(issuer, next);
    next.catch(() => {});
    return next;
  }

  return {
    keysOf: (issuer) => async (header, token) => {
      const { find } = await current(issuer, GOOD_MS);
      try {
        return await find(header, token);
      } catch (error) {
        if (!(error instanceof JWKSNoMatchingKey)) throw error;
        return (await current(issuer, PAUSE_MS)).find(header, token);
      }
    },
    check: async (issuer) => {
      await current(issuer, 0);
    },
  };
}

const noIssuer = (issuer: string, why: string): EsteiraError =>
  new EsteiraError("INVALID_PARAMETER_VALUE", `'${issuer}' is no issuer that can be trusted: ${why}.`);
