import type { AccessStore, Owners } from "@esteira/core/access-store";
import type { Grant, Scope, Subject, Token, User, Visible, VisibleModels } from "@esteira/core/entities/access";
import type { Step, StepToken } from "@esteira/core/entities/trusted-identity";
import { EsteiraError } from "@esteira/core/errors";
import { checkResourceType, type Permission, type ResourceType, refuseWorkspace } from "@esteira/core/permissions";
import type { Actor } from "@esteira/core/timeline/entry";
import { artifactRequirements, isFreePlace, proxyLocation } from "./artifact-owners.ts";
import type { Audit } from "./audit.ts";
import { canonicalExperimentId } from "./canonical.ts";
import { isMet, isUnrestricted, narrow, type Requirement, type Standing, visible } from "./decide.ts";
import type { GuardedPolicy, Need } from "./policy.ts";
import { type Named, named, ownerQuestion, type RequestFields } from "./questions.ts";
import { requirementsOf } from "./requirements.ts";

/** How the caller has shown who it is. */
export type Via =
  | { readonly kind: "password" }
  | { readonly kind: "token"; readonly id: string }
  /** A job of a CI, with the token of one step. */
  | { readonly kind: "ci"; readonly token: StepToken }
  | { readonly kind: "session"; readonly hash: string; readonly isExternal: boolean };

/** Whoever sends a request, as far as a handler must know. */
export interface Caller {
  /** Absent when access control is off, for nobody, and for a job of a CI. */
  readonly user?: User;
  readonly via?: Via;
  /** As whom the timeline is to know the caller. */
  readonly actor: Actor;
  /** May see the roles of others. */
  readonly managesRoles: boolean;
  /** Throws PERMISSION_DENIED unless all needs of the route are met by what the request names. */
  check(policy: GuardedPolicy, fields: RequestFields): Promise<void>;
  /** Of these needs, which are met: for pages, which do not offer what would be refused. Nothing is refused, so nothing is logged. */
  meets(
    asked: readonly { readonly scope: Scope; readonly need: Need }[],
    fields: RequestFields,
  ): Promise<readonly boolean[]>;
  /** Which experiments a search may tell; undefined for all. */
  experiments(): Visible | undefined;
  models(): VisibleModels | undefined;
  /** Of which models a search may tell versions. */
  versions(): VisibleModels | undefined;
  /** Of these experiments, those whose runs or logged models the caller may search. */
  searchable(type: "run" | "logged_model", experimentIds: readonly string[]): readonly string[];
}

const ANONYMOUS: Actor = { name: "anonymous", origin: "anonymous" };

/** Access control is off: everybody may do everything. */
export const ANYBODY: Caller = {
  actor: ANONYMOUS,
  managesRoles: true,
  check: async () => {},
  meets: async (asked) => asked.map(() => true),
  experiments: () => undefined,
  models: () => undefined,
  versions: () => undefined,
  searchable: (_, ids) => ids,
};

const NOTHING: Visible = { mode: "only", ids: [] };
const DENIED = new EsteiraError("PERMISSION_DENIED", "Permission denied");

/** A caller that has said nothing about who it is. */
export const NOBODY: Caller = {
  actor: ANONYMOUS,
  managesRoles: false,
  check: async () => {
    throw new EsteiraError("UNAUTHENTICATED", "Sign in, or send a token.");
  },
  meets: async (asked) => asked.map(() => false),
  experiments: () => NOTHING,
  models: () => ({ models: NOTHING, prompts: NOTHING }),
  versions: () => ({ models: NOTHING, prompts: NOTHING }),
  searchable: () => [],
};

/** What narrows a caller who came with a token. */
type Bounds = Pick<Token, "id" | "scopes" | "resources"> & { readonly step?: Step };

/** A user who is known: by password, session or token. */
export const knownCaller = (
  store: Pick<AccessStore, "ownersOf">,
  subject: Subject,
  options: { defaultPermission: Permission; via: Via; audit: Audit; token?: Token | undefined },
): Caller => callerOf(store, subject, { ...options, actor: actorOf(subject.user, options.via) });

const SCOPE_OF_STEP: Readonly<Record<Step, Scope>> = {
  read: "read",
  train: "write",
  register: "registry",
  evidence: "registry",
  promote: "registry",
};

/** A job of a CI: what its identity is trusted with and nothing else, whatever the permission is that users have by default. */
export function ciCaller(store: Pick<AccessStore, "ownersOf">, token: StepToken, audit: Audit): Caller {
  const { step, identity } = token;
  const resources = [
    { type: "registered_model" as const, id: identity.model },
    ...[...identity.experimentIds, ...identity.readOnlyExperimentIds].map((id) => ({
      type: "experiment" as const,
      id,
    })),
  ];
  const grants = resources.map(({ type, id }): Grant => {
    const isOwn =
      type === "registered_model"
        ? SCOPE_OF_STEP[step] === "registry"
        : step === "train" && identity.experimentIds.includes(id);
    return { resourceType: type, resourcePattern: id, permission: isOwn ? "EDIT" : "READ" };
  });
  return callerOf(
    store,
    { grants, workspaces: [] },
    {
      defaultPermission: "NO_PERMISSIONS",
      via: { kind: "ci", token },
      actor: { name: token.subject, origin: "ci", token: token.id, issuer: identity.issuer },
      audit,
      token: { id: token.id, scopes: [SCOPE_OF_STEP[step]], resources, step },
    },
  );
}

function callerOf(
  store: Pick<AccessStore, "ownersOf">,
  subject: Omit<Subject, "user"> & { readonly user?: User },
  options: { defaultPermission: Permission; via: Via; actor: Actor; audit: Audit; token?: Bounds | undefined },
): Caller {
  const { user } = subject;
  const { defaultPermission, via, actor, audit, token } = options;
  const isAdmin = user?.isAdmin ?? false;
  const standing: Standing = { isAdmin, grants: subject.grants, defaultPermission };
  const bound = token !== undefined && token.resources.length > 0 ? token.resources : undefined;
  const boundIds = (type: "experiment" | "registered_model") =>
    (bound ?? []).filter((resource) => resource.type === type).map((resource) => resource.id);

  const allows = (requirement: Requirement): boolean =>
    isMet(standing, requirement) && (bound === undefined || isBoundTo(requirement));
  const isBoundTo = ({ type, id }: Requirement): boolean => {
    if (type === "experiment") return boundIds("experiment").includes(id);
    if (type === "registered_model" || type === "prompt") return boundIds("registered_model").includes(id);
    // A tier goes with the requirement on what holds it.
    return type !== "workspace";
  };
  const seen = (type: "experiment" | "registered_model" | "prompt"): Visible => {
    const all = visible(standing, type);
    return bound === undefined ? all : narrow(all, boundIds(type === "experiment" ? type : "registered_model"));
  };

  const isSelf = ({ values }: Named) => values.length > 0 && values.every((name) => name === user?.username);
  const notDenied = (type: ResourceType) => isMet(standing, { type, id: "*", action: "not-denied" });

  const meets = (item: Named, owners: Owners, fields: RequestFields): boolean => {
    const { need } = item;
    switch (need.kind) {
      case "admin":
        return isAdmin && bound === undefined;
      case "workspace-manager":
        return isUnrestricted(standing) && bound === undefined;
      case "self":
        return bound === undefined && isSelf(item);
      case "self-or-manager":
        return bound === undefined && (isUnrestricted(standing) || isSelf(item));
      case "member":
        return bound === undefined && (isUnrestricted(standing) || subject.workspaces.length > 0);
      case "new-experiment":
        return bound === undefined && notDenied("experiment");
      case "free-place":
        return isUnrestricted(standing) || item.values.every((uri) => isFreePlace(uri, owners));
      case "new-model":
        return bound === undefined && notDenied("registered_model");
      case "grantor":
        return mayGrant(fields);
      default:
        return requiredOf(item, owners)?.every(allows) ?? false;
    }
  };

  const mayGrant = ({ input }: RequestFields): boolean => {
    const field = (name: string) =>
      typeof input === "object" && input !== null ? Reflect.get(input, name) : undefined;
    const id = field("resource_id");
    refuseWorkspace(String(field("resource_type")));
    const type = checkResourceType(String(field("resource_type")));
    if (typeof id !== "string" || bound !== undefined) return false;
    if (id === "*") return isUnrestricted(standing);
    return isMet(standing, { type, id, action: "manage" });
  };

  return {
    ...(user === undefined ? {} : { user }),
    via,
    actor,
    managesRoles: isUnrestricted(standing) && bound === undefined,
    check: async (policy, fields) => {
      if (!hasScope(token, policy.scope)) {
        throw new EsteiraError(
          "PERMISSION_DENIED",
          `This token has no scope '${policy.scope}', which this call needs.`,
        );
      }
      if (token?.step !== undefined && policy.step !== token.step && policy.step !== "read") {
        throw new EsteiraError(
          "PERMISSION_DENIED",
          `This token is for the step '${token.step}', and this call is no part of it.`,
        );
      }
      if (policy.needs.length === 0 || (isAdmin && bound === undefined)) return;
      const items = named(policy.needs, fields);
      const owners = await store.ownersOf(ownerQuestion(items, proxyLocation));
      if (items.every((item) => meets(item, owners, fields))) return;
      audit("permission-denied", {
        user: user?.username,
        token: token?.id,
        asked: items.map(({ need, values }) => [need.kind, ...values].join(" ")).join(", "),
      });
      throw DENIED;
    },
    meets: async (asked, fields) => {
      const items = named(
        asked.map(({ need }) => need),
        fields,
      );
      const owners = await store.ownersOf(ownerQuestion(items, proxyLocation));
      return items.map((item, at) => {
        const { scope } = asked[at] ?? { scope: "admin" };
        const isStep = token?.step === undefined || scope === "read";
        return isStep && hasScope(token, scope) && ((isAdmin && bound === undefined) || meets(item, owners, fields));
      });
    },
    experiments: () => unlessAll(seen("experiment")),
    models: () => both(seen("registered_model"), seen("prompt")),
    versions: () =>
      both(
        notDenied("registered_model_version") ? seen("registered_model") : NOTHING,
        notDenied("prompt_version") ? seen("prompt") : NOTHING,
      ),
    searchable: (type, ids) =>
      notDenied(type)
        ? ids.filter((id) => allows({ type: "experiment", id: canonicalExperimentId(id), action: "read" }))
        : [],
  };
}

function actorOf({ username: name }: User, via: Via): Actor {
  if (via.kind === "token") return { name, origin: "token", token: via.id };
  return { name, origin: via.kind === "session" && via.isExternal ? "oidc" : via.kind };
}

const both = (models: Visible, prompts: Visible): VisibleModels | undefined =>
  unlessAll(models) === undefined && unlessAll(prompts) === undefined ? undefined : { models, prompts };

const unlessAll = (seen: Visible): Visible | undefined =>
  seen.mode === "except" && seen.ids.length === 0 ? undefined : seen;

/** Reading goes with every scope, and everything with `admin`. */
function hasScope(token: Bounds | undefined, scope: GuardedPolicy["scope"]): boolean {
  if (token === undefined || scope === "none" || token.scopes.includes("admin")) return true;
  return scope === "read" ? token.scopes.length > 0 : token.scopes.includes(scope);
}

function requiredOf(item: Named, owners: Owners): readonly Requirement[] | undefined {
  const { need, values } = item;
  if (!isArtifactNeed(need)) return requirementsOf(item, owners);
  const found: Requirement[] = [];
  for (const path of values) {
    const one = artifactRequirements(path, need.action, owners);
    if (one === undefined) return undefined;
    found.push(...one);
  }
  return found;
}

const isArtifactNeed = (need: Need): need is Extract<Need, { kind: "resource" }> & { action: "read" } =>
  need.kind === "resource" && need.of === "artifact path";
