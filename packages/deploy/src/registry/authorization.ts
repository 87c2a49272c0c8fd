/**
 * Who we are, as a registry asks for it: Basic, or a Bearer token that a token server gives for a scope. Tokens are kept as long as
 * they last, one a scope. No message holds a credential.
 */

import { EsteiraError } from "@esteira/core/errors";
import { z } from "zod";
import { type Challenge, parseChallenges } from "./challenge.ts";
import type { CredentialSource, Credentials } from "./credentials.ts";
import { type Answer, bodyOf, type Sending } from "./http.ts";
import { isLoopback, type Repository } from "./reference.ts";

/** `repository:me/pix` and what is to be done there: `pull`, `push`, `delete`. */
export interface Scope {
  readonly resource: string;
  readonly actions: readonly string[];
}

export const scopeOf = (repository: string, ...actions: readonly string[]): Scope => ({
  resource: `repository:${repository}`,
  actions,
});

export interface Authorization {
  /** The header for requests of these scopes, as far as one is known already. */
  header(scopes: readonly Scope[]): string | undefined;
  /**
   * What to answer to a 401 with these challenges; undefined when there is nothing (more) to say.
   * @throws EsteiraError UNAUTHENTICATED when the token server refuses
   */
  answer(challenges: string, scopes: readonly Scope[]): Promise<string | undefined>;
  /** The same text without what nobody should read. */
  hide(text: string): string;
}

const tokenWire = z.object({
  token: z.string().optional(),
  access_token: z.string().optional(),
  /** Seconds. */
  expires_in: z.number().optional(),
});

interface Token {
  readonly text: string;
  /** By our own clock. */
  readonly until: number;
}

const TOKEN_LIMIT = 1024 * 1024;
const DEFAULT_SECONDS = 60;
/** A token is not used in its last moments. */
const MARGIN_MS = 5000;
const CLIENT = "esteira";

/** @param send sends with retries */
export function authorizationOf(
  repository: Repository,
  credentials: CredentialSource,
  send: (sending: Sending) => Promise<Answer>,
  now: () => number,
): Authorization {
  const { registry } = repository;
  const tokens = new Map<string, Token>();
  const secrets = new Set<string>();
  let fixed: string | undefined;
  let kept: Promise<Credentials | undefined> | undefined;
  const asked = new Map<string, Promise<Token>>();

  const own = async (): Promise<Credentials | undefined> => {
    kept ??= credentials(repository);
    const found = await kept;
    if (found !== undefined) secrets.add(found.kind === "password" ? found.password : found.token);
    return found;
  };
  const refused = (why: string): EsteiraError =>
    new EsteiraError(
      "UNAUTHENTICATED",
      `The registry ${registry} does not let us in: ${hide(why)}. Log in ('docker login ${registry}') with an account that may.`,
    );
  const hide = (text: string): string =>
    [...secrets].reduce((rest, secret) => (secret.length < 4 ? rest : rest.replaceAll(secret, "***")), text);

  const fetchToken = async (challenge: Challenge, scopes: readonly Scope[]): Promise<Token> => {
    const realm = realmOf(challenge, registry, refused);
    const service = challenge.parameters.get("service");
    const wanted = merged(scopes, challenge.parameters.get("scope")).map(scopeText);
    const who = await own();
    const answer = await send(
      who?.kind === "identity"
        ? exchange(realm, service, wanted, who.token)
        : tokenRequest(realm, service, wanted, who),
    );
    const bytes = await answer.bytes(TOKEN_LIMIT);
    const { data } = tokenWire.safeParse(parsedJson(bytes));
    if (answer.status !== 200) {
      throw refused(
        `its token server ${realm.host} answers ${answer.status}${who === undefined ? " to nobody in particular" : ""}`,
      );
    }
    const text = data?.token || data?.access_token;
    if (!text) throw refused(`its token server ${realm.host} gives no token`);
    secrets.add(text);
    return { text, until: now() + (data?.expires_in ?? DEFAULT_SECONDS) * 1000 - MARGIN_MS };
  };

  return {
    header(scopes) {
      if (fixed !== undefined) return fixed;
      const token = tokens.get(keyOf(scopes));
      return token !== undefined && token.until > now() ? `Bearer ${token.text}` : undefined;
    },
    async answer(header, scopes) {
      const challenges = parseChallenges(header);
      const bearer = challenges.find(({ scheme }) => scheme === "bearer");
      const who = await own();
      if (who?.kind === "bearer") {
        if (fixed !== undefined) return undefined;
        fixed = `Bearer ${who.token}`;
        return fixed;
      }
      if (bearer !== undefined) {
        const key = keyOf(scopes);
        let asking = asked.get(key);
        if (asking === undefined) {
          asking = fetchToken(bearer, scopes).finally(() => asked.delete(key));
          asked.set(key, asking);
        }
        const token = await asking;
        tokens.set(key, token);
        return `Bearer ${token.text}`;
      }
      if (challenges.some(({ scheme }) => scheme === "basic") && who?.kind === "password" && fixed === undefined) {
        fixed = basic(who);
        secrets.add(fixed.slice("Basic ".length));
        return fixed;
      }
      return undefined;
    },
    hide,
  };
}

const basic = ({ username, password }: { readonly username: string; readonly password: string }): string =>
  `Basic ${Buffer.from(`${username}:${password}`, "utf8").toString("base64")}`;

/** Credentials go out over TLS, or stay on this machine. */
function realmOf(challenge: Challenge, registry: string, refused: (why: string) => EsteiraError): URL {
  const text = challenge.parameters.get("realm") ?? "";
  const realm = URL.canParse(text) ? new URL(text) : undefined;
  if (realm === undefined) throw refused("it names no token server");
  const isSafe =
    realm.protocol === "https:" || (realm.protocol === "http:" && isLoopback(realm.host) && isLoopback(registry));
  if (!isSafe) throw refused(`its token server ${realm.host} is not reached by https`);
  return realm;
}

function tokenRequest(
  realm: URL,
  service: string | undefined,
  scopes: readonly string[],
  who: Credentials | undefined,
): Sending {
  const url = new URL(realm);
  if (service !== undefined) url.searchParams.set("service", service);
  for (const scope of scopes) url.searchParams.append("scope", scope);
  if (who?.kind !== "password") return { method: "GET", url, headers: {} };
  url.searchParams.set("account", who.username);
  return { method: "GET", url, headers: { authorization: basic(who) } };
}

function exchange(realm: URL, service: string | undefined, scopes: readonly string[], token: string): Sending {
  const form = new URLSearchParams({ grant_type: "refresh_token", client_id: CLIENT, refresh_token: token });
  if (service !== undefined) form.set("service", service);
  form.set("scope", scopes.join(" "));
  const body = bodyOf(Buffer.from(form.toString()));
  return { method: "POST", url: realm, headers: { "content-type": "application/x-www-form-urlencoded" }, body };
}

/** What we want, and what the challenge names besides. */
function merged(scopes: readonly Scope[], named: string | undefined): readonly Scope[] {
  const all = new Map(scopes.map(({ resource, actions }) => [resource, new Set(actions)]));
  for (const text of named?.split(" ") ?? []) {
    const colon = text.lastIndexOf(":");
    if (colon < 1) continue;
    const actions = all.get(text.slice(0, colon)) ?? new Set();
    for (const action of text.slice(colon + 1).split(",")) actions.add(action);
    all.set(text.slice(0, colon), actions);
  }
  return [...all].map(([resource, actions]) => ({ resource, actions: [...actions] }));
}

const scopeText = ({ resource, actions }: Scope): string => `${resource}:${actions.join(",")}`;
const keyOf = (scopes: readonly Scope[]): string => scopes.map(scopeText).join(" ");

function parsedJson(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(bytes).toString("utf8"));
  } catch {
    return undefined;
  }
}
