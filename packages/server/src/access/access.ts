import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import { invalid } from "@esteira/core/errors";
import type { Permission } from "@esteira/core/permissions";
import type { TrustStore } from "@esteira/core/trust-store";
import type { FastifyBaseLogger } from "fastify";
import type { Endpoint } from "../http/endpoint.ts";
import { accountEndpoints } from "./account-endpoints.ts";
import { accounts } from "./accounts.ts";
import { attempts } from "./attempts.ts";
import { auditTo } from "./audit.ts";
import { authenticator } from "./authenticate.ts";
import { ciIdentityEndpoints } from "./ci/ci-identities.ts";
import type { ReachPolicy } from "./ci/guarded-fetch.ts";
import { issuerKeys } from "./ci/issuer-keys.ts";
import type { Authenticate } from "./guard.ts";
import { legacyPermissionEndpoints } from "./legacy-permissions.ts";
import { oidc } from "./oidc/oidc.ts";
import type { OidcSettings } from "./oidc/settings.ts";
import { type PasswordCost, passwords } from "./passwords.ts";
import { rightsEndpoint } from "./rights.ts";
import { roleEndpoints } from "./roles.ts";
import { sessionCookie } from "./session-cookie.ts";
import { sessions } from "./sessions.ts";
import { type FirstAdmin, prepareFirstAdmin } from "./setup.ts";
import { signIn } from "./sign-in.ts";
import { tokenEndpoints } from "./token-endpoints.ts";
import { userPermissionEndpoints } from "./user-permissions.ts";
import { userEndpoints } from "./users.ts";

export interface AccessOptions {
  readonly store: AccessStore & { readonly trusts: TrustStore };
  readonly clock: Clock;
  /** What users may do where they have no grant. */
  readonly defaultPermission: Permission;
  /** The address at which browsers reach the server, such as `https://mlflow.example`. */
  readonly publicUrl?: string | undefined;
  /** The path under which everything is served, when the public address does not say it. */
  readonly staticPrefix?: string | undefined;
  /** Lets users sign in at an identity provider. */
  readonly oidc?: OidcSettings | undefined;
  /** Where issuers of CIs may be: at public addresses alone by default. */
  readonly issuers?: ReachPolicy | undefined;
  readonly log?: FastifyBaseLogger | undefined;
  readonly passwordCost?: PasswordCost | undefined;
}

/** Access control of one server, ready to be mounted. */
export interface Access {
  readonly authenticate: Authenticate;
  /** MLflow's calls for users, and those of MLflow 2 for permissions: under version 2.0 of its API. */
  readonly endpoints2: readonly Endpoint[];
  /** MLflow's calls for permissions and roles: under version 3.0. */
  readonly endpoints3: readonly Endpoint[];
  /** Calls of this server's own. */
  readonly ownEndpoints: readonly Endpoint[];
  /** Makes sure that somebody can become an admin; gives a set-up token when nobody is one yet. */
  prepare(admin: FirstAdmin): Promise<string | undefined>;
}

const API_ROOT = "/api/esteira/v1";

export function createAccess(options: AccessOptions): Access {
  const { store, clock, defaultPermission, publicUrl } = options;
  const audit = auditTo(options.log);
  const hashes = passwords(options.passwordCost);
  const cookie = sessionCookie(publicUrl?.startsWith("https:") ?? false);
  const check = signIn({ store, passwords: hashes, clock, audit });
  const who = authenticator({ store, clock, audit, signIn: check, cookie, defaultPermission, publicUrl });
  const people = accounts(store, hashes, audit);
  const browsers = sessions(store, clock, cookie);
  const provider =
    options.oidc &&
    oidc({
      settings: options.oidc,
      store,
      clock,
      audit,
      sessions: browsers,
      base: pageAddress(options),
      apiRoot: API_ROOT,
    });
  return {
    authenticate: who.authenticate,
    endpoints2: [...userEndpoints(store, people, audit), ...legacyPermissionEndpoints(store, audit)],
    endpoints3: [...userPermissionEndpoints(store, defaultPermission, audit), ...roleEndpoints(store, audit)],
    ownEndpoints: [
      ...accountEndpoints({
        store,
        audit,
        publicUrl,
        authenticator: who,
        signIn: check,
        sessions: browsers,
        passwords: hashes,
        provider,
      }),
      ...(provider?.endpoints ?? []),
      ...tokenEndpoints(store, clock, audit),
      rightsEndpoint,
      ...ciIdentityEndpoints({
        trusts: store.trusts,
        keys: issuerKeys(options.issuers ?? { allowPrivate: false }, clock),
        clock,
        audit,
        failures: attempts(store, clock, "failed exchanges"),
      }),
    ],
    prepare: async (admin) => {
      await provider?.prepareRoles();
      return prepareFirstAdmin(store, people, clock, admin);
    },
  };
}

/** Where browsers find the pages, without a slash at its end: the provider knows this address by every letter. */
function pageAddress({ publicUrl, staticPrefix = "" }: AccessOptions): string {
  if (publicUrl === undefined) {
    throw invalid(
      "Sign-in with an identity provider needs --public-url: the exact address to which the provider sends browsers back.",
    );
  }
  const { origin, pathname } = new URL(publicUrl);
  return origin + (pathname === "/" ? staticPrefix : pathname.replace(/\/+$/, ""));
}
