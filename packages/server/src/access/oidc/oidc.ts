import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import { EsteiraError } from "@esteira/core/errors";
import type { FastifyReply, FastifyRequest } from "fastify";
import { z } from "zod";
import type { Endpoint } from "../../http/endpoint.ts";
import { text } from "../../http/fields.ts";
import { parseRequest } from "../../http/validation.ts";
import { attemptKey, attempts } from "../attempts.ts";
import type { Audit } from "../audit.ts";
import { limited } from "../authenticate.ts";
import { cookieValue } from "../credentials.ts";
import { OPEN } from "../policy.ts";
import type { Sessions } from "../sessions.ts";
import { flowCookie } from "./flow-cookie.ts";
import { signInFlows } from "./flows.ts";
import { identityProvider, newChallenge } from "./identity-provider.ts";
import { people } from "./people.ts";
import { SignInRefusal } from "./problem.ts";
import { checkReturnAddress } from "./return-address.ts";
import { checkOidc, type OidcSettings } from "./settings.ts";

/** Sign-in with an identity provider, ready to be mounted. */
export interface Oidc {
  /** What the button says. */
  readonly name: string;
  readonly endpoints: readonly Endpoint[];
  prepareRoles(): Promise<void>;
  /** Where somebody who has signed out here may do so at the provider too; undefined where there is no such place. */
  signOutUrl(idToken: string | undefined): Promise<string | undefined>;
}

export const CALLBACK_PATH = "/access/oidc/callback";
/** Of one address in a minute. Nobody has to be known to begin one, and each is a row until it comes back or ends. */
const MOST_STARTS = 100;
const startInput = z.object({ return_to: text });
const REDIRECT = { redirect: true } as const;

export function oidc(options: {
  settings: OidcSettings;
  store: AccessStore;
  clock: Clock;
  audit: Audit;
  sessions: Sessions;
  /** The address of this server's pages, without a slash at its end. */
  base: string;
  /** Under which the endpoints are mounted: `/api/esteira/v1`. */
  apiRoot: string;
}): Oidc {
  const { settings, store, clock, audit, sessions, base, apiRoot } = options;
  checkOidc(settings);
  const redirectUri = `${base}${apiRoot}${CALLBACK_PATH}`;
  const provider = identityProvider(settings, { redirectUri, afterSignOut: `${base}/` }, clock);
  const flows = signInFlows(store, clock);
  const cookie = flowCookie(base.startsWith("https:"));
  const users = people(store, settings, audit);
  const starts = attempts(store, clock, "sign-ins begun");

  const toPage = (reply: FastifyReply, page: string): FastifyReply =>
    reply.header("cache-control", "no-store").redirect(`${base}/#${page}`);

  function refuse(request: FastifyRequest, reply: FastifyReply, error: unknown, returnTo: string): FastifyReply {
    if (!(error instanceof SignInRefusal)) throw error;
    const { problem, message, cause } = error;
    audit("sign-in-refused", {
      by: "identity provider",
      address: request.ip,
      problem,
      why: message,
      cause: named(cause),
    });
    return toPage(reply, `/sign-in?${new URLSearchParams({ problem, return_to: returnTo })}`);
  }

  async function start(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const returnTo = checkReturnAddress(parseRequest(startInput, request.query).return_to);
    const limits = [{ key: attemptKey("start", request.ip), most: MOST_STARTS }];
    await limited(reply, () => starts.check(limits));
    await starts.record(limits);
    try {
      const challenge = newChallenge();
      const url = await provider.authorizationUrl(challenge);
      const secret = await flows.begin({ ...challenge, returnTo });
      return reply
        .header("set-cookie", cookie.set(challenge.state, secret))
        .header("cache-control", "no-store")
        .redirect(url.href);
    } catch (error) {
      return refuse(request, reply, error, returnTo);
    }
  }

  async function callback(request: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
    const answer = new URL(redirectUri);
    answer.search = new URL(request.url, base).search;
    const state = answer.searchParams.get("state") ?? "";
    const secret = cookieValue(request.headers.cookie, cookie.name(state));
    if (secret !== undefined) reply.header("set-cookie", cookie.clear(state));
    const flow = secret === undefined ? undefined : await flows.take(secret);
    const returnTo = flow?.returnTo ?? "/";
    try {
      if (flow === undefined) {
        throw new SignInRefusal("expired", "No sign-in was begun in this browser, or it was used or took too long.");
      }
      const identity = await provider.redeem(answer, flow);
      const user = await users.letIn(identity);
      await sessions.begin(user.id, request, reply, identity.idToken);
      audit("signed-in", { user: user.username, address: request.ip, by: "identity provider" });
      return toPage(reply, returnTo);
    } catch (error) {
      return refuse(request, reply, error, returnTo);
    }
  }

  return {
    name: settings.name ?? new URL(settings.issuer).host,
    endpoints: [
      {
        methods: ["GET"],
        path: "/access/oidc/start",
        policy: OPEN,
        operation: {
          summary: "Send the browser to the identity provider to sign in",
          tag: "access",
          query: startInput,
          output: REDIRECT,
        },
        handle: start,
      },
      {
        methods: ["GET"],
        path: CALLBACK_PATH,
        policy: OPEN,
        operation: {
          summary: "Where the identity provider sends the browser back; begins the session",
          tag: "access",
          output: REDIRECT,
        },
        handle: callback,
      },
    ],
    prepareRoles: users.prepareRoles,
    signOutUrl: async (idToken) => {
      try {
        return (await provider.signOutUrl(idToken))?.href;
      } catch (error) {
        // The session here has ended all the same.
        if (error instanceof EsteiraError) return undefined;
        throw error;
      }
    },
  };
}

const named = (cause: unknown): string | undefined => (cause instanceof Error ? cause.name : undefined);
