/**
 * Which model answers a request. A canary answers a share of them in place of the primary; a shadow is asked too, after the
 * answer has gone out, and only its differences are seen.
 */

import type { ModelHolder } from "./model-holder.ts";

export interface Canary {
  readonly holder: ModelHolder;
  /** Of the requests, from 0 to 1. */
  readonly share: number;
}

/** Its holder may change it while the server answers: it is read anew for each request. */
export interface Traffic {
  readonly primary: ModelHolder;
  readonly canary?: Canary | undefined;
  readonly shadow?: ModelHolder | undefined;
}

export type Variant = "primary" | "canary";

/** FNV-1a with a final mix, as a number from 0 to 1: equal keys fall on equal places in every process. */
export function placeOf(key: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}

/**
 * The same key always gets the same variant, so that one payer is not judged by two models in turn; requests without a key
 * fall by `random`. Keys that a small share takes are among those that a larger share takes: a canary that grows keeps its callers.
 */
export function variantOf(traffic: Traffic, key: string | undefined, random: () => number): Variant {
  if (traffic.canary === undefined) return "primary";
  return (key === undefined ? random() : placeOf(key)) < traffic.canary.share ? "canary" : "primary";
}
