import type { AccessStore } from "@esteira/core/access-store";
import { EsteiraError } from "@esteira/core/errors";
import { accessInfoWire, signedOutWire, userToWire, userWire } from "@esteira/core/wire/access";
import type { FastifyRequest } from "fastify";
import { z } from "zod";
import { type Endpoint, endpoint } from "../http/endpoint.ts";
import { requiredText } from "../http/fields.ts";
import { isOwnOrigin } from "../http/trusted-hosts.ts";
import type { Audit } from "./audit.ts";
import { type Authenticator, limited } from "./authenticate.ts";
import type { Oidc } from "./oidc/oidc.ts";
import { checkPassword, checkUsername, type Passwords } from "./passwords.ts";
import { OPEN, signedIn } from "./policy.ts";
import { hashSecret } from "./secrets.ts";
import type { Sessions } from "./sessions.ts";
import type { SignIn } from "./sign-in.ts";

const oneUser = z.object({ user: userWire });
const WRONG = new EsteiraError("UNAUTHENTICATED", "The username or the password is wrong.");

export interface AccountParts {
  readonly store: AccessStore;
  readonly authenticator: Authenticator;
  readonly signIn: SignIn;
  readonly sessions: Sessions;
  readonly passwords: Passwords;
  readonly audit: Audit;
  readonly publicUrl?: string | undefined;
  readonly provider?: Oidc | undefined;
}

/** What the server's own pages call: who is signed in, signing in and out, and making the first admin. */
export function accountEndpoints(parts: AccountParts): readonly Endpoint[] {
  const { store, authenticator, sessions, audit } = parts;
  return [
    endpoint({
      method: "GET",
      path: "/access",
      policy: OPEN,
      summary: "Say whether access is controlled, and who the caller is",
      input: z.object({}),
      output: accessInfoWire,
      run: async (_, __, ___, { request, reply }) => {
        const { user, via } = await limited(reply, () => authenticator.identify(request));
        return {
          enabled: true,
          needs_setup: !(await store.hasAdmin()),
          ...(parts.provider === undefined ? {} : { provider: parts.provider.name }),
          ...(user === undefined ? {} : { user: userToWire(user) }),
          has_session: via?.kind === "session",
          has_password: user !== undefined && (await store.findUser(user.username))?.passwordHash !== undefined,
        };
      },
    }),
    endpoint({
      method: "POST",
      path: "/access/sessions",
      policy: OPEN,
      summary: "Sign in with a username and password; the session is a cookie",
      input: z.object({ username: requiredText, password: requiredText }),
      output: oneUser,
      run: async ({ username, password }, _, __, { request, reply }) => {
        refuseForeignPage(request, parts.publicUrl);
        const user = await limited(reply, () => parts.signIn.verify(username, password, request.ip));
        if (user === undefined) throw WRONG;
        await sessions.begin(user.id, request, reply);
        return { user: userToWire(user) };
      },
    }),
    endpoint({
      method: "DELETE",
      path: "/access/sessions/current",
      policy: signedIn(),
      summary: "Sign out: the session ends on the server",
      input: z.object({}),
      output: signedOutWire,
      run: async (_, __, { user, via }, { reply }) => {
        if (via?.kind !== "session") throw new EsteiraError("BAD_REQUEST", "Only a browser's session can be ended.");
        const idToken = await store.idTokenOfSession(via.hash);
        await sessions.end(via.hash, reply);
        audit("signed-out", { user: user?.username });
        const isExternal = user !== undefined && (await store.findUser(user.username))?.external !== undefined;
        const elsewhere = isExternal ? await parts.provider?.signOutUrl(idToken) : undefined;
        return elsewhere === undefined ? {} : { provider_sign_out: elsewhere };
      },
    }),
    endpoint({
      method: "POST",
      path: "/access/setup",
      policy: OPEN,
      summary: "Make the first admin with the set-up token that the server has printed",
      input: z.object({ token: requiredText, username: requiredText, password: requiredText }),
      output: oneUser,
      run: async ({ token, username, password }, _, __, { request, reply }) => {
        refuseForeignPage(request, parts.publicUrl);
        checkUsername(username);
        checkPassword(password, username);
        const admin = { username, passwordHash: await parts.passwords.hash(password) };
        const user = await store.setUp(hashSecret(token), admin);
        audit("set-up", { user: username, address: request.ip });
        await sessions.begin(user.id, request, reply);
        return { user: userToWire(user) };
      },
    }),
  ];
}

/** A page elsewhere must not sign a browser in either, as somebody whom its user is not. */
function refuseForeignPage(request: FastifyRequest, publicUrl: string | undefined): void {
  if (
    request.headers.origin === undefined ||
    isOwnOrigin({ origin: request.headers.origin, host: request.host }, publicUrl)
  )
    return;
  throw new EsteiraError("PERMISSION_DENIED", "Cross-origin request blocked");
}
