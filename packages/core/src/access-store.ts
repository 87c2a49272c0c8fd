import type {
  Grant,
  Role,
  RoleAssignment,
  RolePermission,
  Subject,
  Token,
  TokenResource,
  User,
} from "./entities/access.ts";
import type { ExperimentId, LoggedModelId, RunId } from "./ids.ts";

/** The login of a user at an identity provider. */
export interface ExternalIdentity {
  readonly issuer: string;
  readonly subject: string;
}

/** What a question about permissions names: each is looked up to find the experiment or model that decides. */
export interface OwnerQuestion {
  readonly runs?: readonly string[];
  readonly loggedModels?: readonly string[];
  readonly models?: readonly string[];
  readonly experimentNames?: readonly string[];
  /** Artifact URIs; found is every experiment whose location holds one of them or lies below it. */
  readonly locations?: readonly string[];
}

/** Ids that do not exist are absent. */
export interface Owners {
  readonly runs: ReadonlyMap<string, ExperimentId>;
  readonly loggedModels: ReadonlyMap<string, ExperimentId>;
  readonly models: ReadonlyMap<string, "registered_model" | "prompt">;
  readonly experimentNames: ReadonlyMap<string, ExperimentId>;
  readonly locations: readonly { readonly experimentId: ExperimentId; readonly location: string }[];
}

/**
 * The port to users, roles, tokens and sessions. Secrets never reach it: it keeps hashes that the caller has made.
 * Users are named by username, as MLflow's API names them.
 */
export interface AccessStore {
  createUser(input: {
    username: string;
    passwordHash?: string;
    isAdmin: boolean;
    external?: ExternalIdentity;
  }): Promise<User>;
  getUser(username: string): Promise<User>;
  findUser(
    username: string,
  ): Promise<(User & { readonly passwordHash?: string; readonly external?: ExternalIdentity }) | undefined>;
  findExternalUser(identity: ExternalIdentity): Promise<User | undefined>;
  /** Gives a user who has neither a password nor an identity this one; refused (RESOURCE_ALREADY_EXISTS) for any other. */
  linkUser(username: string, identity: ExternalIdentity): Promise<User>;
  listUsers(): Promise<readonly (User & { readonly roles: readonly Role[] })[]>;
  /** Ends the user's sessions, except the one with this hash. */
  setPassword(username: string, passwordHash: string, keepSession?: string): Promise<void>;
  /** Replaces a hash by one of the same password: sessions go on, and a password changed meanwhile stays. */
  rehash(username: string, oldHash: string, newHash: string): Promise<void>;
  /** The last admin stays one: refused. */
  setAdmin(username: string, isAdmin: boolean): Promise<void>;
  /** With tokens, sessions, own grants and assignments. The last admin stays: refused. */
  deleteUser(username: string): Promise<void>;
  hasAdmin(): Promise<boolean>;

  getSubject(userId: number): Promise<Subject | undefined>;

  createRole(input: { name: string; workspace: string; description?: string }): Promise<Role>;
  getRole(id: number): Promise<Role>;
  listRoles(workspaces?: readonly string[]): Promise<readonly Role[]>;
  updateRole(id: number, change: { name?: string; description?: string }): Promise<Role>;
  deleteRole(id: number): Promise<void>;
  addRolePermission(roleId: number, grant: Grant): Promise<RolePermission>;
  getRolePermission(id: number): Promise<RolePermission>;
  updateRolePermission(id: number, permission: string): Promise<RolePermission>;
  removeRolePermission(id: number): Promise<void>;
  assignRole(username: string, roleId: number): Promise<RoleAssignment>;
  unassignRole(username: string, roleId: number): Promise<void>;
  listUserRoles(username: string): Promise<readonly Role[]>;
  listRoleUsers(roleId: number): Promise<readonly RoleAssignment[]>;
  /** Makes the user's assignments, of the roles named here, exactly those of `assigned`. */
  syncRoles(username: string, managed: readonly string[], assigned: readonly string[]): Promise<void>;

  /** Adds a grant to the user's own role; refused when there is one on the resource. */
  grant(username: string, grant: Grant): Promise<void>;
  /** Changes a grant of the user's own role; refused when there is none. */
  changeGrant(username: string, grant: Grant): Promise<void>;
  revoke(username: string, resource: Omit<Grant, "permission">): Promise<void>;
  /** The grant on exactly this resource in the user's own role. */
  findGrant(username: string, resource: Omit<Grant, "permission">): Promise<Grant | undefined>;

  createToken(input: {
    id: string;
    userId: number;
    name: string;
    hash: string;
    scopes: Token["scopes"];
    resources: readonly TokenResource[];
    expiresAt: number;
  }): Promise<Token>;
  findToken(id: string): Promise<(Token & { readonly hash: string }) | undefined>;
  /** Of one user, or of all. */
  listTokens(userId?: number): Promise<readonly Token[]>;
  revokeToken(id: string): Promise<void>;
  touchToken(id: string): Promise<void>;

  /** `idToken` is what the identity provider said, where it was the one that let the user in. */
  createSession(input: {
    hash: string;
    userId: number;
    expiresAt: number;
    idToken?: string | undefined;
  }): Promise<void>;
  /** Undefined when it is unknown or over. External: an identity provider has let the user in. */
  findSession(
    hash: string,
  ): Promise<{ readonly userId: number; readonly lastSeenAt: number; readonly isExternal: boolean } | undefined>;
  touchSession(hash: string): Promise<void>;
  endSession(hash: string): Promise<void>;
  idTokenOfSession(hash: string): Promise<string | undefined>;

  /** Keeps what a sign-in at an identity provider began with, until it comes back: the newest `most` of them all. */
  saveSignInFlow(input: { hash: string; data: string; expiresAt: number; most: number }): Promise<void>;
  /** Gives it once; undefined when it is unknown, over or was given before. */
  takeSignInFlow(hash: string): Promise<string | undefined>;

  saveSetupToken(hash: string, expiresAt: number): Promise<void>;
  /** Makes the first admin and forgets all set-up tokens; refused when there is an admin or the token is unknown. */
  setUp(hash: string, admin: { username: string; passwordHash: string }): Promise<User>;

  /** Counts a failure under each key and gives the greatest time, in ms, at which one of the keys may try again. */
  recordFailures(keys: readonly string[], windowMs: number): Promise<void>;
  /** Failures under each key in its current window, and when the window ends. */
  failures(keys: readonly string[]): Promise<ReadonlyMap<string, { readonly count: number; readonly endsAt: number }>>;
  forgetFailures(key: string): Promise<void>;

  /** A secret of the database, the same for every server on it, made at the first call. */
  secret(name: string, make: () => string): Promise<string>;

  ownersOf(question: OwnerQuestion): Promise<Owners>;
}

export type { ExperimentId, LoggedModelId, RunId };
