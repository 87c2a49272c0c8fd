/** What is done next with a canary, by what was seen of it. Pure. */

import type { FlowSpec } from "@esteira/core/flow/flow-spec";
import type { Wanted } from "@esteira/deploy/wanted";
import { judgeCanary, nextShare, type Seen } from "@esteira/lifecycle/flow/judge";

export type CanaryLimits = NonNullable<FlowSpec["canary"]>;

export type Move =
  /** Too little was seen, or not long enough. */
  | { readonly kind: "wait"; readonly reason: string }
  | { readonly kind: "grow" | "promote" | "take-back"; readonly reason: string; readonly wanted: Wanted };

/** @param wanted what is deployed now, with its canary. */
export function nextMove(limits: CanaryLimits, wanted: Wanted, seen: Seen): Move {
  const { canary, shadow: _shadow, shadowImage: _image, ...plain } = wanted;
  if (canary === undefined) return { kind: "wait", reason: "there is no canary" };
  const { kind, reason } = judgeCanary(limits, seen);
  if (kind === "open") return { kind: "wait", reason };
  if (kind === "refused") return { kind: "take-back", reason, wanted: plain };
  const share = nextShare(limits, canary.share);
  if (share !== undefined) return { kind: "grow", reason, wanted: { ...wanted, canary: { ...canary, share } } };
  const { model, image } = canary;
  const { image: _present, ...rest } = plain;
  return { kind: "promote", reason, wanted: { ...rest, model, ...(image === undefined ? {} : { image }) } };
}
