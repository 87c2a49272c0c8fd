import type { Clock } from "@esteira/core/clock";
import * as openid from "openid-client";
import { type Claims, claimsNeeded } from "./admission.ts";
import { SignInRefusal } from "./problem.ts";
import { DEFAULT_SCOPES, isPlainLoopback, type OidcSettings } from "./settings.ts";

/** What a sign-in is begun with, and must end with: random texts that tie the answer to the question. */
export interface Challenge {
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
}

export interface Identity {
  readonly issuer: string;
  readonly subject: string;
  readonly claims: Claims;
  /** The signed token itself: at the end of the session it tells the provider whose it was. */
  readonly idToken: string;
}

export interface IdentityProvider {
  /** Where the browser is sent to sign in. */
  authorizationUrl(challenge: Challenge): Promise<URL>;
  /** Who came back, from the address that the provider sent the browser to. Throws `SignInRefusal`. */
  redeem(answer: URL, challenge: Challenge): Promise<Identity>;
  /**
   * Where a person may end the provider's own session too; undefined when it has no such place. Without the ID token some
   * providers ask first, and some refuse.
   */
  signOutUrl(idToken: string | undefined): Promise<URL | undefined>;
}

export const newChallenge = (): Challenge => ({
  state: openid.randomState(),
  nonce: openid.randomNonce(),
  verifier: openid.randomPKCECodeVerifier(),
});

/** The clocks of two machines may differ by this. */
const TOLERANCE_SECONDS = 30;
const TIMEOUT_SECONDS = 10;
/** A longer token, of somebody in very many groups, would not fit into an address that providers take. */
const LONGEST_HINT = 4096;
/** Addresses of the provider may change; its keys are fetched again by themselves. */
const DISCOVERY_MS = 3_600_000;

export function identityProvider(
  settings: OidcSettings,
  places: { readonly redirectUri: string; readonly afterSignOut: string },
  clock: Clock,
): IdentityProvider {
  let known: { readonly config: Promise<openid.Configuration>; readonly until: number } | undefined;

  /** Asked at the first sign-in and not at the start: a provider that is down stops nobody who has a password. */
  function configuration(): Promise<openid.Configuration> {
    if (known !== undefined && known.until > clock()) return known.config;
    const config = discover(settings);
    const mine = { config, until: clock() + DISCOVERY_MS };
    known = mine;
    config.catch(() => {
      if (known === mine) known = undefined;
    });
    return config;
  }

  return {
    authorizationUrl: async (challenge) => {
      const config = await configuration();
      return openid.buildAuthorizationUrl(config, {
        redirect_uri: places.redirectUri,
        scope: scopeOf(settings),
        state: challenge.state,
        nonce: challenge.nonce,
        code_challenge: await openid.calculatePKCECodeChallenge(challenge.verifier),
        code_challenge_method: "S256",
      });
    },
    redeem: async (answer, challenge) => {
      const config = await configuration();
      try {
        return await redeem(config, settings, answer, challenge);
      } catch (error) {
        throw refusalOf(error);
      }
    },
    signOutUrl: async (idToken) => {
      const config = await configuration();
      if (config.serverMetadata().end_session_endpoint === undefined) return undefined;
      return openid.buildEndSessionUrl(config, {
        post_logout_redirect_uri: places.afterSignOut,
        ...(idToken === undefined || idToken.length > LONGEST_HINT ? {} : { id_token_hint: idToken }),
      });
    },
  };
}

async function discover(settings: OidcSettings): Promise<openid.Configuration> {
  const issuer = new URL(settings.issuer);
  try {
    return await openid.discovery(
      issuer,
      settings.clientId,
      { [openid.clockTolerance]: TOLERANCE_SECONDS },
      authentication(settings.clientSecret),
      {
        timeout: TIMEOUT_SECONDS,
        // Signatures are checked although the token comes from the provider itself, over TLS.
        execute: [
          openid.enableNonRepudiationChecks,
          ...(isPlainLoopback(issuer) ? [openid.allowInsecureRequests] : []),
        ],
      },
    );
  } catch (cause) {
    throw new SignInRefusal("unreachable", `The identity provider at ${settings.issuer} does not answer as one.`, {
      cause,
    });
  }
}

/** How the server shows the provider that it is the client: in the header where the provider takes that, as the standard has it. */
function authentication(secret: string | undefined): openid.ClientAuth {
  if (secret === undefined) return openid.None();
  const [basic, post] = [openid.ClientSecretBasic(secret), openid.ClientSecretPost(secret)];
  return (server, client, body, headers) => {
    const methods = server.token_endpoint_auth_methods_supported ?? ["client_secret_basic"];
    (methods.includes("client_secret_basic") ? basic : post)(server, client, body, headers);
  };
}

const scopeOf = ({ scopes = DEFAULT_SCOPES }: OidcSettings): string => [...new Set(["openid", ...scopes])].join(" ");

async function redeem(
  config: openid.Configuration,
  settings: OidcSettings,
  answer: URL,
  challenge: Challenge,
): Promise<Identity> {
  const tokens = await openid.authorizationCodeGrant(config, answer, {
    expectedState: challenge.state,
    expectedNonce: challenge.nonce,
    pkceCodeVerifier: challenge.verifier,
    idTokenExpected: true,
  });
  const token = tokens.claims();
  if (token === undefined || tokens.id_token === undefined)
    throw new SignInRefusal("invalid", "The provider sent no ID token.");
  const isWhole = claimsNeeded(settings).every((claim) => token[claim] !== undefined);
  const more =
    isWhole || config.serverMetadata().userinfo_endpoint === undefined
      ? {}
      : await openid.fetchUserInfo(config, tokens.access_token, token.sub);
  // The signed token has the last word.
  return { issuer: token.iss, subject: token.sub, claims: { ...more, ...token }, idToken: tokens.id_token };
}

/** What went wrong, for the log; the words are the library's and hold no token. */
function refusalOf(cause: unknown): SignInRefusal {
  if (cause instanceof SignInRefusal) return cause;
  if (cause instanceof openid.AuthorizationResponseError) {
    return new SignInRefusal("declined", `The provider answered '${cause.error}'.`, { cause });
  }
  if (cause instanceof openid.ResponseBodyError) {
    return new SignInRefusal("invalid", `The provider did not take the code: '${cause.error}'.`, { cause });
  }
  if (isSilence(cause)) return new SignInRefusal("unreachable", "The provider did not answer.", { cause });
  return new SignInRefusal("invalid", `The provider's answer is not valid: ${innermost(cause)}.`, { cause });
}

const isSilence = (error: unknown): boolean =>
  (error instanceof TypeError && error.message === "fetch failed") ||
  (error instanceof openid.ClientError && error.code === "OAUTH_TIMEOUT");

function innermost(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.cause instanceof Error ? innermost(error.cause) : error.message;
}
