/** What serves versions, as those who deploy have told it. Instants are milliseconds since the epoch. */

export const ARM_ROLES = ["primary", "canary", "shadow"] as const;
export type ArmRole = (typeof ARM_ROLES)[number];

/** A model that answers under a deployment's name, or is asked beside it. */
export interface Arm {
  readonly role: ArmRole;
  /** `models:/NAME/VERSION` where a registered version answers. */
  readonly uri: string;
  /** Of the requests, 0 to 1; absent for a shadow, whose answers nobody gets. */
  readonly share?: number;
  /** `REGISTRY/PATH@sha256:DIGEST`, where images are run. */
  readonly image?: string;
}

/** Where a deployment is: there is one of a name at a place of a target. */
export interface DeploymentPlace {
  /** `local`, `docker`, `kubernetes` ... */
  readonly target: string;
  /** Which machine, engine or cluster, in words that tell them apart. */
  readonly place: string;
  readonly name: string;
}

/** `failed` is a change that did not come about: what was served before still is. */
export const CHANGE_KINDS = ["applied", "rolled-back", "removed", "failed"] as const;
export type ChangeKind = (typeof CHANGE_KINDS)[number];

export interface DeploymentChange {
  /** The place in the timeline of its entry. */
  readonly id: number;
  readonly kind: ChangeKind;
  readonly version: string;
  readonly arms: readonly Arm[];
  readonly at: number;
  readonly by: string;
  /** The flow whose step made it. */
  readonly flow?: number;
  /** Why it failed, or why it was asked for. */
  readonly note?: string;
}

/** That a runner at the deployment's place brings back what was served before the last change. */
export interface RollbackOrder {
  /** The place in the timeline of its entry, which also says where it stands among the deployer's changes. */
  readonly id: number;
  readonly askedBy: string;
  readonly askedAt: number;
  readonly reason: string;
  /** Of the deployment when it was asked for: one that has changed since is not rolled back. */
  readonly generation?: number;
  /** Who works on it now, or did. */
  readonly runner?: string;
  /** Absent while it is waited for. `expired`: nobody took it in its time. */
  readonly outcome?: "done" | "failed" | "expired";
  readonly note?: string;
  readonly endedAt?: number;
}

export interface Deployment extends DeploymentPlace {
  readonly id: number;
  /** The registered model of what answers, and its version. */
  readonly model: string;
  readonly version: string;
  readonly state: "serving" | "failed" | "removed";
  readonly arms: readonly Arm[];
  /** What was served before the last change: what a rollback leads to. */
  readonly former?: readonly Arm[];
  /** Where callers reach it. */
  readonly url?: string;
  /** The target's count of its changes. */
  readonly generation?: number;
  readonly changedAt: number;
  readonly changedBy: string;
  /** The flow that has made the last change. */
  readonly flow?: number;
  /** Why the last change failed, where it did. */
  readonly problem?: string;
  /** Who could change it now: runners that have asked for work at its place in the last half minute. */
  readonly runners: readonly string[];
  /** The last rollback that was asked for. */
  readonly order?: RollbackOrder;
}

/** A rollback that a runner holds, for a while and alone. */
export interface OrderClaim {
  readonly deployment: Deployment;
  readonly order: RollbackOrder;
  readonly lease: string;
}

/** The registered version that a URI names; undefined for a folder, an alias or another thing. */
export function versionOfUri(uri: string): { readonly name: string; readonly version: string } | undefined {
  const [, name, version] = /^models:\/([^/]+)\/(\d{1,10})$/.exec(uri) ?? [];
  return name === undefined || version === undefined ? undefined : { name, version };
}
