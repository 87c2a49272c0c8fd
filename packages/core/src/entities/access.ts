/** Who may call a server, and what each may do there. The words are those of MLflow's basic-auth app. */

export interface User {
  readonly id: number;
  readonly username: string;
  readonly isAdmin: boolean;
}

/** A named set of grants that users are given together. */
export interface Role {
  readonly id: number;
  readonly name: string;
  readonly workspace: string;
  readonly description?: string;
  readonly permissions: readonly RolePermission[];
}

export interface Grant {
  readonly resourceType: string;
  /** An id, a name, or "*" for all resources of the type. */
  readonly resourcePattern: string;
  readonly permission: string;
}

export interface RolePermission extends Grant {
  readonly id: number;
  readonly roleId: number;
}

export interface RoleAssignment {
  readonly id: number;
  readonly userId: number;
  readonly roleId: number;
}

/** What a service token may do at most; its user's own grants limit it further. */
export const SCOPES = ["read", "write", "registry", "admin"] as const;
export type Scope = (typeof SCOPES)[number];

/** An experiment or a registered model that a token is bound to. */
export interface TokenResource {
  readonly type: "experiment" | "registered_model";
  readonly id: string;
}

/** A service token without its secret, of which only a hash is kept. */
export interface Token {
  readonly id: string;
  readonly userId: number;
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Empty: not bound, all that the user may reach. */
  readonly resources: readonly TokenResource[];
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly expiresAt: number;
  readonly lastUsedAt?: number;
  readonly revokedAt?: number;
}

/** A user with the grants of all of their roles: what decisions are made from. */
export interface Subject {
  readonly user: User;
  readonly grants: readonly Grant[];
  /** Where the user has any role. */
  readonly workspaces: readonly string[];
}

/** Which ids a search may return: the listed ones, or all but the listed ones. */
export interface Visible {
  readonly mode: "only" | "except";
  readonly ids: readonly string[];
}

/** Prompts are registered models with a tag, and have grants of their own. */
export interface VisibleModels {
  readonly models: Visible;
  readonly prompts: Visible;
}
