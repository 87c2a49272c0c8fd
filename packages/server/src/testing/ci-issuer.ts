import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from "jose";

/** A CI's issuer of OIDC tokens on this machine: real keys, a discovery document, and a token for whoever asks. */
export interface CiIssuer {
  readonly issuer: string;
  /** A public key of it, as it publishes it. */
  readonly jwk: Readonly<Record<string, unknown>>;
  /** How often its keys were asked for. */
  readonly asked: () => number;
  /** A token with these claims; what is absent is what a genuine one has at `now` (ms). */
  sign(claims: JWTPayload, options?: SignOptions): Promise<string>;
  /** Publishes another key from now on, and signs with it. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export interface SignOptions {
  /** Milliseconds since the epoch. */
  readonly now?: number;
  readonly kid?: string;
  /** Signs with a key that is not published; `brings` puts it into the header, as if that made it good. */
  readonly isStranger?: boolean;
  readonly brings?: boolean;
  /** What else the header says. */
  readonly header?: Readonly<Record<string, unknown>>;
}

/**
 * Starts one. `GET /token?audience=...` answers `{value}` as GitHub's runner does: a token with the claims that `job` gives at that
 * moment, when the request brings `Authorization: Bearer <requestToken>`.
 */
export async function startCiIssuer(
  options: { readonly job?: () => JWTPayload; readonly requestToken?: string } = {},
): Promise<CiIssuer> {
  const newPair = () => generateKeyPair("RS256", { extractable: true });
  const stranger = await newPair();
  let pair = await newPair();
  let kid = "key-1";
  let count = 0;
  let asked = 0;
  let jwk = { ...(await exportJWK(pair.publicKey)), alg: "RS256", use: "sig", kid };
  const sign: CiIssuer["sign"] = async (claims, options = {}) => {
    const { now = Date.now(), isStranger = false, brings = false, header = {} } = options;
    const seconds = Math.floor(now / 1000);
    const own = { iss: issuer, jti: `job-${++count}`, iat: seconds, nbf: seconds, exp: seconds + 300 };
    // A claim that is undefined is left out.
    const all: JWTPayload = JSON.parse(JSON.stringify({ ...own, ...claims }));
    const brought = brings ? { jwk: await exportJWK(stranger.publicKey) } : {};
    return new SignJWT(all)
      .setProtectedHeader({ alg: "RS256", typ: "JWT", kid: options.kid ?? kid, ...brought, ...header })
      .sign(isStranger ? stranger.privateKey : pair.privateKey);
  };
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? "/", "http://localhost");
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    if (url.pathname === "/.well-known/openid-configuration")
      return answer(200, { issuer, jwks_uri: `${issuer}/jwks` });
    if (url.pathname === "/jwks") {
      asked += 1;
      return answer(200, { keys: [jwk] });
    }
    if (url.pathname === "/token" && request.headers.authorization === `Bearer ${options.requestToken}`) {
      return answer(200, { value: await sign({ ...options.job?.(), aud: url.searchParams.get("audience") ?? "" }) });
    }
    return answer(404, { error: "not found" });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    issuer,
    get jwk() {
      return jwk;
    },
    asked: () => asked,
    sign,
    rotate: async () => {
      pair = await newPair();
      kid = "key-2";
      jwk = { ...(await exportJWK(pair.publicKey)), alg: "RS256", use: "sig", kid };
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
