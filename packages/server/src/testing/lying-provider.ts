import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair, type JWTHeaderParameters, type JWTPayload, SignJWT } from "jose";
import { CLIENT } from "./identity-provider.ts";

/** What a provider that is broken or false puts into its answer; by default all of it is right. */
export interface Lie {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly without?: readonly string[];
  readonly header?: Readonly<Partial<JWTHeaderParameters>>;
  /** Signs with a key that its key set does not hold. */
  readonly foreignKey?: boolean;
  /** Signs with the client's secret instead of a key. */
  readonly symmetric?: boolean;
  /** No signature at all. */
  readonly unsigned?: boolean;
  /** Answers with this in place of tokens. */
  readonly status?: number;
}

/** A provider that takes any code, as often as it comes, and says what a test tells it to. */
export interface LyingProvider {
  readonly issuer: string;
  /** The nonce of the sign-in that is under way. */
  nonce: string;
  lie: Lie;
  /** How often its keys were asked for. */
  readonly keyRequests: number;
  /** What the token endpoint was sent. */
  readonly tokenRequests: readonly URLSearchParams[];
  /** From now on it signs with another key, under another name, and its key set holds that one alone. */
  rotate(): Promise<void>;
  close(): Promise<void>;
}

export async function startLyingProvider(): Promise<LyingProvider> {
  let keyRequests = 0;
  let generation = 0;
  const tokenRequests: URLSearchParams[] = [];
  const newKey = async () => {
    const pair = await generateKeyPair("RS256", { extractable: true });
    return { ...pair, kid: `key ${++generation}` };
  };
  let key = await newKey();
  const foreign = await newKey();
  const server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const send = (body: unknown, status = 200) =>
      response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(body));
    switch (request.url) {
      case "/.well-known/openid-configuration":
        return void send({
          issuer,
          authorization_endpoint: `${issuer}/auth`,
          token_endpoint: `${issuer}/token`,
          jwks_uri: `${issuer}/jwks`,
          end_session_endpoint: `${issuer}/end`,
          // As careless as a provider may be about what it says it signs with.
          id_token_signing_alg_values_supported: ["RS256", "HS256", "none"],
        });
      case "/jwks":
        keyRequests += 1;
        return void send({ keys: [{ ...(await exportJWK(key.publicKey)), kid: key.kid, alg: "RS256", use: "sig" }] });
      case "/token": {
        let body = "";
        for await (const chunk of request) body += chunk;
        tokenRequests.push(new URLSearchParams(body));
        if (provider.lie.status !== undefined) return void send({}, provider.lie.status);
        return void send({ access_token: "any", token_type: "Bearer", id_token: await idToken(provider.lie) });
      }
      default:
        return void send({}, 404);
    }
  }

  async function idToken(lie: Lie): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const claims: JWTPayload = {
      iss: issuer,
      aud: CLIENT.id,
      sub: "ana at the provider",
      nonce: provider.nonce,
      iat: now,
      exp: now + 300,
      preferred_username: "ana",
      ...lie.claims,
    };
    for (const name of lie.without ?? []) delete claims[name];
    if (lie.unsigned === true) {
      const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
      return `${part({ alg: "none", typ: "JWT" })}.${part(claims)}.`;
    }
    const signer = lie.foreignKey === true ? foreign : key;
    if (lie.symmetric === true) {
      return new SignJWT(claims).setProtectedHeader({ alg: "HS256" }).sign(Buffer.from(CLIENT.secret));
    }
    return new SignJWT(claims)
      .setProtectedHeader({ alg: "RS256", kid: key.kid, ...lie.header })
      .sign(signer.privateKey);
  }

  const provider: LyingProvider = {
    issuer,
    nonce: "",
    lie: {},
    get keyRequests() {
      return keyRequests;
    },
    tokenRequests,
    rotate: async () => {
      key = await newKey();
    },
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
  return provider;
}
