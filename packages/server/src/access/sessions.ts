import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { FastifyReply, FastifyRequest } from "fastify";
import { cookieValue } from "./credentials.ts";
import { hashSecret, randomSecret } from "./secrets.ts";
import type { SessionCookie } from "./session-cookie.ts";

const LENGTH_MS = 12 * 3_600_000;

/** Sessions of browsers: a new secret at each sign-in, ended on the server and not only forgotten by the browser. */
export interface Sessions {
  /** `idToken` is what an identity provider said of the user, to be shown to it again at the end. */
  begin(userId: number, request: FastifyRequest, reply: FastifyReply, idToken?: string): Promise<void>;
  end(hash: string, reply: FastifyReply): Promise<void>;
}

export function sessions(store: AccessStore, clock: Clock, cookie: SessionCookie): Sessions {
  return {
    begin: async (userId, request, reply, idToken) => {
      // A secret that somebody had planted in the browser before is worth nothing afterwards.
      const old = cookieValue(request.headers.cookie, cookie.name);
      if (old !== undefined) await store.endSession(hashSecret(old));
      const secret = randomSecret();
      await store.createSession({ hash: hashSecret(secret), userId, expiresAt: clock() + LENGTH_MS, idToken });
      reply.header("set-cookie", cookie.set(secret, LENGTH_MS / 1000));
    },
    end: async (hash, reply) => {
      await store.endSession(hash);
      reply.header("set-cookie", cookie.clear());
    },
  };
}
