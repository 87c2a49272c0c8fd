import type { Scope } from "@esteira/core/entities/access";
import type { Step } from "@esteira/core/entities/trusted-identity";
import type { Action } from "@esteira/core/permissions";

/**
 * What a route needs of its caller, as data beside the route. Every mounted route has one; a route without is refused
 * when it is mounted. With access control off nothing here is looked at.
 */
export type Policy = OpenPolicy | GuardedPolicy;

/** Anybody may call it, signed in or not. */
export interface OpenPolicy {
  readonly kind: "open";
}

export interface GuardedPolicy {
  readonly kind: "guarded";
  /** What a service token must have been given; `none` for what every signed-in caller may ask. */
  readonly scope: Scope | "none";
  /** The step of a CI that it belongs to. What changes something and belongs to none is open to no token of a step. */
  readonly step?: Step;
  /** All of them must be met. Empty: being signed in is enough, or the handler narrows what it answers. */
  readonly needs: readonly Need[];
}

/** What a request names, and so what decides about it. */
export type Subject =
  | "experiment"
  /** With all that is in it: what deleting it takes along. */
  | "whole experiment"
  | "experiment name"
  | "run"
  | "logged model"
  | "model"
  | "whole model"
  /** A version of the model of this name. */
  | "version"
  | "version source"
  | "artifact path";

export type Need =
  | {
      readonly kind: "resource";
      readonly action: Action | "not-denied";
      readonly of: Subject;
      /** Where in the parsed request: `run_id`, `:model_id` for the path, `metrics[].model_id` for each of a list. */
      readonly from: string;
    }
  /** Something new inside an experiment or a model. */
  | { readonly kind: "new"; readonly what: "run" | "logged model" | "version"; readonly from: string }
  | { readonly kind: "new-experiment" }
  /** A place for artifacts that is nobody's yet. */
  | { readonly kind: "free-place"; readonly from: string }
  | { readonly kind: "new-model" }
  | { readonly kind: "admin" }
  /** Admins, and who manages the workspace. */
  | { readonly kind: "workspace-manager" }
  | { readonly kind: "self"; readonly from: string }
  | { readonly kind: "self-or-manager"; readonly from: string }
  /** Who has any role at all. */
  | { readonly kind: "member" }
  /** May grant permissions on the resource that `resource_type` and `resource_id` name. */
  | { readonly kind: "grantor" };

export const OPEN: OpenPolicy = { kind: "open" };

const guarded =
  (scope: GuardedPolicy["scope"], step?: Step) =>
  (...needs: readonly Need[]): GuardedPolicy => ({
    kind: "guarded",
    scope,
    needs,
    ...(step === undefined ? {} : { step }),
  });

/** Reading: any token may, within its user's grants. */
export const reads = guarded("read", "read");
/** Changing experiments, runs, logged models and artifacts. */
export const writes = guarded("write", "train");
/** Changing registered models, versions, stages and aliases. */
export const registers = guarded("registry");
/** The same, and a step of a CI. */
export const registersAs = (step: Step) => guarded("registry", step);
/** Telling alerts to analysts, and judging them. */
export const reviews = guarded("write");
/** Managing users, roles and permissions. */
export const administers = guarded("admin");
/** For every signed-in caller. */
export const signedIn = guarded("none");

const on =
  (action: Action | "not-denied") =>
  (of: Subject, from: string): Need => ({ kind: "resource", action, of, from });

export const read = on("read");
export const use = on("use");
export const update = on("update");
export const remove = on("delete");
export const manage = on("manage");
export const within = (what: "run" | "logged model" | "version", from: string): Need => ({ kind: "new", what, from });
export const NEW_EXPERIMENT: Need = { kind: "new-experiment" };
export const freePlace = (from: string): Need => ({ kind: "free-place", from });
export const NEW_MODEL: Need = { kind: "new-model" };
export const ADMIN: Need = { kind: "admin" };
export const WORKSPACE_MANAGER: Need = { kind: "workspace-manager" };
export const GRANTOR: Need = { kind: "grantor" };
export const MEMBER: Need = { kind: "member" };
export const selfOrManager = (from: string): Need => ({ kind: "self-or-manager", from });
export const self = (from: string): Need => ({ kind: "self", from });
