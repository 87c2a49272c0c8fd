import { createHash } from "node:crypto";
import type { Clock } from "@esteira/core/clock";
import type { Step, TrustedIdentity } from "@esteira/core/entities/trusted-identity";
import { EsteiraError } from "@esteira/core/errors";
import { decodeJwt, type JWTPayload, jwtVerify } from "jose";
import {
  JOSEAlgNotAllowed,
  JWKSNoMatchingKey,
  JWSSignatureVerificationFailed,
  JWTClaimValidationFailed,
  JWTExpired,
} from "jose/errors";
import type { IssuerKeys } from "./issuer-keys.ts";

/** Only what an issuer signs with its private key: a shared secret, or no signature, shows nothing. */
const ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
];
/** The clocks of two machines may differ by this. */
const TOLERANCE_SECONDS = 30;
const LONGEST_SUBJECT = 255;
const LONGEST_TOKEN = 16_384;

/** Whom a token has shown to be there. */
export interface Shown {
  readonly identity: TrustedIdentity;
  readonly subject: string;
  /** What tells this token from every other, and when it is over (ms). */
  readonly spent: { readonly key: string; readonly until: number };
}

/**
 * Which of the trusted identities a CI's token shows, for one step of one model. Throws UNAUTHENTICATED for a token that is not
 * genuine, PERMISSION_DENIED for a genuine one that is nobody's who is trusted; what is expected is told to nobody.
 */
export async function showIdentity(
  token: string,
  wanted: { readonly model: string; readonly step: Step },
  trusted: readonly TrustedIdentity[],
  { keys, clock }: { readonly keys: IssuerKeys; readonly clock: Clock },
): Promise<Shown> {
  const claimed = decoded(token);
  const ofIssuer = trusted.filter(({ issuer }) => issuer === claimed.iss);
  // Nothing is asked of an issuer that nobody has named.
  if (ofIssuer.length === 0) {
    throw refused(`The identity token's issuer '${claimed.iss}' is not trusted for the model ${wanted.model}.`);
  }
  const claims = await verified(token, ofIssuer, { keys, clock });
  const fit = ofIssuer.map((identity) => ({ identity, misfit: misfitOf(identity, claims) }));
  const own = fit.filter(({ misfit }) => misfit === undefined).map(({ identity }) => identity);
  if (own.length === 0) {
    throw denied(`No trusted identity of the model ${wanted.model} fits this token: ${fit[0]?.misfit}.`);
  }
  const identity = own.find(({ steps }) => steps.includes(wanted.step));
  if (identity === undefined) {
    throw denied(
      `${own.map(({ name }) => name).join(", ")} may not ${wanted.step}: an admin says which steps it may take.`,
    );
  }
  const { sub = "", exp = 0 } = claims;
  return { identity, subject: sub, spent: { key: keyOf(token, claims), until: (exp + TOLERANCE_SECONDS + 1) * 1000 } };
}

function decoded(token: string): JWTPayload {
  try {
    if (token.length <= LONGEST_TOKEN) return decodeJwt(token);
  } catch {}
  throw refused("The identity token is none: send the JWT that the CI gives to the job.");
}

async function verified(
  token: string,
  [first, ...rest]: readonly TrustedIdentity[],
  { keys, clock }: { readonly keys: IssuerKeys; readonly clock: Clock },
): Promise<JWTPayload> {
  const issuer = first?.issuer ?? "";
  try {
    const { payload } = await jwtVerify(token, keys.keysOf(issuer), {
      algorithms: ALGORITHMS,
      issuer,
      audience: [first, ...rest].flatMap((identity) => identity?.audience ?? []),
      requiredClaims: ["sub", "exp", "iat"],
      clockTolerance: TOLERANCE_SECONDS,
      currentDate: new Date(clock()),
    });
    if (typeof payload.sub === "string" && payload.sub !== "" && payload.sub.length <= LONGEST_SUBJECT) return payload;
  } catch (error) {
    throw refusalOf(error);
  }
  throw refused(`The identity token's sub is missing or longer than ${LONGEST_SUBJECT} characters.`);
}

function refusalOf(error: unknown): unknown {
  if (error instanceof EsteiraError) return error;
  if (error instanceof JWTExpired) return refused("The identity token has expired: let the job ask for another.");
  if (error instanceof JOSEAlgNotAllowed) {
    return refused("The identity token is not signed with a private key: its algorithm is none or a shared secret's.");
  }
  if (error instanceof JWKSNoMatchingKey)
    return refused("The identity token is signed by a key that its issuer does not publish.");
  if (error instanceof JWSSignatureVerificationFailed) return refused("The identity token's signature is not good.");
  if (error instanceof JWTClaimValidationFailed) {
    return error.claim === "aud"
      ? denied("The identity token is for another audience.")
      : refused(`The identity token's claim ${error.claim} does not hold: ${error.message}.`);
  }
  return refused(`The identity token is not valid: ${error instanceof Error ? error.message : String(error)}.`);
}

/** What of a token is not as the identity has it; the caller's own values only. */
function misfitOf({ audience, claims: wanted }: TrustedIdentity, claims: JWTPayload): string | undefined {
  const audiences = [claims.aud ?? []].flat();
  if (!audiences.includes(audience)) return "it is for another audience";
  for (const [name, value] of Object.entries(wanted)) {
    const found = Object.hasOwn(claims, name) ? claims[name] : undefined;
    if (found === value) continue;
    return found === undefined ? `it says no ${name}` : `its ${name} is '${String(found).slice(0, 200)}'`;
  }
  return undefined;
}

/** By its id where it has one, else by what was signed: a signature could be written in another way. */
function keyOf(token: string, { iss, jti }: JWTPayload): string {
  const own = typeof jti === "string" && jti !== "" ? `id ${jti}` : `text ${token.slice(0, token.lastIndexOf("."))}`;
  return createHash("sha256").update(`${iss}\n${own}`).digest("hex");
}

const refused = (message: string) => new EsteiraError("UNAUTHENTICATED", message);
const denied = (message: string) => new EsteiraError("PERMISSION_DENIED", message);
