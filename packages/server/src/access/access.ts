import type { AccessStore } from "@esteira/core/access-store";
import type { Clock } from "@esteira/core/clock";
import type { Permission } from "@esteira/core/permissions";
import type { FastifyBaseLogger } from "fastify";
import { auditTo } from "./audit.ts";
import { authenticator } from "./authenticate.ts";
import type { Authenticate } from "./guard.ts";
import { type PasswordCost, passwords } from "./passwords.ts";
import { sessionCookie } from "./session-cookie.ts";
import { signIn } from "./sign-in.ts";

export interface AccessOptions {
  readonly store: AccessStore;
  readonly clock: Clock;
  /** What users may do where they have no grant. */
  readonly defaultPermission: Permission;
  /** The address at which browsers reach the server, such as `https://mlflow.example`. */
  readonly publicUrl?: string | undefined;
  readonly log?: FastifyBaseLogger | undefined;
  readonly passwordCost?: PasswordCost | undefined;
}

/** Access control of one server, ready to be mounted. */
export interface Access {
  readonly authenticate: Authenticate;
}

export function createAccess(options: AccessOptions): Access {
  const { store, clock, defaultPermission, publicUrl } = options;
  const audit = auditTo(options.log);
  const hashes = passwords(options.passwordCost);
  const cookie = sessionCookie(publicUrl?.startsWith("https:") ?? false);
  const check = signIn({ store, passwords: hashes, clock, audit });
  const { authenticate } = authenticator({ store, clock, audit, signIn: check, cookie, defaultPermission, publicUrl });
  return { authenticate };
}
