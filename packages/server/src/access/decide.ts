import type { Grant, Visible } from "@esteira/core/entities/access";
import { type Action, isPermission, type Permission, type ResourceType, WILDCARD } from "@esteira/core/permissions";

/** One thing that an operation requires of its caller. */
export interface Requirement {
  readonly type: ResourceType;
  /** "*" for a type that only knows grants on all of its resources. */
  readonly id: string;
  /** `not-denied` asks for no grant, only for the absence of a DENY. */
  readonly action: Action | "not-denied";
  /** Where to look, in order, when there is no grant on the resource itself: what it belongs to. */
  readonly fallback?: readonly { readonly type: ResourceType; readonly id: string }[];
}

export interface Standing {
  readonly isAdmin: boolean;
  readonly grants: readonly Grant[];
  /** What holds where no grant speaks, and the least that a grant other than DENY gives. */
  readonly defaultPermission: Permission;
}

const RANK: Readonly<Record<Permission, number>> = {
  DENY: -1,
  NO_PERMISSIONS: 0,
  READ: 1,
  USE: 2,
  EDIT: 3,
  MANAGE: 4,
};
const NEEDED: Readonly<Record<Action, Permission>> = {
  read: "READ",
  use: "USE",
  update: "EDIT",
  delete: "MANAGE",
  manage: "MANAGE",
};

const higher = (a: Permission, b: Permission): Permission => (RANK[a] >= RANK[b] ? a : b);

export const allows = (permission: Permission, action: Requirement["action"]): boolean =>
  action === "not-denied" ? permission !== "DENY" : RANK[permission] >= RANK[NEEDED[action]];

/** Admins, and who manages the workspace: nothing restricts them. */
export const isUnrestricted = (standing: Standing): boolean => standing.isAdmin || managesWorkspace(standing.grants);

export const managesWorkspace = (grants: readonly Grant[]): boolean =>
  grants.some((grant) => grant.resourceType === "workspace" && grant.permission === "MANAGE");

/** What the grants say about one resource; undefined when they are silent. A DENY among them wins, else the highest. */
function fold(grants: readonly Grant[], type: ResourceType, id: string): Permission | undefined {
  let best: Permission | undefined;
  for (const grant of grants) {
    if (grant.resourceType !== type || !isPermission(grant.permission)) continue;
    if (grant.resourcePattern !== WILDCARD && grant.resourcePattern !== id) continue;
    if (grant.permission === "DENY") return "DENY";
    best = best === undefined ? grant.permission : higher(best, grant.permission);
  }
  return best;
}

/** The permission that governs a resource: of the first key on which any grant speaks, else the default. */
export function permissionOn(standing: Standing, { type, id, fallback = [] }: Omit<Requirement, "action">): Permission {
  if (isUnrestricted(standing)) return "MANAGE";
  for (const key of [{ type, id }, ...fallback]) {
    const found = fold(standing.grants, key.type, key.id);
    if (found === "DENY" || found === "NO_PERMISSIONS") return found;
    if (found !== undefined) return higher(found, standing.defaultPermission);
  }
  return standing.defaultPermission;
}

export const isMet = (standing: Standing, requirement: Requirement): boolean =>
  allows(permissionOn(standing, requirement), requirement.action);

/** Which resources of a type the caller may read: the same answer as `isMet` for each, as a condition for a search. */
export function visible(standing: Standing, type: ResourceType): Visible {
  const all: Visible = { mode: "except", ids: [] };
  if (isUnrestricted(standing)) return all;
  const ids = new Set(standing.grants.filter((grant) => grant.resourceType === type).map((one) => one.resourcePattern));
  const elsewhere = allows(permissionOn(standing, { type, id: WILDCARD }), "read");
  ids.delete(WILDCARD);
  const differing = [...ids].filter((id) => allows(permissionOn(standing, { type, id }), "read") !== elsewhere);
  return { mode: elsewhere ? "except" : "only", ids: differing };
}

/** What both say: used where a token narrows what its user may see. */
export function narrow(seen: Visible, only: readonly string[]): Visible {
  const kept = only.filter((id) => seen.ids.includes(id) === (seen.mode === "only"));
  return { mode: "only", ids: kept };
}
