import { EsteiraError, invalid } from "./errors.ts";

/** MLflow's levels, from least to most. DENY wins over every grant beside it. */
export const PERMISSIONS = ["READ", "USE", "EDIT", "MANAGE", "NO_PERMISSIONS", "DENY"] as const;
export type Permission = (typeof PERMISSIONS)[number];
export type Action = "read" | "use" | "update" | "delete" | "manage";

/** For a type, whether a grant may name one resource, or only all of them. */
const BY_ID = ["experiment", "prompt", "registered_model"] as const;
const WILDCARD_ONLY = ["logged_model", "prompt_version", "registered_model_version", "run", "workspace"] as const;
/** Types of MLflow that this server has no resources of. */
const NOT_OFFERED = [
  "assessment",
  "gateway_endpoint",
  "gateway_model_definition",
  "gateway_secret",
  "mcp_server",
  "mcp_server_version",
  "review_queue",
  "scorer",
  "scorer_version",
  "trace",
] as const;

export type ResourceType = (typeof BY_ID)[number] | (typeof WILDCARD_ONLY)[number];

const RESOURCE_TYPES: readonly ResourceType[] = [...BY_ID, ...WILDCARD_ONLY];
const ALL_TYPES: readonly string[] = [...RESOURCE_TYPES, ...NOT_OFFERED].sort();
const GRANTABLE = ["DENY", "EDIT", "MANAGE", "READ", "USE"];
const WORKSPACE_GRANTABLE = ["MANAGE", "USE"];

export const WILDCARD = "*";

export const isPermission = (name: string): name is Permission => PERMISSIONS.some((known) => known === name);

const quoted = (names: readonly string[]): string => `(${names.map((name) => `'${name}'`).join(", ")})`;

export function checkPermission(name: string): Permission {
  if (isPermission(name)) return name;
  throw invalid(`Invalid permission '${name}'. Valid permissions are: ${quoted(PERMISSIONS)}`);
}

export function checkResourceType(type: string): ResourceType {
  const known = RESOURCE_TYPES.find((one) => one === type);
  if (known !== undefined) return known;
  if (ALL_TYPES.includes(type)) {
    throw new EsteiraError(
      "NOT_IMPLEMENTED",
      `This server has no resources of the type '${type}', so there is nothing to permit; it knows ${RESOURCE_TYPES.join(", ")}.`,
    );
  }
  throw invalid(`Invalid resource type '${type}'. Valid resource types are: ${quoted(ALL_TYPES)}`);
}

export function checkPattern(pattern: string, type: ResourceType): void {
  if (pattern === WILDCARD || BY_ID.some((one) => one === type)) return;
  throw invalid(
    `Invalid resource_pattern '${pattern}' for resource_type='${type}'. This resource type supports only wildcard ('*') grants.`,
  );
}

/** For the calls that give one user a permission; the workspace as a whole is managed by roles. */
export function refuseWorkspace(resourceType: string): void {
  if (resourceType !== "workspace") return;
  throw invalid(
    "resource_type 'workspace' is not supported by the per-user permission convenience APIs. Use a role for workspace-wide grants.",
  );
}

/** Refuses a grant that no decision would ever read. */
export function checkGrant(grant: { resourceType: string; resourcePattern: string; permission: string }): void {
  const type = checkResourceType(grant.resourceType);
  checkPattern(grant.resourcePattern, type);
  checkGrantedLevel(grant.permission, type);
}

export function checkGrantedLevel(permission: string, type: string): void {
  checkPermission(permission);
  const isWorkspace = type === "workspace";
  const grantable = isWorkspace ? WORKSPACE_GRANTABLE : GRANTABLE;
  if (grantable.includes(permission)) return;
  const kind = isWorkspace ? "Workspace-wide grants" : "Resource-level grants";
  throw invalid(
    `Invalid permission '${permission}' for resource_type='${type}'. ${kind} accept only: ${quoted(grantable)}.`,
  );
}

/** The grants of one user alone live in a role of this name, as MLflow keeps them. */
export const ownRoleName = (userId: number): string => `__user_${userId}__`;
export const isOwnRoleName = (name: string): boolean => name.startsWith("__user_");
