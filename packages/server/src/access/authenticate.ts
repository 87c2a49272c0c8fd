import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { Token } from "@esteira/core/entities/access";
import { EsteiraError } from "@esteira/core/errors";
import type { Permission } from "@esteira/core/permissions";
import type { TrustStore } from "@esteira/core/trust-store";
import type { FastifyReply, FastifyRequest } from "fastify";
import { changesState, isOwnOrigin } from "../http/trusted-hosts.ts";
import { TooManyAttempts } from "./attempts.ts";
import type { Audit } from "./audit.ts";
import { type Caller, ciCaller, knownCaller, NOBODY, type Via } from "./caller.ts";
import { type Credentials, credentialsOf, TOKEN_USERNAMES } from "./credentials.ts";
import type { Authenticate } from "./guard.ts";
import { hashSecret, sameHash, tokenId } from "./secrets.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { SignIn } from "./sign-in.ts";

/** How long a session lasts without a request. */
export const IDLE_MS = 2 * 3_600_000;
/** Last uses are written at most this often. */
const TOUCH_MS = 60_000;

const UNAUTHENTICATED = new EsteiraError(
  "UNAUTHENTICATED",
  "You are not signed in: send a username and password, or a token, that this server knows.",
);
const FOREIGN_PAGE = new EsteiraError(
  "PERMISSION_DENIED",
  "A signed-in browser may change something only from this server's own pages.",
);

export interface Authenticator {
  readonly authenticate: Authenticate;
  /** The caller of a request to an open route; `NOBODY` when it brings no valid credentials. */
  identify(request: FastifyRequest): Promise<Caller>;
}

export function authenticator(options: {
  store: AccessStore & { readonly trusts: TrustStore };
  clock: Clock;
  audit: Audit;
  signIn: SignIn;
  cookie: SessionCookie;
  defaultPermission: Permission;
  /** The address under which browsers reach the server, when it is not the one of the Host header. */
  publicUrl?: string | undefined;
}): Authenticator {
  const { store, clock, audit, signIn, cookie } = options;

  async function callerOf(userId: number, via: Via, token?: Token): Promise<Caller | undefined> {
    const subject = await store.getSubject(userId);
    if (subject === undefined) return undefined;
    return knownCaller(store, subject, { defaultPermission: options.defaultPermission, via, audit, token });
  }

  async function byToken(text: string, username: string | undefined, address: string): Promise<Caller | undefined> {
    const id = tokenId(text);
    const token = id === undefined ? undefined : await store.findToken(id);
    const isRight = sameHash(hashSecret(text), token?.hash ?? hashSecret(""));
    const now = clock();
    if (id !== undefined && token === undefined) return byStepToken(text, id, username, address);
    if (token === undefined || !isRight || token.revokedAt !== undefined || token.expiresAt <= now) {
      audit("token-refused", { token: id ?? "malformed", address });
      return undefined;
    }
    const caller = await callerOf(token.userId, { kind: "token", id: token.id }, token);
    const isOwn = username === undefined || TOKEN_USERNAMES.has(username) || username === caller?.user?.username;
    if (caller === undefined || !isOwn) {
      audit("token-refused", { token: token.id, address });
      return undefined;
    }
    if (token.lastUsedAt === undefined || now - token.lastUsedAt > TOUCH_MS) {
      await store.touchToken(token.id);
      audit("token-used", { token: token.id, user: caller.user?.username, address });
    }
    return caller;
  }

  async function byStepToken(text: string, id: string, username: string | undefined, address: string) {
    const token = await store.trusts.findToken(id);
    const isRight = sameHash(hashSecret(text), token?.hash ?? hashSecret(""));
    const isOwn = username === undefined || TOKEN_USERNAMES.has(username);
    if (token !== undefined && isRight && isOwn && token.expiresAt > clock()) return ciCaller(store, token, audit);
    audit("token-refused", { token: id, address });
    return undefined;
  }

  async function bySession(secret: string): Promise<Caller | undefined> {
    const hash = hashSecret(secret);
    const session = await store.findSession(hash);
    if (session === undefined) return undefined;
    const idle = clock() - session.lastSeenAt;
    if (idle > IDLE_MS) {
      await store.endSession(hash);
      return undefined;
    }
    if (idle > TOUCH_MS) await store.touchSession(hash);
    return callerOf(session.userId, { kind: "session", hash, isExternal: session.isExternal });
  }

  async function recognize(credentials: Credentials, request: FastifyRequest): Promise<Caller | undefined> {
    switch (credentials.kind) {
      case "password": {
        const user = await signIn.verify(credentials.username, credentials.password, request.ip);
        return user === undefined ? undefined : callerOf(user.id, { kind: "password" });
      }
      case "token":
        return byToken(credentials.token, credentials.username, request.ip);
      case "session":
        return bySession(credentials.secret);
      case "malformed":
        return undefined;
    }
  }

  return {
    authenticate: async (request, reply, policy) => {
      if (policy.kind === "open") return NOBODY;
      const credentials = credentialsOf(request, cookie.name);
      const caller = credentials && (await limited(reply, () => recognize(credentials, request)));
      if (caller === undefined) throw refusal(request, reply);
      if (credentials?.kind === "session" && changesState(request.method)) {
        // Behind a trusted proxy `host` is the one that the browser has asked for.
        if (!isOwnOrigin({ origin: request.headers.origin, host: request.host }, options.publicUrl)) throw FOREIGN_PAGE;
      }
      return caller;
    },
    identify: async (request) => {
      const credentials = credentialsOf(request, cookie.name);
      return (credentials && (await recognize(credentials, request))) ?? NOBODY;
    },
  };
}

/** Says when a caller who tried too often may come back. */
export async function limited<T>(reply: FastifyReply, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof TooManyAttempts) reply.header("retry-after", String(error.retryAfter));
    throw error;
  }
}

/** A page asks under /ajax-api and shows a form of its own: with the header the browser would show its window first. */
function refusal(request: FastifyRequest, reply: FastifyReply): EsteiraError {
  if (!request.url.startsWith("/ajax-api/")) reply.header("www-authenticate", 'Basic realm="mlflow"');
  return UNAUTHENTICATED;
}
