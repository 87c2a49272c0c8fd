import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

/** A real provider of OpenID Connect on this machine, with sign-in pages that take any password. */
export interface TestProvider {
  readonly issuer: string;
  close(): Promise<void>;
}

export const CLIENT = { id: "esteira", secret: "the secret of this client" };

/**
 * Starts one that knows these people by what they type as their name. What it tells of them comes from its userinfo
 * endpoint, as its standard has it.
 */
export async function startProvider(options: {
  /** Where a client's browser may be sent back to. */
  readonly redirectUris: readonly string[];
  readonly afterSignOut?: readonly string[];
  /** Claims by subject. */
  readonly people: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}): Promise<TestProvider> {
  let handle: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  const server = createServer((request, response) => handle?.(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { privateKey } = await generateKeyPair("RS256", { extractable: true });
  const provider: Provider = new Provider(issuer, {
    jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "RS256", use: "sig", kid: "first" }] },
    cookies: { keys: ["a key of the test"] },
    clients: [
      {
        client_id: CLIENT.id,
        client_secret: CLIENT.secret,
        redirect_uris: [...options.redirectUris],
        post_logout_redirect_uris: [...(options.afterSignOut ?? [])],
      },
    ],
    claims: { openid: ["sub"], profile: ["preferred_username", "groups"], email: ["email", "email_verified"] },
    ttl: { AccessToken: 600, AuthorizationCode: 60, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
    pkce: { required: () => true },
    findAccount: (_, id) => ({ accountId: id, claims: async () => ({ ...options.people[id], sub: id }) }),
    // Nobody is asked whether this server may know their name.
    loadExistingGrant: async ({ oidc }) => {
      const grant = new provider.Grant({ clientId: CLIENT.id, accountId: oidc.session?.accountId ?? "" });
      grant.addOIDCScope("openid profile email");
      await grant.save();
      return grant;
    },
  });
  handle = provider.callback();
  return {
    issuer,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** What a browser does at the provider's pages: signs in as somebody, and gives the address that it is sent back to. */
export async function signInAtProvider(url: string, login: string): Promise<string> {
  const { origin } = new URL(url);
  const jar = new Map<string, string>();
  let next = url;
  let form: string | undefined;
  for (let steps = 0; steps < 10; steps++) {
    const answer: Response = await fetch(next, {
      method: form === undefined ? "GET" : "POST",
      redirect: "manual",
      headers: {
        cookie: [...jar].map(([name, value]) => `${name}=${value}`).join("; "),
        ...(form === undefined ? {} : { "content-type": "application/x-www-form-urlencoded" }),
      },
      ...(form === undefined ? {} : { body: form }),
    });
    for (const cookie of answer.headers.getSetCookie()) {
      const [, name = "", value = ""] = /^([^=]+)=([^;]*)/.exec(cookie) ?? [];
      jar.set(name, value);
    }
    form = undefined;
    const location = answer.headers.get("location");
    if (location !== null) {
      next = new URL(location, next).href;
      if (!next.startsWith(origin)) return next;
      continue;
    }
    const page = await answer.text();
    const action = /<form[^>]*action="([^"]+)"/.exec(page)?.[1];
    if (action === undefined) throw new Error(`The provider answered ${answer.status} without a form: ${page}`);
    next = new URL(action, next).href;
    form = new URLSearchParams({ prompt: "login", login, password: "any" }).toString();
  }
  throw new Error("The provider did not send the browser back.");
}
